"""What can be open or waiting in a player: plain values, most of the time absent."""

from __future__ import annotations

import attrs

from .playhead import Run, Travel


@attrs.define
class Waiting:
    """A PAUSE that may not be one: the player's own before `ended`, or an ad's."""

    at: float
    position: float | None
    end_grace: float | None
    ad_grace: float


@attrs.define
class Drag:
    """A seek that nobody reported and that may still go on (R-silent-seek)."""

    at: float
    origin: float | None
    target: float


@attrs.define
class Stay:
    """Where the playhead stood when it was paused, and what may still be told of before."""

    anchor: float | None
    travel: Travel
    fresh: bool = True


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


@attrs.define
class OpenAd:
    """A linear ad: the content is suspended until it ends (R-ad)."""

    slot: str
    duration: float | None
    began: float
    heard: float
    travel: Travel
    fired: int = 0
    probe: Run | None = None


@attrs.define
class Tally:
    """What has been counted in a session."""

    stalls: int = 0
    stall_time: float = 0.0
    view_buffer: float = 0.0
    seeks: int = 0
    errors: int = 0


@attrs.define
class Cadence:
    """When updates usually come, for players that report no stalls (R-frozen)."""

    since: float
    update: float | None = None
    gaps: tuple[float, ...] = ()
