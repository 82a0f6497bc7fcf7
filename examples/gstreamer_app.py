"""A GStreamer application that plays a film to its end, and tells what was watched.

    python examples/gstreamer_app.py film.mp4 --sink jsonl:watched.jsonl --from 30

needs GStreamer and PyGObject; playertrack listens to the bus and leaves it to the application.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import gi

import playertrack_gstreamer
from playertrack import Tracker
from playertrack.sinks import open_sink

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402 - only once it is said which version


def make_playbin(screen: bool) -> Any:
    """A playbin, without picture and sound if there is no screen."""
    playbin = Gst.ElementFactory.make("playbin")
    if not screen:
        for name in ("video-sink", "audio-sink"):
            sink = Gst.ElementFactory.make("fakesink")
            sink.set_property("sync", True)  # as fast as a screen would show it
            playbin.set_property(name, sink)
    return playbin


def watch(film: str, sinks: Sequence[str], start: float, screen: bool) -> str | None:
    """Play ``film`` from ``start`` (s) on; what went wrong, if anything did."""
    playbin, loop, wrong = make_playbin(screen), GLib.MainLoop(), []
    bus = playbin.get_bus()
    bus.add_signal_watch()
    bus.connect("message::eos", lambda *_: loop.quit())

    def on_error(_: object, message: Any) -> None:
        wrong.append(message.parse_error().gerror.message)
        loop.quit()

    bus.connect("message::error", on_error)
    with (
        Tracker([open_sink(sink) for sink in sinks]) as tracker,
        playertrack_gstreamer.track(playbin, tracker) as binding,
    ):
        binding.load(film)
        binding.play()
        if start:
            playbin.get_state(5 * Gst.SECOND)  # until there is something to seek in
            binding.seek(start)
        loop.run()
    playbin.set_state(Gst.State.NULL)
    bus.remove_signal_watch()
    return wrong[0] if wrong else None


def main() -> None:
    """Read the command line and play."""
    parser = argparse.ArgumentParser(description="Plays a film and tells what was watched.")
    parser.add_argument("film", metavar="FILM", help="a file or URL")
    parser.add_argument(
        "--sink", action="append", help="where events go, such as jsonl:PATH (default: console)"
    )
    parser.add_argument("--from", dest="start", type=float, default=0.0, help="where to begin (s)")
    parser.add_argument("--headless", action="store_true", help="without picture and sound")
    args = parser.parse_args()
    Gst.init(None)
    sys.exit(watch(args.film, args.sink or ["console"], args.start, not args.headless))


if __name__ == "__main__":
    main()
