"""The engine on Spark gives the events of one process, whatever happens on the way."""

from __future__ import annotations

import json
import os
import signal as posix
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from columns.tables import Entry, as_rows, bits, rows_of, table_of
from pyspark.errors import PythonException
from pyspark.sql import SparkSession
from pyspark.sql import functions as f

from playertrack import Fleet, PlayertrackError
from playertrack.signals import Pause, Playing, Signal, Tick, TimeUpdate
from playertrack.spark import derive, derive_stream
from playertrack.testing.script import ScriptedPlayer
from spark.job import session, stream_of

pytestmark = [pytest.mark.timeout(600), pytest.mark.filterwarnings("default")]

JOB = Path(__file__).with_name("job.py")

#: Far behind all that the tests' players do: the stream's clock goes on, and idle ones are closed.
LATER = 1e6


def viewing(random: Random, start: float) -> list[Signal]:
    """A player that does this and that for a minute."""
    player = ScriptedPlayer(40.0, entry_id=f"entry {random.randrange(3)}", start=start)
    player.load().play()
    for _ in range(random.randrange(1, 5)):
        player.watch(random.uniform(1.0, 8.0))
        if random.random() < 0.4:
            player.seek(random.uniform(0.0, 30.0))
        elif random.random() < 0.5:
            player.stall(random.uniform(0.1, 2.0))
    return list(player.signals)


def players(count: int) -> list[Entry]:
    """Their signals, in the order in which they were made."""
    random = Random(7)
    entries: list[Entry] = []
    for number in range(count):
        trace = viewing(random, 100.0 + 2.3 * number)
        entries += [(f"player {number}", each, seq) for seq, each in enumerate(trace, 1)]
    return entries


ENTRIES = players(40)


def arriving(entries: Sequence[Entry], delay: float = 3.0) -> list[Entry]:
    """As they may arrive: each up to ``delay`` seconds late, one in five twice."""
    random = Random(11)
    twice = [*entries, *(each for each in entries if random.random() < 0.2)]
    return sorted(twice, key=lambda each: each[1].at + random.uniform(0.0, delay))


