"""The back end's half: batches of records from pages in, events out.

`Receiver` is the handler for an aiohttp application; `Pages` does the work on a batch, without
network or clock. `BackEnds` takes signals that other back ends post.
"""

from .back_ends import BackEnds
from .batches import Batch, BatchError, read_batch
from .pages import Pages, Taken
from .receiver import Receiver

__all__ = ("BackEnds", "Batch", "BatchError", "Pages", "Receiver", "Taken", "read_batch")
