"""A kiosk that plays films in a loop with VLC, and tells what was shown.

    python examples/kiosk_vlc.py films/*.mp4 --sink jsonl:/var/log/shown.jsonl

needs `pip install "playertrack[vlc]"` and libVLC. It goes on with the next film when one is
broken, and ends in order when it is told to: a service manager's SIGTERM is enough.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain, cycle, repeat
from queue import SimpleQueue
from time import sleep
from typing import Any

import vlc

import playertrack_vlc
from playertrack import Tracker
from playertrack.sinks import open_sink

#: So long (s) after a film that is broken: were all of them, it would try thousands a second.
AFTER_ERROR = 1.0

QUIET = ("--vout=dummy", "--aout=dummy")


def show(films: Sequence[str], sinks: Sequence[str], rounds: int | None, screen: bool) -> None:
    """Play all films, ``rounds`` times or for ever."""
    instance = vlc.Instance("--quiet", *(() if screen else QUIET))
    player = instance.media_player_new()
    over: SimpleQueue[Any] = SimpleQueue()
    # libVLC must not be called in its own callbacks, so they only say that a film is over.
    for reason in (vlc.EventType.MediaPlayerEndReached, vlc.EventType.MediaPlayerEncounteredError):
        player.event_manager().event_attach(reason, lambda event: over.put(event.type))
    playlist = cycle(films) if rounds is None else chain.from_iterable(repeat(films, rounds))
    with (
        Tracker([open_sink(sink) for sink in sinks], player="kiosk") as tracker,
        playertrack_vlc.track(player, tracker) as binding,
    ):
        for film in playlist:
            binding.load(film)
            binding.play()
            if over.get() == vlc.EventType.MediaPlayerEncounteredError:
                sleep(AFTER_ERROR)
    player.release()
    instance.release()


def main() -> None:
    """Read the command line, and play until it is over or somebody ends it."""
    parser = argparse.ArgumentParser(description="Plays films in a loop and tells what was shown.")
    parser.add_argument("films", nargs="+", metavar="FILM", help="a file or URL")
    parser.add_argument(
        "--sink", action="append", help="where events go, such as jsonl:PATH (default: console)"
    )
    parser.add_argument("--rounds", type=int, help="how often to play them all (default: for ever)")
    parser.add_argument("--headless", action="store_true", help="without picture and sound")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with suppress(KeyboardInterrupt):
        show(args.films, args.sink or ["console"], args.rounds, not args.headless)


if __name__ == "__main__":
    main()
