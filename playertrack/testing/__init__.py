"""A kit for testing players: scripted players, and assertions about the events of any player.

    >>> play = ScriptedPlayer(duration=100)
    >>> play = play.load().play().watch(30).seek(60).stall(2).watch(to=100).end()
    >>> assert_quartiles(play, 25, 75, 100)

It needs neither a clock nor pytest. For pytest there are fixtures as well, see
`playertrack.testing.plugin`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .assertions import assert_events as assert_events
    from .assertions import assert_never as assert_never
    from .assertions import assert_quartiles as assert_quartiles
    from .assertions import assert_session_valid as assert_session_valid
    from .bench import Bench as Bench
    from .engines import assert_conforms as assert_conforms
    from .engines import conformance_cases as conformance_cases
    from .live_view import LiveView as LiveView
    from .network import Network as Network
    from .script import Fault as Fault
    from .script import ScriptedPlayer as ScriptedPlayer
    from .script import ScriptError as ScriptError
    from .script import Seen as Seen

#: Where each name lives. It is imported when it is first asked for: pytest imports this
#: package in everybody's tests, and those that do not use it are not to pay for it.
_HOMES = {
    "Bench": "bench",
    "Fault": "script",
    "LiveView": "live_view",
    "Network": "network",
    "ScriptError": "script",
    "ScriptedPlayer": "script",
    "Seen": "script",
    "assert_conforms": "engines",
    "assert_events": "assertions",
    "assert_never": "assertions",
    "assert_quartiles": "assertions",
    "assert_session_valid": "assertions",
    "conformance_cases": "engines",
}

__all__ = [
    "Bench",
    "Fault",
    "Network",
    "ScriptError",
    "ScriptedPlayer",
    "Seen",
    "assert_conforms",
    "assert_events",
    "assert_never",
    "assert_quartiles",
    "assert_session_valid",
    "conformance_cases",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
