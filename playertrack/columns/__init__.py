"""Signals and events as columns: Arrow tables and Parquet files (extra ``arrow``).

>>> import pyarrow as pa
>>> signals = pa.table({"player": ["tv"], "signal": ["playing"], "at": [5.0]})
>>> derive(signals)["event"].to_pylist()[-1]
'VIEW'
"""

from ..errors import MissingLibraryError

try:
    import numpy as _numpy  # noqa: F401 - as pyarrow below
    import pyarrow as _pyarrow  # noqa: F401 - so that it is missed here, with a word of advice
except ImportError as error:
    problem = "columns need pyarrow and numpy: pip install 'playertrack[arrow]'"
    raise MissingLibraryError(problem) from error

from .deriving import derive as derive
from .encode import event_batch as event_batch
from .encode import event_table as event_table
from .encode import summary_batch as summary_batch
from .schema import EVENT_SCHEMA as EVENT_SCHEMA
from .schema import SIGNAL_FIELDS as SIGNAL_FIELDS
from .schema import SUMMARY_SCHEMA as SUMMARY_SCHEMA

__all__ = [
    "EVENT_SCHEMA",
    "SIGNAL_FIELDS",
    "SUMMARY_SCHEMA",
    "derive",
    "event_batch",
    "event_table",
    "summary_batch",
]
