"""Intervals and waits that can be open in a player: plain values, most of the time absent."""

from __future__ import annotations

import attrs

from .playhead import Elapsed, Run, Travel


@attrs.define
class Stay:
    """Where the playhead stood when it was paused, and what may still be reported of before.

    ``anchor``: the position from which a move is a jump. ``fresh``: no position came since
    the pause. ``travel``: what could have been played up to it and not reported.
    """

    anchor: float | None
    travel: Travel
    fresh: bool = True


@attrs.define
class Waiting:
    """A pause in its grace: a PAUSE unless something explains it away (R-pause)."""

    at: float
    position: float | None
    grace: float


@attrs.define
class Before:
    """Where everything stood before a jump, to go back to if it was none (R-glitch)."""

    position: float
    moved_at: float
    slack: float
    elapsed: Elapsed | None
    stay: Stay | None
    waiting: Waiting | None
    run: Run | None
    cadence: Cadence | None
    landing: float | None
    still_since: float | None


@attrs.define
class Settling:
    """A seek that is complete and waits for what may still be part of it (R-seek).

    ``at`` and ``target`` are those of its last completion or jump. ``state`` is the one it
    began in, ``single`` says that it is a single jump, ``before`` is what to go back to,
    None once a part of it was reported. ``own``: all its parts are the player's own.
    ``moved_on``: playback went on since.
    """

    at: float
    origin: float | None
    target: float
    rule: str
    cause: str
    reported: bool
    state: str
    by: str | None = None
    own: bool = False
    single: bool = True
    moved_on: bool = False
    before: Before | None = None


@attrs.define
class Fall:
    """A fall from the end to the start that may be a loop, and the updates since (R-loop)."""

    at: float
    position: float
    updates: list[tuple[float, float]]


@attrs.define
class Stale:
    """The playhead of the session before, whose positions may still be reported (R-stale).

    ``opened`` is when the new session was, ``played`` its PLAY.
    """

    position: float
    moved_at: float
    opened: float
    played: float | None = None


@attrs.define
class Start:
    """A start position that was reported, and when PLAY came (None: not yet; R-start)."""

    position: float
    played: float | None = None


@attrs.define
class OpenStall:
    """A wait for data: ``position`` is where updates are measured from (R-stall-end)."""

    at: float
    position: float
    fresh: bool = True
    frozen: bool = False
    landed: float | None = None


@attrs.define
class OpenSeek:
    """A reported seek. An ``early`` one only chooses where playback starts (R-seek-early)."""

    origin: float | None
    target: float | None
    named: bool
    travel: Travel
    early: bool = False
    at_end: bool = False
    done: bool = False
    stalled: bool = False
    run: Run | None = None
    by: str | None = None
    own: bool = False


@attrs.define
class OpenAd:
    """A linear ad: the content is suspended until it ends (R-ad)."""

    slot: str
    duration: float | None
    began: float
    last_at: float
    travel: Travel
    fired: int = 0
    probe: Run | None = None


@attrs.define
class SessionTally:
    """The counts of a session."""

    stalls: int = 0
    stall_time: float = 0.0
    view_buffer: float = 0.0
    seeks: int = 0
    errors: int = 0


@attrs.define
class Cadence:
    """When updates usually come, for players that report no stalls (R-frozen).

    ``since``: when the playhead last moved; ``update``: when the last update came, None if
    none did since then; ``gaps``: the last five intervals between updates (s).
    """

    since: float
    update: float | None = None
    gaps: list[float] = attrs.Factory(list)

    def updated(self, now: float) -> None:
        """An update came."""
        last = self.update
        if last is not None:
            gaps = self.gaps
            gaps.append(now - last)
            if len(gaps) > 5:
                del gaps[0]
        self.update = now
