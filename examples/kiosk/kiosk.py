"""A kiosk that plays videos in a loop with VLC and reports what was watched.

    python examples/kiosk/kiosk.py videos/*.mp4 --sink stats --queue /var/lib/kiosk

It needs `pip install "playertrack[vlc]"` and libVLC. When a video is broken it goes on with the
next one; SIGTERM shuts it down cleanly; and it sends systemd signs of life. `kiosk.service` and
`Containerfile` in this folder run it as a service.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain, cycle, repeat
from pathlib import Path
from queue import Empty, SimpleQueue
from time import sleep
from typing import Any

import vlc

import playertrack_vlc
from playertrack import Tracker
from playertrack.delivery.metrics import openmetrics
from playertrack.destinations.sink import DeliverySink
from playertrack.sinks import Sink, is_destination, open_sink

#: The pause (s) after a broken video; if all are broken, it would try thousands a second.
AFTER_ERROR = 1.0

#: The interval (s) between signs of life; WatchdogSec is more than twice as long.
ALIVE = 30.0

QUIET = ("--vout=dummy", "--aout=dummy")


def notify(state: str) -> None:
    """Notify systemd, if it asked for that (sd_notify(3))."""
    if address := os.environ.get("NOTIFY_SOCKET"):
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as service:
            service.connect(address.replace("@", "\0", 1))
            service.send(state.encode())


def write_metrics(path: str, sinks: Sequence[Sink]) -> None:
    """Write the metrics of ``sinks`` for a node exporter, which never sees half a file."""
    with suppress(OSError, TimeoutError):
        delivering = [sink for sink in sinks if isinstance(sink, DeliverySink)]
        part = Path(f"{path}.part")
        part.write_text(openmetrics(sink.status(1.0) for sink in delivering))
        part.chmod(0o644)
        part.replace(path)


def show(
    videos: Sequence[str],
    sinks: Sequence[Sink],
    rounds: int | None,
    screen: bool,
    alive: Callable[[], None],
) -> None:
    """Play all videos, ``rounds`` times or for ever (None); call ``alive`` every half minute."""
    instance = vlc.Instance("--quiet", *(() if screen else QUIET))
    player = instance.media_player_new()
    over: SimpleQueue[Any] = SimpleQueue()
    # libVLC must not be called from its own callbacks, so they only report that a video is over.
    for reason in (vlc.EventType.MediaPlayerEndReached, vlc.EventType.MediaPlayerEncounteredError):
        player.event_manager().event_attach(reason, lambda event: over.put(event.type))
    playlist = cycle(videos) if rounds is None else chain.from_iterable(repeat(videos, rounds))
    with (
        Tracker(sinks, player="kiosk") as tracker,
        playertrack_vlc.track(player, tracker) as binding,
    ):
        notify("READY=1")
        for video in playlist:
            binding.load(video)
            binding.play()
            if ended(over, alive) == vlc.EventType.MediaPlayerEncounteredError:
                sleep(AFTER_ERROR)
        notify("STOPPING=1")
    player.release()
    instance.release()


def ended(over: SimpleQueue[Any], alive: Callable[[], None]) -> Any:
    """Wait for the end of a video, with signs of life; returns how it ended."""
    while True:
        alive()
        with suppress(Empty):
            return over.get(timeout=ALIVE)


def main() -> None:
    """Read the command line, and play until the end or until it is stopped."""
    parser = argparse.ArgumentParser(description="Plays videos in a loop, reports what is watched.")
    parser.add_argument("videos", nargs="+", metavar="VIDEO", help="a file or URL")
    parser.add_argument(
        "--sink", action="append", help="where events go, such as stats or jsonl:PATH"
    )
    parser.add_argument("--queue", metavar="DIR", help="keeps events until they are delivered")
    parser.add_argument(
        "--rounds", type=int, help="how many times to play them all (default: for ever)"
    )
    parser.add_argument("--headless", action="store_true", help="without picture and sound")
    parser.add_argument("--metrics", metavar="FILE", help="writes metrics for a node exporter")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    sinks = [
        open_sink(name, queue=args.queue) if is_destination(name) else open_sink(name)
        for name in args.sink or ["console"]
    ]

    def alive() -> None:
        notify("WATCHDOG=1")
        if args.metrics:
            write_metrics(args.metrics, sinks)

    with suppress(KeyboardInterrupt):
        show(args.videos, sinks, args.rounds, not args.headless, alive)


if __name__ == "__main__":
    main()
