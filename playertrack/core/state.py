"""All that the engine knows of one player, as plain values.

It can be saved, restored elsewhere and compared (R-pure, `snapshot`).
"""

from __future__ import annotations

from enum import Enum, unique
from itertools import filterfalse
from math import inf
from typing import Any, Literal

import attrs

from ..events import Event
from .context import Setup
from .open_intervals import (
    Cadence,
    Fall,
    OpenAd,
    OpenSeek,
    OpenStall,
    SessionTally,
    Settling,
    Stale,
    Start,
    Stay,
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


# By a name of their own in the core: Python 3.11 takes longer to find a member in its class than
# a rule takes.
(
    IDLE,
    READY,
    LOADED,
    STARTING,
    PLAYING,
    STALLING,
    BUFFERING,
    PAUSING,
    PAUSED,
    RESUMING,
    ENDED,
    FAILED,
    CLOSED,
) = State


# Without methods for copies: those of attrs would leave out what `PlayerState` adds.
@attrs.define(eq=False, weakref_slot=False, getstate_setstate=False)
class Essentials(Playhead):
    """The part of a player that is always there: the playhead it inherits, and its session.

    Times (`now` and `event_at`, as those of the playhead) are Unix seconds with the offset of
    the pace, positions seconds of content.
    """

    #: The id that its events carry; None if the program gave none.
    player: str | None
    #: Where it is in the machine.
    state: State = IDLE
    #: While it is calm, the position up to which an update changes nothing but the playhead and
    #: its slack (see `quick`); -inf while it is not, `quick.UNKNOWN` where no update came since a
    #: signal.
    calm: float = -inf
    #: As ``calm``, while it is quiet and the pace is steady; else -inf.
    steady: float = -inf
    #: The time before which no wait is over, but that of a ``cadence``, and what is calm stays so;
    #: inf where only a signal can end that. See `wake_at`.
    until: float = -inf
    #: When the last event was; -inf before the first. It never goes back (R-order).
    event_at: float = -inf
    #: The id of the running session; None before its first event.
    session: str | None = None
    #: The index of the session's last event; 0 before the first.
    index: int = 0
    #: The media at hand; None before any was named or assumed.
    media: Media | None = None
    #: How long (s) the session took from the request to the first frame; None before its PLAY.
    join_time: float | None = None
    #: The position at which the stretch began that is being played.
    span_from: float = 0.0
    #: Seconds played in this session before that stretch (R-watch-time).
    played: float = 0.0
    #: How many full intervals of play time had their VIEW in this session (R-view).
    viewed: int = 0
    #: What fired in this session: a bit for each milestone of the policy, and one above them
    #: for COMPLETED.
    fired: int = 0
    #: The time of the signal at hand, or of the last one; -inf before the first, and while it is
    #: quiet: it is ``moved_at`` then (see `PlayerState.catch_up`).
    now: float = -inf
    #: The name of the signal at hand; empty between signals.
    cause: str = ""
    #: The events of the signal at hand; None while there are none, and between signals.
    out: list[Event] | None = None


#: Until when a field of `PlayerState` is kept: ``player`` for good, ``session`` until the next
#: session, ``playback`` until the playhead starts over (in the same session, too, where the
#: policy says so), ``signal`` until what it is about is over.
Until = Literal["player", "session", "playback", "signal"]


@attrs.frozen
class Seldom:
    """How a field is declared that few players have: see `PlayerState`.

    ``default`` is its value in the players that do not have it, ``until`` says how long it is
    kept. ``quiet``: updates need no judgement though a player has it (see `Engine.timeupdate`).
    ``saved``: it is a part of a snapshot by its name.
    """

    default: Any
    until: Until
    quiet: bool
    saved: bool


def seldom(default: Any, until: Until, *, quiet: bool = False, saved: bool = True) -> Any:
    """Declare a field of `PlayerState`."""
    return Seldom(default, until, quiet, saved)


def _declared(cls: type) -> type:
    """Collect the declarations of a class; what it has are its defaults."""
    for name in cls.__annotations__:
        SELDOM[name] = cls.__dict__[name]
        setattr(cls, name, SELDOM[name].default)
    return cls


#: The fields that a player has only now and then, by name, in the order of a snapshot.
SELDOM: dict[str, Seldom] = {}


@_declared
class PlayerState(Essentials):
    """One player: what it always has, and what it has only now and then.

    The latter are defaults of the class, and in the instance only while they differ
    (`tidy`): of a hundred thousand players few are in the midst of something. What a
    snapshot holds, what is forgotten when, and what leaves an update quiet follow from the
    declarations. Times are Unix times (s), positions seconds of content.
    """

    __slots__ = ("__dict__",)

    #: FIRST_PLAY was emitted, in an earlier session.
    played_before: bool = seldom(False, "player", quiet=True)
    #: `play` came before any media.
    asked: bool = seldom(False, "player")
    #: How many sessions it has left.
    sessions_left: int = seldom(0, "player", quiet=True, saved=False)
    #: What was reported last of each attribute, by name (R-pass); None: nothing yet.
    passed: dict[str, Any] | None = seldom(None, "player", quiet=True)
    #: The summary of the session before; None in the first.
    last_summary: Summary | None = seldom(None, "player", quiet=True)

    #: PLAY_REQUEST was emitted, and PLAY was not.
    requested: bool = seldom(False, "session")
    #: Time spent in STARTING (s) up to the last interruption.
    joined: float = seldom(0.0, "session", quiet=True)
    #: What was watched before the stretch that is being played, as positions (see `rangeset`);
    #: None: nothing.
    watched: list[float] | None = seldom(None, "session", quiet=True)
    #: How much content (s) must at least be played from ``span_from`` on before COMPLETED can be
    #: due, if the policy asks for it.
    lacking: float = seldom(0.0, "session", quiet=True, saved=False)
    #: The intervals in ``watched`` by length, once there are many, made anew from them; None: few.
    by_length: list[tuple[float, float, float]] | None = seldom(
        None, "session", quiet=True, saved=False
    )
    #: Counts for the summary; None: all are 0.
    tally: SessionTally | None = seldom(None, "session", quiet=True)
    #: By error code: how often it was emitted, and the play time (s) then; None: no error yet.
    errors: dict[str, tuple[int, float]] | None = seldom(None, "session", quiet=True)
    #: When updates usually come; None unless the policy has `frozen_after`.
    cadence: Cadence | None = seldom(None, "session")

    #: Since when the first frame is waited for; None: not at the moment.
    joining: float | None = seldom(None, "playback")
    #: No position came since PLAY (R-start).
    first: bool = seldom(False, "playback")
    #: The start position, if the player named one; None a while after PLAY.
    start: Start | None = seldom(None, "playback")
    #: An ad ended, and no position of the content came since (R-ad-end).
    rebase: bool = seldom(False, "playback")
    #: The playhead of the session before, while its positions may still come; else None.
    stale: Stale | None = seldom(None, "playback")
    #: Playback was stopped: positions say nothing (R-stop).
    deaf: bool = seldom(False, "playback")
    #: When a seek or stall ended after which no position came yet (R-settle); None: one came.
    landing: float | None = seldom(None, "playback")
    #: When the playhead last moved, if the stretch began after that; else None.
    still_since: float | None = seldom(None, "playback")
    #: The position at which playback after the end will start; None: at 0 (R-replay).
    restart: float | None = seldom(None, "playback")
    #: The updates that may show that it plays; None: there are none.
    run: Run | None = seldom(None, "playback")
    #: Where it was paused; None outside PAUSING, PAUSED and RESUMING.
    stay: Stay | None = seldom(None, "playback")

    #: The pause that waits in PAUSING; None elsewhere.
    waiting: Waiting | None = seldom(None, "signal")
    #: The seek that is complete and waits for what may be a part of it (R-seek); else None.
    settling: Settling | None = seldom(None, "signal")
    #: The fall of the playhead that may be a loop; None: there was none.
    fall: Fall | None = seldom(None, "signal")
    #: The stall of STALLING and BUFFERING; None: nothing stalls.
    stall_open: OpenStall | None = seldom(None, "signal")
    #: The seek that is not complete; None: there is none.
    seek: OpenSeek | None = seldom(None, "signal")
    #: The linear ad that is open; None: there is none.
    ad: OpenAd | None = seldom(None, "signal")
    #: An overlay is open: 1 under the linear ad, 2 on top of it; 0: none is.
    overlay: int = seldom(0, "signal", quiet=True)
    #: The name of the last `play`, `playing` or `pause` in an open seek or ad; None: none came.
    wanted: str | None = seldom(None, "signal")

    @property
    def ordinal(self) -> int:
        """The number of the running session, or of the last one, from 1; 0 before any."""
        return self.sessions_left + (self.session is not None)

    @property
    def offset(self) -> float:
        """Added to each ``at``: the clock was set back by so much (s)."""
        return self.pace.offset

    @property
    def setup(self) -> Setup:
        """The settings that the player was made with."""
        setup: Setup = self.pace._setup
        return setup

    @property
    def quiet(self) -> bool:
        """True while natural updates up to ``calm`` change nothing but the playhead."""
        return self.now == -inf != self.calm

    def catch_up(self) -> None:
        """End the quiet, and do what its updates left undone: time, and floats of all numbers."""
        if self.now == -inf != self.calm:  # `quiet`, without a call
            assert self.position is not None
            self.position = float(self.position)
            self.now = self.moved_at = float(self.moved_at) + 0.0
            self.steady = -inf

    def wake_at(self, at: float) -> None:
        """A wait begins, or becomes shorter, that is not over before ``at``."""
        if at < self.until:
            self.until = at

    def tidy(self) -> dict[str, Any]:
        """Let go of what is as always; what is left is open or unusual."""
        own = self.__dict__
        if not all(own.values()):
            for name in list(filterfalse(own.get, own)):
                value = own[name]
                if value is None or value == _DEFAULTS[name]:
                    del own[name]
        if not own:
            del self.__dict__
        return own

    def let_go(self, *names: str) -> None:
        """Let go of these at once; a default that is set has to be found by `tidy`."""
        own = self.__dict__
        for name in names:
            if name in own:
                del own[name]

    def forget(self, until: Until) -> None:
        """Let go of what is kept until then."""
        own = self.__dict__
        for name in [name for name in own if SELDOM[name].until == until]:
            del own[name]


#: All of them are false; most of what a player has is not (see `tidy`).
_DEFAULTS = {name: field.default for name, field in SELDOM.items()}
#: What a player may have without its updates needing judgement.
QUIET = frozenset(name for name, field in SELDOM.items() if field.quiet)
