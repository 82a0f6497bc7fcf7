"""All that the engine knows of one player, as plain values.

It can be saved, restored elsewhere and compared (R-pure, `snapshot`).
"""

from __future__ import annotations

from enum import Enum, unique
from math import inf
from typing import Any

import attrs

from ..events import Event
from .context import Setup
from .open_intervals import (
    Cadence,
    Fall,
    OpenAd,
    OpenSeek,
    OpenStall,
    Settling,
    Stale,
    Start,
    Stay,
    Tally,
    Waiting,
)
from .playhead import Playhead, Run
from .session import Media, Summary


@unique
class State(Enum):
    """Where a player is (contract, section 4)."""

    IDLE = "IDLE"
    READY = "READY"
    LOADED = "LOADED"
    STARTING = "STARTING"
    PLAYING = "PLAYING"
    STALLING = "STALLING"  # a stall in its grace
    BUFFERING = "BUFFERING"
    PAUSING = "PAUSING"  # a pause in its grace
    PAUSED = "PAUSED"
    RESUMING = "RESUMING"  # `play` seen in PAUSED
    ENDED = "ENDED"
    FAILED = "FAILED"
    CLOSED = "CLOSED"

    # By identity: an Enum hashes its name each time, and the table is looked up often.
    __hash__ = object.__hash__


@attrs.define(eq=False, weakref_slot=False)
class Essentials(Playhead):
    """What every player has all the time: the playhead it inherits, and its session.

    ``limit`` is there while all is quiet: up to this position an update changes nothing but
    the playhead (see `Engine.timeupdate`). ``span_from`` is where
    the stretch began that is being played. ``fired`` has a bit for each milestone of the
    policy, and one above them for COMPLETED; ``lacking`` is how much content (s) must at
    least be played from ``span_from`` on before COMPLETED can be due.
    """

    setup: Setup
    player: str | None
    state: State = State.IDLE
    limit: float = -inf
    event_at: float = -inf
    session: str | None = None
    ordinal: int = 0
    index: int = 0
    media: Media | None = None
    join_time: float | None = None
    span_from: float = 0.0
    played: float = 0.0
    viewed: int = 0
    fired: int = 0
    lacking: float = 0.0
    # the signal at hand, or the last one
    now: float = -inf
    cause: str = ""
    out: list[Event] | None = None


class PlayerState(Essentials):
    """One player: what it always has, and what it has only now and then.

    The latter are defaults of the class, and in the instance only while they differ
    (`tidy`): of a hundred thousand players few are in the midst of something.
    """

    __slots__ = ("__dict__",)

    # time, the way to the first frame, and whether there was one in an earlier session
    offset: float = 0.0
    requested: bool = False
    played_before: bool = False
    joining: float | None = None
    joined: float = 0.0
    # what was watched before the stretch that is being played
    watched: list[float] | None = None
    tally: Tally | None = None
    # what the next position means
    first: bool = False
    start: Start | None = None
    rebase: bool = False
    stale: Stale | None = None
    deaf: bool = False
    landing: float | None = None
    still_since: float | None = None
    restart: float | None = None
    run: Run | None = None
    # what is open, and what is wanted once it is over, by the last of `play`,
    # `playing` and `pause`; `asked`: by a `play` before any media
    waiting: Waiting | None = None
    settling: Settling | None = None
    fall: Fall | None = None
    stay: Stay | None = None
    stall_open: OpenStall | None = None
    seek: OpenSeek | None = None
    ad: OpenAd | None = None
    overlay: int = 0
    wanted: str | None = None
    asked: bool = False
    cadence: Cadence | None = None
    # what was said
    passed: dict[str, Any] | None = None
    errors: dict[str, tuple[int, float]] | None = None
    last_summary: Summary | None = None

    def tidy(self) -> dict[str, Any]:
        """Let go of what is as always; what is left is open or unusual."""
        seldom = self.__dict__
        if seldom:
            for name in [name for name, value in seldom.items() if value == DEFAULTS[name]]:
                del seldom[name]
        if not seldom:
            del self.__dict__
        return seldom


#: What a player has only now and then, and what it is while it has not.
DEFAULTS: dict[str, Any] = {
    name: getattr(PlayerState, name) for name in PlayerState.__annotations__
}
