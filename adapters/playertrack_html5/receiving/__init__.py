"""The back end's half: batches of records that pages post in, events out.

`Receiver` is the handler of an aiohttp application, and what needs aiohttp; `Pages` is what it
does with a batch, without a network and a clock. `BackEnds` takes the signals of others.
"""

from .back_ends import BackEnds
from .batches import Batch, BatchError, read_batch
from .pages import Pages, Taken
from .receiver import Receiver

__all__ = ("BackEnds", "Batch", "BatchError", "Pages", "Receiver", "Taken", "read_batch")
