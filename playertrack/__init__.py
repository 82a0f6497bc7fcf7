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

`Engine` derives the events of one player, `Fleet` those of many; `playertrack.tracker`
has the live shell around an engine and `playertrack.sinks` where its events can go.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import PlayertrackError, PolicyError, SignalError, SnapshotError

if TYPE_CHECKING:
    from . import events as events
    from . import signals as signals
    from .engine import Engine as Engine
    from .events import Event as Event
    from .fleet import Fleet as Fleet
    from .playback import State as State
    from .policy import Policy as Policy
    from .session import Summary as Summary
    from .session import offline_ids as offline_ids
    from .session import random_ids as random_ids
    from .setting import Diagnostic as Diagnostic
    from .tracker import Tracker as Tracker
    from .watching import WatchError as WatchError
    from .watching import report_view as report_view

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
    "events",
    "offline_ids",
    "random_ids",
    "report_view",
    "signals",
]

#: Where each name lives that is imported when it is first asked for, so that commands
#: which need none of it start at once.
_HOMES = {
    "Diagnostic": "setting",
    "Engine": "engine",
    "Event": "events",
    "Fleet": "fleet",
    "Policy": "policy",
    "State": "playback",
    "Summary": "session",
    "Tracker": "tracker",
    "WatchError": "watching",
    "offline_ids": "session",
    "random_ids": "session",
    "report_view": "watching",
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
