"""The state of one playback of a playbin, as far as its messages and answers show it."""

from __future__ import annotations

from math import inf

import attrs

from .flush import Flush
from .position_filter import Track


@attrs.define
class Run:
    """One playback, from a pipeline that has no data to one that has none again.

    ``playing``, ``failed``, ``waiting``: the last report. ``short``: a queue is. ``held``:
    it is paused to let it fill. ``holding``: the program said so, and not yet that it goes on;
    it may play in between, as was asked for before. ``paused_at``: when somebody paused it.
    ``target``: of a seek that was commanded, ``anew``: for a replay; ``seeking``: it was
    accepted; ``landed``: it has data again.
    ``flush``: the pipeline flushed, for an unreported reason; ``found``: when that was last found
    to be a seek. ``live``: it plays as it is sent;
    ``endless``: it has no length. ``finishing``: the input is read to its end, and lengths may
    be those of the next media. ``read``: all of the segment is read, and no eos comes in the end.
    ``reverse``: it plays backwards.
    """

    requested: bool = False
    prerolled: bool = False
    playing: bool = False
    paused_at: float | None = None
    ended: bool = False
    failed: bool = False
    waiting: bool = False
    short: bool = False
    held: bool = False
    holding: bool = False
    target: float | None = None
    anew: bool = False
    seeking: bool = False
    landed: bool = False
    flush: Flush | None = None
    found: float = -inf
    live: bool = False
    endless: bool = False
    finishing: bool = False
    read: bool = False
    reverse: bool = False
    track: Track = attrs.field(factory=Track)
