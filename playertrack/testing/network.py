"""A collector for tests of delivery, whose network can fail."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable
from random import Random
from typing import Any, Literal, Self, TypeVar

import attrs

from ..collector import Collector, Received, SessionVerdict, Switch
from ..delivery import DeliverySettings
from ..destinations.kaltura import Identity
from ..destinations.kaltura.kava import KavaSink
from ..destinations.kaltura.stats import StatsSink

_T = TypeVar("_T")

#: How long (s) to wait for the collector's own thread.
_PATIENCE = 30.0

#: The retry policy, but a hundred times as fast.
FAST = DeliverySettings(
    base=0.01, probe_first=0.05, probe_most=0.2, drain_rate=2000.0, timeout=5.0, connect_timeout=5.0
)

#: What befalls a request on a bad network: the server is busy; it takes the event and its
#: answer breaks off; it takes the event and there is no answer.
Trouble = Literal["status", "cut", "lost"]


class Network:
    """A `Collector` on a thread of its own, so that any test can use it.

        with Network() as network, Tracker([network.sink()]) as tracker:
            …
            network.offline()
            …
            network.online()
            assert tracker.close()
            assert not network.bad

    Its methods and properties are for one thread, that of the test.
    """

    def __init__(self) -> None:
        self._collector = Collector()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="playertrack-network", daemon=True
        )
        self._thread.start()
        self._listens = False
        self.online()

    @property
    def service_url(self) -> str:
        """The value for ``KALTURA_SERVICE_URL``."""
        return self._collector.service_url

    @property
    def analytics_url(self) -> str:
        """The value for ``KALTURA_ANALYTICS_URL``."""
        return self._collector.analytics_url

    def sink(
        self,
        kind: Literal["stats", "kava"] = "kava",
        identity: Identity | None = None,
        **options: Any,
    ) -> StatsSink | KavaSink:
        """A sink that delivers here and does not wait long between tries.

        ``options`` are those of `StatsSink` and `KavaSink`.
        """
        who = identity or Identity(partner_id=102, entry_id="1_story")
        options = {"settings": FAST, **options}
        if kind == "stats":
            return StatsSink(who, url=self.service_url, **options)
        return KavaSink(who, url=self.analytics_url, **options)

    # --------------------------------------------------------------------- what came here

    @property
    def received(self) -> list[Received]:
        """All events that came, accepted or not, the oldest first."""
        return self._ask(lambda: self._collector.received)

    @property
    def accepted(self) -> list[Received]:
        """Those that were taken; one whose answer was lost comes again."""
        return self._ask(lambda: self._collector.accepted)

    @property
    def bad(self) -> list[Received]:
        """Those that were taken and are not right; their ``findings`` say why."""
        return self._ask(lambda: self._collector.bad)

    @property
    def sessions(self) -> list[SessionVerdict]:
        """The verdict on each session."""
        return self._ask(lambda: self._collector.sessions)

    def wait(self, events: int, timeout: float = 10.0) -> None:
        """Wait until so many events are accepted; `AssertionError` after ``timeout`` seconds."""
        __tracebackhide__ = True
        if not self._do(self._collector.wait(events, timeout), timeout + _PATIENCE):
            came = [f"{each.event} {each.outcome}" for each in self.received]
            raise AssertionError(
                f"{len(self.accepted)} of {events} events were accepted in {timeout} s: {came}"
            )

    # -------------------------------------------------------------------------- switches

    def offline(self) -> None:
        """Nobody can connect any more."""
        if self._listens:
            self._do(self._collector.stop())
            self._listens = False

    def online(self) -> None:
        """All is well, at the same address as ever."""
        self._ask(self._collector.faults.clear)
        if not self._listens:
            self._do(self._collector.start())
            self._listens = True

    def flaky(
        self,
        share: float = 0.3,
        *,
        seed: int = 0,
        troubles: Iterable[Trouble] = ("status", "cut", "lost"),
    ) -> None:
        """From now on a ``share`` of the requests is in trouble; the ``seed`` says which."""
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"a share is from 0 to 1, not {share}")
        kinds = list(troubles)
        random = Random(seed)
        faults = [
            _Chance(kind=kind, status=503, random=random, share=share / len(kinds))
            for kind in kinds
        ]
        self._ask(lambda: self._collector.faults.extend(faults))

    def fault(self, kind: str, **fields: Any) -> Switch:
        """Switch a fault on; see `playertrack.collector.Switch`."""
        return self._ask(lambda: self._collector.fault(kind, **fields))

    # -------------------------------------------------------------------------- the thread

    def close(self) -> None:
        """The collector goes away, with its thread."""
        if self._thread.is_alive():
            self.offline()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _do(self, task: Coroutine[Any, Any, _T], timeout: float = _PATIENCE) -> _T:
        return asyncio.run_coroutine_threadsafe(task, self._loop).result(timeout)

    def _ask(self, question: Callable[[], _T]) -> _T:
        async def ask() -> _T:
            return question()

        return self._do(ask())


@attrs.define(kw_only=True)
class _Chance(Switch):
    """A fault that happens to a ``share`` of the requests."""

    random: Random
    share: float

    def happens(self, endpoint: str) -> bool:
        return self.random.random() < self.share and Switch.happens(self, endpoint)