def ordered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in the order of their key, doubles by their bits."""
    return sorted(bits(rows), key=lambda row: (row["player"], row["session"], row["index"]))


def expected(entries: Sequence[Entry] = ENTRIES, **options: Any) -> list[dict[str, Any]]:
    fleet = Fleet(**options)
    events = [event for player, each, seq in entries for event in fleet.feed(player, each, seq)]
    return ordered(as_rows(events + fleet.close()))


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    spark = session()
    yield spark
    spark.stop()


def write_stream(folder: Path, entries: Sequence[Entry], files: int) -> Path:
    """``entries`` in so many files, and at last two that move the clock of the stream on."""
    size = -(-len(entries) // files)
    return write_parts(folder, [entries[at : at + size] for at in range(0, len(entries), size)])


def write_parts(folder: Path, parts: Sequence[Sequence[Entry]]) -> Path:
    """Each part in a file, and at last two that move the clock of the stream on."""
    folder.mkdir()
    end: list[list[Entry]] = [[("end", Tick(at=LATER + n), n)] for n in (1, 2)]
    for number, part in enumerate([*parts, *end]):
        path = folder / f"{number:03}.parquet"
        pq.write_table(table_of(part), path)
        os.utime(path, (1000 + number, 1000 + number))
    return folder


def streamed(
    spark: SparkSession, folder: Path, out: Path, **options: Any
) -> tuple[list[dict[str, Any]], int]:
    """The rows that a stream makes of the files in ``folder``, and how many signals were late."""
    query = (
        derive_stream(stream_of(spark, str(folder)), **options)
        .writeStream.format("parquet")
        .option("path", f"{out}/events")
        .option("checkpointLocation", f"{out}/checkpoint")
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()
    late = sum(each["observedMetrics"]["playertrack"]["late"] for each in query.recentProgress)
    return rows_of(spark.read.parquet(f"{out}/events").toArrow()), late


def test_batch(spark: SparkSession, tmp_path: Path) -> None:
    rows = arriving(ENTRIES)
    Random(3).shuffle(rows)
    pq.write_table(table_of(rows), tmp_path / "signals.parquet")
    frame = spark.read.parquet(str(tmp_path)).withColumn("weather", f.lit("fine"))
    assert ordered(rows_of(derive(frame).toArrow())) == expected()
    policy = {"view_interval": 2}
    found = derive(frame.repartition(3), policy=policy).toArrow()
    assert len(found) > len(expected())


def test_batch_of_players_that_come_back(spark: SparkSession, tmp_path: Path) -> None:
    """Their numbers go on, or start again: also where the first ones are not in the data."""
    again: list[Entry] = []
    firsts = {"on": (1, None), "again": (1, 1), "again from 0": (500, 0), "cut": (500, 1)}
    for name, first in firsts.items():
        for start, number in zip((0.0, 1000.0), first, strict=True):
            trace = viewing(Random(5), start)
            numbers = count(len(trace) + 1 if number is None else number)
            again += [(name, each, seq) for seq, each in zip(numbers, trace, strict=False)]
    rows = arriving(again)
    Random(3).shuffle(rows)
    pq.write_table(table_of(rows), tmp_path / "signals.parquet")
    found = derive(spark.read.parquet(str(tmp_path)), idle_close=300.0).toArrow()
    assert ordered(rows_of(found)) == expected(again, idle_close=300.0)


def test_numbers_that_go_on_where_a_clock_was_set_back(spark: SparkSession, tmp_path: Path) -> None:
    back: list[Entry] = []
    for start in (1000.0, 0.0):
        trace = viewing(Random(5), start)
        back += [("back", each, seq) for seq, each in enumerate(trace, len(back) + 1)]
    pq.write_table(table_of(back), tmp_path / "signals.parquet")
    found = derive(spark.read.parquet(str(tmp_path)), idle_close=300.0).toArrow()
    assert ordered(rows_of(found)) == expected(back, idle_close=300.0)


def test_a_stream_of_players_that_come_back_in_one_batch(
    spark: SparkSession, tmp_path: Path
) -> None:
    """As after an outage: the numbers began before it, and begin again in it."""
    before, after = viewing(Random(5), 0.0), viewing(Random(5), 1000.0)
    entries: list[Entry] = [("tv", each, seq) for seq, each in enumerate(before, 1)]
    again: list[Entry] = [("tv", each, seq) for seq, each in enumerate(after[:10], 1)]
    folder = write_parts(tmp_path / "signals", [entries[:20], [*again, *entries[20:]]])
    rows, late = streamed(spark, folder, tmp_path, idle_close="5 minutes")
    found = [row for row in rows if row["player"] == "tv"]
    assert ordered(found) == expected([*entries, *again], idle_close=300.0)
    assert late == 0


def test_columns_and_rows_that_cannot_be(spark: SparkSession) -> None:
    good = spark.createDataFrame(
        [("tv", 1, "playing", 1.0)], "player string, seq int, signal string, at double"
    )
    with pytest.raises(PlayertrackError, match="seq: the column is missing"):
        derive(good.drop("seq"))
    for twice in ("at", "AT"):
        with pytest.raises(PlayertrackError, match="at: there is more than one such column"):
            derive(good.select("*", f.lit(2.0).alias(twice)))
    with pytest.raises(PlayertrackError, match="seq: a column of string is not allowed"):
        derive(good.withColumn("seq", f.lit("1")))
    with pytest.raises(PlayertrackError, match="at: a column of string is not allowed"):
        derive_stream(good.withColumn("at", f.lit("now")))
    wrong: tuple[Any, ...] = ("soon", "14400", 14400, "-1 seconds", "nan", None)
    for given in wrong:
        for name in ("lateness", "idle_close"):
            with pytest.raises(PlayertrackError, match=f"{name}: {given!r} is not allowed"):
                derive_stream(good, **{name: given})
    with pytest.raises(PlayertrackError, match="expected a data frame of Spark, not Table"):
        derive(table_of([]))
    with pytest.raises(PlayertrackError, match="policy: 'settle' is not allowed"):
        derive(good, policy="settle")  # type: ignore[arg-type] # that is the point
    with pytest.raises(PlayertrackError, match="did you mean settle"):
        derive(good, policy={"settel": 1})
    with pytest.raises(PlayertrackError, match="idle_close: -1 is not allowed"):
        derive(good, idle_close=-1)
    bad = good.union(spark.createDataFrame([("tv", 2, "explode", 1.0)], good.schema))
    with pytest.raises(PythonException, match="player 'tv', seq 2: signal: 'explode' is not"):
        derive(bad).collect()


@pytest.mark.parametrize("type_", ["double", "float", "decimal(20,0)"])
def test_numbers_that_are_no_integers_are_taken_if_they_are_whole(
    spark: SparkSession, type_: str
) -> None:
    """As pandas makes them where one is missing."""
    trace = viewing(Random(5), 0.0)
    entries: list[Entry] = [("tv", each, seq) for seq, each in enumerate(trace, 1)]
    frame = spark.createDataFrame(table_of(entries)).withColumn("seq", f.col("seq").cast(type_))
    assert ordered(rows_of(derive(frame).toArrow())) == expected(entries)
    for wrong in ("2.5", "'NaN'"):
        broken = frame.withColumn("seq", f.expr(f"if(seq = 2, double({wrong}), double(seq))"))
        with pytest.raises(PythonException, match=r"seq (2.5|nan): seq: .*a whole number, 0 or mo"):
            derive(broken).collect()


def test_stream_with_disorder_and_repeats(spark: SparkSession, tmp_path: Path) -> None:
    folder = write_stream(tmp_path / "signals", arriving(ENTRIES), files=3)
    rows, late = streamed(spark, folder, tmp_path)
    assert ordered([row for row in rows if row["player"] != "end"]) == expected()
    assert late == 0


def test_a_stream_is_no_batch(spark: SparkSession, tmp_path: Path) -> None:
    folder = write_stream(tmp_path / "signals", ENTRIES[:5], files=1)
    with pytest.raises(PlayertrackError, match="this is a stream; use derive_stream"):
        derive(stream_of(spark, str(folder)))


@pytest.mark.parametrize("lateness", ["0.25 minutes", "15s", "PT15S"])
def test_times_are_written_in_several_ways(
    lateness: str, spark: SparkSession, tmp_path: Path
) -> None:
    few = ENTRIES[:200]
    folder = write_stream(tmp_path / "signals", arriving(few, delay=14.0), files=2)
    rows, late = streamed(spark, folder, tmp_path, lateness=lateness)
    assert ordered([row for row in rows if row["player"] != "end"]) == expected(few)
    assert late == 0


def test_a_stream_of_numbers_that_are_no_integers(spark: SparkSession, tmp_path: Path) -> None:
    entries = ENTRIES[:200]
    folder = write_stream(tmp_path / "signals", entries, files=1)
    for path in folder.iterdir():
        table = pq.read_table(path)
        place = table.schema.get_field_index("seq")
        seqs = [
            seq + (player == "player 1" and seq == 9) / 2
            for player, seq in zip(
                table["player"].to_pylist(), table["seq"].to_pylist(), strict=True
            )
        ]
        pq.write_table(table.set_column(place, "seq", pa.array(seqs, pa.float64())), path)
    rows, _ = streamed(spark, folder, tmp_path, left_out=True)
    [refused] = [row for row in rows if "left_out" in row]
    assert refused["left_out"].startswith("player 'player 1', seq 9.5: seq: 9.5 is not allowed")
    others = [each for each in entries if each[0] != "player 1"]
    found = [row for row in rows if row["player"] not in ("end", "player 1")]
    assert ordered(found) == expected(others)


def test_late_signals_make_no_player_idle_sooner(spark: SparkSession, tmp_path: Path) -> None:
    """The signal that comes last may be older than one that waited for it."""
    trace = [*viewing(Random(5), 0.0), Pause(at=26.0), Playing(at=30.0)]
    *slow, late, latest = [("slow", each, seq) for seq, each in enumerate(trace, 1)]
    again: Entry = ("slow", Pause(at=89.0), len(trace) + 1)
    parts: list[list[Entry]] = [
        [*slow, latest],
        [late],
        [("other", Tick(at=92.5), 1)],
        [("other", Tick(at=92.75), 2)],
        [again],
    ]
    folder = write_parts(tmp_path / "signals", parts)
    rows, _ = streamed(spark, folder, tmp_path, idle_close="1 minute")
    found = [row for row in rows if row["player"] == "slow"]
    assert ordered(found) == expected([*slow, late, latest, again])


def test_what_is_left_out_of_a_stream(spark: SparkSession, tmp_path: Path) -> None:
    """Late by its player's own time, and only then; and what cannot be a signal."""
    behind = viewing(Random(5), 0.0)
    trace = viewing(Random(5), 200.0)
    late = trace.pop(4)
    slow: list[Entry] = [("slow", each, seq) for seq, each in enumerate(behind, 1)]
    quick: list[Entry] = [("quick", each, seq + (seq >= 5)) for seq, each in enumerate(trace, 1)]
    bad: list[Entry] = [("quick", TimeUpdate(at=201.0, position=1.0), 500)]
    folder = write_stream(tmp_path / "signals", [*quick, *slow, ("quick", late, 5)], files=3)
    path = folder / "001.parquet"
    unknown = table_of(bad).set_column(1, "signal", [["explode"]])
    pq.write_table(pa.concat_tables([pq.read_table(path), unknown]), path)
    os.utime(path, (1001, 1001))
    rows, count = streamed(spark, folder, tmp_path, left_out=True)
    out = [row for row in rows if "left_out" in row]
    events = [row for row in rows if "left_out" not in row and row["player"] != "end"]
    late_rows = [row for row in out if row["left_out"] == "late"]
    assert [json.loads(row["signal"])["seq"] for row in late_rows] == [5]
    [refused] = [row for row in out if row["left_out"] != "late"]
    assert "signal: 'explode' is not allowed" in refused["left_out"]
    assert json.loads(refused["signal"])["signal"] == "explode"
    assert count == 1
    assert ordered(events) == expected([*quick, *slow])


