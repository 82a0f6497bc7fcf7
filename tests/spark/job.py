"""A job that derives a stream of Parquet files, a file a batch, and may be killed at any time.

python job.py SIGNALS EVENTS CHECKPOINT
"""

from __future__ import annotations

import os
import sys

from pyspark.sql import DataFrame, SparkSession

from playertrack.spark import derive_stream

#: A short job is over before Java's better compiler pays.
_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


def session() -> SparkSession:
    """A small Spark on this machine that listens on loopback alone."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYSPARK_SUBMIT_ARGS"] = f"--driver-java-options '{_JAVA}' pyspark-shell"
    builder = SparkSession.builder.master("local[2]").appName("playertrack tests")
    for name, value in {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.streaming.stateStore.providerClass": "org.apache.spark.sql.execution."
        "streaming.state.RocksDBStateStoreProvider",
    }.items():
        builder = builder.config(name, value)
    spark: SparkSession = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def stream_of(spark: SparkSession, folder: str) -> DataFrame:
    """The signals of the files in ``folder``, oldest first, a file a batch."""
    schema = spark.read.parquet(folder).schema
    return spark.readStream.schema(schema).option("maxFilesPerTrigger", 1).parquet(folder)


def main(signals: str, events: str, checkpoint: str) -> None:
    """Derive all that there is."""
    spark = session()
    query = (
        derive_stream(stream_of(spark, signals))
        .writeStream.format("parquet")
        .option("path", events)
        .option("checkpointLocation", checkpoint)
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()


if __name__ == "__main__":
    main(*sys.argv[1:])
