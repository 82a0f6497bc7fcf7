"""The sinks of a command: opening them, and saying what they could not deliver."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, TextIO

from .._words import counted
from ..errors import PlayertrackError
from .common import seconds

if TYPE_CHECKING:
    from ..destinations.sink import DeliverySink
    from ..outbox import Counts
    from ..sinks import Sink
    from .metrics_file import MetricsFile

#: How long (s) to wait for the disk of a queue to say what is there.
_DISK_TIMEOUT = 5.0

#: How long (s) to wait for room in a queue before looking whether it delivers at all.
_ROOM = 1.0


def add_sinks(parser: argparse.ArgumentParser, what: str) -> None:
    """``--sink``, ``--queue`` and ``--deliver-timeout``; ``what`` is said of the first."""
    parser.add_argument(
        "--sink",
        metavar="SINK",
        action="append",
        default=[],
        help=f"{what}: console, jsonl:FILE, http:URL or a URL alone, ndjson:URL, cloudevents:URL, "
        "segment:URL, xapi:URL, stats, kava or null (repeatable). stats and kava "
        "deliver to Kaltura and take account, address and KS from the KALTURA_* variables",
    )
    parser.add_argument(
        "--queue",
        metavar="DIR",
        help="keep undelivered events in this directory, so that they survive crashes and outages",
    )
    parser.add_argument(
        "--metrics",
        metavar="FILE",
        help="write delivery metrics to this file every 15 s and at the end, in the OpenMetrics "
        "text format (for a node exporter's textfile collector)",
    )
    add_deliver_timeout(
        parser, "how long to wait at the end for delivery; if events are left, the exit code is 3"
    )


def add_deliver_timeout(parser: argparse.ArgumentParser, what: str) -> None:
    """``--deliver-timeout``; ``what`` says what it limits."""
    parser.add_argument(
        "--deliver-timeout",
        metavar="S",
        type=seconds,
        default=30.0,
        help=f"{what} (default: 30)",
    )


def keep_stdout(args: argparse.Namespace) -> None:
    """Have the console sink write to standard error: events go to standard output already."""
    args.sink = ["console:stderr" if spec == "console" else spec for spec in args.sink]


class FullQueueError(PlayertrackError):
    """A queue is full, and its destinations take nothing."""


class Sinks:
    """The open sinks that the arguments of a command name; raises `SinkError`."""

    def __init__(self, args: argparse.Namespace) -> None:
        from ..sinks import SinkError, is_destination, open_sink

        if args.queue is not None and not any(map(is_destination, args.sink)):
            raise SinkError("--queue: no sink needs one; add one that delivers, as --sink http:URL")
        if args.queue is not None and Path(args.queue).is_file():
            raise SinkError(f"--queue: {args.queue} is a file; a queue is a directory")
        self.all: list[Sink] = []
        self._before: list[tuple[DeliverySink, Counts | None]] = []
        for spec in args.sink:
            self._add(open_sink(spec, queue=args.queue if is_destination(spec) else None))
        # What queues an event gets it before a sink that may not return.
        self.all.sort(key=lambda sink: not getattr(sink, "returns_at_once", False))
        self._metrics: MetricsFile | None = None
        if args.metrics is not None:
            from .metrics_file import MetricsFile

            self._metrics = MetricsFile(args.metrics, [sink for sink, _ in self._before])

    def _add(self, sink: Sink) -> None:
        from ..destinations.sink import DeliverySink

        self.all.append(sink)
        if isinstance(sink, DeliverySink):
            self._before.append((sink, _counts(sink)))

    def wait_for_room(self, patience: float) -> None:
        """Wait until the queues have room for more events.

        Raises `FullQueueError` if a queue stays full and nothing is delivered for ``patience`` (s).
        """
        for sink, _ in self._before:
            delivered, deadline = _delivered(sink), monotonic() + patience
            while not sink.wait_for_room(_ROOM):
                now = _delivered(sink)
                if now != delivered:
                    delivered, deadline = now, monotonic() + patience
                elif monotonic() >= deadline:
                    raise FullQueueError(
                        f"the queue is full and nothing was delivered for {patience:g} s: the rest "
                        "is not derived. Deliver what is queued, then derive again"
                    )

    def finish(self, out: TextIO | None = None) -> list[str]:
        """Say how many events were delivered where; gives a line for what was not, with the cure.

        It goes to ``out``, by default standard error. The sinks have to be closed.
        """
        if self._metrics is not None:
            self._metrics.close()
        for sink, before in self._before:
            after = _counts(sink)
            if after is not None and before is not None:
                number = counted(after.delivered - before.delivered, "event")
                address = sink.status(_DISK_TIMEOUT).address
                print(f"{sink.service}: {number} delivered to {address}", file=out or sys.stderr)
        return self._left()

    def _left(self) -> list[str]:
        found = []
        for sink, before in self._before:
            after = _counts(sink)
            if left := sink.left():
                found.append(left)
            if after is None or before is None:
                continue  # the disk takes too long
            if refused := after.rejected - before.rejected:
                found.append(f"{sink.service}: {counted(refused, 'event')} refused{_dead(sink)}")
            if dropped := sum(after.dropped.values()) - sum(before.dropped.values()):
                found.append(
                    f"{sink.service}: {counted(dropped, 'event')} too many for the queue: dropped"
                )
        return found

    def outcome(self, failures: Failures, delivered: bool) -> int:
        """The exit code: 3 if something was not delivered, which is also reported; else 0."""
        left = self.finish()
        if not (failures.count or left) and delivered:
            return 0
        print("not everything was delivered", *left, sep="\n", file=sys.stderr)
        return 3


class Failures:
    """Reports the events that a sink could not take, and counts them."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, sink: object, error: Exception) -> None:
        """``sink`` raised ``error``."""
        self.count += 1
        print(f"{type(sink).__name__}: {error}", file=sys.stderr)


def _delivered(sink: DeliverySink) -> int:
    """How many events of the sink's queue were delivered, whatever their destination."""
    with suppress(TimeoutError):
        standings = sink.sender.outbox.standings(_DISK_TIMEOUT)
        return sum(each.counts.delivered + each.counts.rejected for each in standings)
    return 0


def _counts(sink: DeliverySink) -> Counts | None:
    try:
        return sink.counts(_DISK_TIMEOUT)
    except TimeoutError:
        return None


def _dead(sink: DeliverySink) -> str:
    directory = sink.sender.directory
    return "" if directory is None else f"; why: playertrack queue dead {directory}"