def test_a_job_that_is_killed_inside_a_batch_three_times(
    spark: SparkSession, tmp_path: Path
) -> None:
    few = [each for each in ENTRIES if int((each[0] or "").split()[1]) < 12]
    folder = write_stream(tmp_path / "signals", arriving(few), files=5)
    out, checkpoint = tmp_path / "events", tmp_path / "checkpoint"
    command = [sys.executable, str(JOB), str(folder), str(out), str(checkpoint)]
    with (tmp_path / "log").open("wb") as log:
        for commits in (1, 2, 4):
            with subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True
            ) as process:
                while not _is_inside(checkpoint, commits):
                    assert process.poll() is None, (tmp_path / "log").read_text()
                    time.sleep(0.005)  # the checkpoint is files, and says nothing by itself
                os.killpg(process.pid, posix.SIGKILL)
        subprocess.run(command, stdout=log, stderr=log, check=True, timeout=300)
    rows = rows_of(spark.read.parquet(str(out)).toArrow())
    assert ordered([row for row in rows if row["player"] != "end"]) == expected(few)


def _is_inside(checkpoint: Path, commits: int) -> bool:
    """True if so many batches are committed, and another one is planned."""
    done = _numbers(checkpoint / "commits")
    return len(done) >= commits and len(_numbers(checkpoint / "offsets")) > len(done)


def _numbers(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("*") if path.name.isdigit()]
