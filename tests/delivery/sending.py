"""Helpers that the tests of the delivery share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from os import PathLike

import attrs
from fault_server import Received, Server

from playertrack.delivery import DeliverySettings
from playertrack.destinations.kaltura import Identity
from playertrack.destinations.kaltura.kaltura_sink import KS
from playertrack.destinations.kaltura.stats import StatsSink
from playertrack.events import Event

ME = Identity(partner_id=102, entry_id="1_abc")

#: The usual retry policy, a hundred times as fast; an answer may take as long as a machine that
#: is very busy needs.
FAST = DeliverySettings(
    base=0.01, probe_first=0.05, probe_most=0.2, drain_rate=1e4, timeout=60.0, connect_timeout=30.0
)

#: For servers that never answer.
HASTY = attrs.evolve(FAST, timeout=0.5, connect_timeout=5.0)


def event(index: int, session: str = "s", name: str = "PLAY") -> Event:
    """An event with an own number, which is the second at which it was."""
    return Event(name, at=1000.0 + index, session=session, index=index)


def events(count: int, *sessions: str) -> list[Event]:
    """``count`` events of each of the sessions, in turns."""
    return [event(n, session) for n in range(1, count + 1) for session in sessions or ("s",)]


def sink_for(
    server: Server | str,
    queue: PathLike[str] | None = None,
    *,
    ks: KS = None,
    settings: DeliverySettings = FAST,
    durability: str = "group",
    identity: Identity = ME,
) -> StatsSink:
    """A sink that delivers to that server."""
    url = server if isinstance(server, str) else server.base
    return StatsSink(
        identity, queue=queue, ks=ks, url=url, settings=settings, durability=durability
    )


def index_of(request: Received) -> int:
    """The index of the event that was sent."""
    return int(request.form["event[eventTimestamp]"]) - 1000


def indices(requests: Iterable[Received], session: str = "s") -> list[int]:
    """The indices of the events of a session, as they came."""
    return [index_of(request) for request in requests if request.session == session]


def again(requests: Sequence[Received]) -> int:
    """How many of them brought what had come before: after a timeout that is a doubt (Q-once)."""
    return len(requests) - len({request.body for request in requests})


def firsts(numbers: Iterable[int]) -> list[int]:
    """Each number where it came first."""
    return list(dict.fromkeys(numbers))


def until(condition: Callable[[], object], timeout: float = 60.0) -> None:
    """Wait until ``condition`` holds, which nothing announces."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "it never came so"
        time.sleep(0.002)
