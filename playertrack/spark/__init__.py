"""The engine on Apache Spark: batches of any size, and streams with recovery (extra ``spark``)."""

from __future__ import annotations

from ..errors import MissingLibraryError

try:
    import pyarrow as _pyarrow  # noqa: F401 - so that they are missed here, with a word of advice
    import pyspark as _pyspark  # noqa: F401 - as well
except ImportError as error:
    raise MissingLibraryError(
        "Spark needs pyspark: pip install 'playertrack[spark]', and Java 17"
    ) from error

from .batch_job import derive as derive
from .structured_streaming import derive_stream as derive_stream

__all__ = ["derive", "derive_stream"]
