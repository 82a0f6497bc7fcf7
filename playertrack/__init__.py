"""Correct playback analytics for custom players: signals in, events out.

    >>> from playertrack import Engine, signals
    >>> engine = Engine()
    >>> for signal in (
    ...     signals.Loaded(at=0, entry_id="1_abc", duration=100),
    ...     signals.Playing(at=1),
    ... ):
    ...     print([event.event for event in engine.feed(signal)])
    ['WIDGET_LOADED', 'MEDIA_LOADED']
    ['PLAY_REQUEST', 'PLAY', 'FIRST_PLAY', 'VIEW']

`Engine` derives the events of one player, `Fleet` those of many; `playertrack.live.tracker`
has the live shell around an engine and `playertrack.sinks` where its events can go.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import PlayertrackError, PolicyError, SignalError, SnapshotError

if TYPE_CHECKING:
    from . import events as events
    from . import signals as signals
    from .core.context import Diagnostic as Diagnostic
    from .core.engine import Engine as Engine
    from .core.fleet import Fleet as Fleet
    from .core.session import Summary as Summary
    from .core.session import offline_ids as offline_ids
    from .core.session import random_ids as random_ids
    from .core.state import State as State
    from .events import Event as Event
    from .live.backfill import WatchError as WatchError
    from .live.backfill import report_view as report_view
    from .live.termination import close_at_sigterm as close_at_sigterm
    from .live.tracker import Tracker as Tracker
    from .policy import Policy as Policy

__all__ = [
    "Diagnostic",
    "Engine",
    "Event",
    "Fleet",
    "PlayertrackError",
    "Policy",
    "PolicyError",
    "SignalError",
    "SnapshotError",
    "State",
    "Summary",
    "Tracker",
    "WatchError",
    "close_at_sigterm",
    "events",
    "offline_ids",
    "random_ids",
    "report_view",
    "signals",
]

#: Where each name lives that is imported when it is first asked for, so that commands
#: which need none of it start at once.
_HOMES = {
    "Diagnostic": "core.context",
    "Engine": "core.engine",
    "Event": "events",
    "Fleet": "core.fleet",
    "Policy": "policy",
    "State": "core.state",
    "Summary": "core.session",
    "Tracker": "live.tracker",
    "WatchError": "live.backfill",
    "close_at_sigterm": "live.termination",
    "offline_ids": "core.session",
    "random_ids": "core.session",
    "report_view": "live.backfill",
}


def __getattr__(name: str) -> Any:
    if name in ("events", "signals"):
        return import_module(f".{name}", __name__)
    if name in _HOMES:
        value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
