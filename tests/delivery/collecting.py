"""The collector in a thread of its own, for tests that are not coroutines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self
from urllib.request import urlopen

from listening import Loop

from playertrack.collector import Collector, Received


class Collecting(Loop):
    """``collector`` listens from `__enter__` to `__exit__`; the options are those of it."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.collector = Collector(**options)

    def __enter__(self) -> Self:
        super().__enter__()
        self.run(self.collector.start())
        return self

    def __exit__(self, *error: object) -> None:
        # Whoever connected before this is served before it, and none is left half taken.
        with urlopen(f"{self.collector.analytics_url}/collector") as answer:
            answer.read()
        self.run(self.collector.stop())
        super().__exit__(*error)

    def wait(self, events: int) -> list[Received]:
        """Wait for so many events that are taken; gives them."""
        assert self.run(self.collector.wait(events, 60.0)), self.collector.history.summary()
        return self.collector.accepted


def numbers(received: Iterable[Received], session: str = "s") -> list[int]:
    """The numbers of a session's events, see `sending.event`."""
    return [int(r.fields["eventTimestamp"]) - 1000 for r in received if r.session == session]
