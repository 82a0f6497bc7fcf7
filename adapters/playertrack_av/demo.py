"""``python -m playertrack_av.demo``: plays a clip, tracks it, delivers and explains its events."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
import textwrap
from pathlib import Path

from playertrack import Tracker, offline_ids
from playertrack.cli.screen import Screen, summary_lines
from playertrack.collector import Collector, Received
from playertrack.collector.received_lines import received_line, verdict_lines
from playertrack.delivery import DeliverySettings, Sender
from playertrack.destinations.http import HttpDestination
from playertrack.destinations.kaltura import Identity
from playertrack.destinations.kaltura.kava import KavaSink
from playertrack.destinations.kaltura.stats import StatsSink
from playertrack.destinations.sink import DeliverySink
from playertrack.signals import Signal
from playertrack.sinks import Sink
from playertrack.testing.clips import make_clip
from playertrack.trace.explain import explain

from .player import AvPlayer

SECONDS = 12.0
SPEED = 4.0
WIDTH = 100

#: What a viewer does, in seconds since play.
SCRIPT: tuple[tuple[float, str, float | None], ...] = (
    (2.0, "pause", None),
    (3.0, "play", None),
    (5.0, "seek", 7.5),  # over the half, which so is not watched
    (6.5, "stall", 1.2),
    (12.0, "play", None),  # again, after the end
)

#: Who plays it, given once and on every event that is sent.
KIOSK = Identity(partner_id=102, referrer="kiosk://demo-001", application="demo")

#: How long (s) the delivery of all events may take.
TIMEOUT = 30.0


def main(*, as_json: bool = False) -> int:
    """Run it; takes a few seconds and leaves nothing behind. 1 if an event was judged bad.

    ``as_json``: standard output gets only what the collector received, an object a line.
    """
    with tempfile.TemporaryDirectory() as folder:
        if not as_json:
            return asyncio.run(_show(Path(folder), []))
        received: list[Received] = []
        with contextlib.redirect_stdout(sys.stderr):
            code = asyncio.run(_show(Path(folder), received))
        for each in received:
            print(json.dumps(each.to_record()))
        return code


async def _show(folder: Path, log: list[Received]) -> int:
    clip = make_clip(folder / "demo_clip.mp4", SECONDS)
    print(f"A clip of {SECONDS:g} s is played, {SPEED:g} times as fast as real time:")
    for seconds, action, value in SCRIPT:
        print(f"  {seconds:4.1f} s  {action}{'' if value is None else f' {value:g}'}")
    async with Collector() as collector:
        print(f"Events go through a queue on disk to a collector at {collector.analytics_url},")
        print("which is busy at first: it answers the first request to each service with 503.\n")
        for endpoint in ("stats", "kava"):
            collector.fault("status", endpoint=endpoint, status=503, times=1)
        trace, delivered = await asyncio.to_thread(_play, clip, folder / "queue", collector)
    _explain(trace)
    print("The collector stands in for three services: stats and kava of Kaltura, and http, which")
    print("takes any event. What it did not accept was sent again:\n")
    log += collector.received
    for received in collector.received:
        if not received.accepted:
            print(received_line(received))
    print("\nWhat arrived, by service and session:\n")
    for line in verdict_lines(collector.history.summary(), collector.sessions):
        print(_wrapped(line))
    print("\nNow with a video of yours: playertrack play video.mp4 --timeline")
    if not delivered:
        print("not everything was delivered", file=sys.stderr)
    return 0 if delivered and collector.good and not collector.bad else 1


def _play(clip: Path, queue: Path, collector: Collector) -> tuple[list[Signal], bool]:
    """Play the clip and deliver its events; the player's signals, and True if all arrived."""
    trace: list[Signal] = []
    sender = Sender(queue, settings=DeliverySettings(base=0.1))
    anywhere = collector.url("http")  # any service that takes JSON, without an account
    sinks: list[Sink] = [
        Screen(),
        StatsSink(KIOSK, queue=sender, url=collector.service_url),
        KavaSink(KIOSK, queue=sender, url=collector.analytics_url),
        DeliverySink(f"http:{anywhere}", HttpDestination(anywhere), queue=sender),
    ]
    tracker = Tracker(sinks, ids=offline_ids, on_signal=trace.append)
    with AvPlayer(tracker.feed, speed=SPEED) as player:
        player.load(str(clip))
        for cue in SCRIPT:
            player.at(*cue)
        player.play()
        player.wait()
    tracker.close(TIMEOUT)
    return trace, sender.close(TIMEOUT)


def _explain(trace: list[Signal]) -> None:
    explanations = explain((line, (None, signal)) for line, signal in enumerate(trace, 1))
    print(f"\nThe player sent {len(trace)} signals. Why each event is there:\n")
    for explanation in explanations:
        print(*map(_wrapped, explanation.lines()), sep="\n")
        print()
    print("What it comes to:\n")
    for explanation in explanations:
        print(*summary_lines(explanation.summary), sep="\n")
    print()


def _wrapped(line: str) -> str:
    return textwrap.fill(line, WIDTH, subsequent_indent=" " * 18)


if __name__ == "__main__":
    raise SystemExit(main())
