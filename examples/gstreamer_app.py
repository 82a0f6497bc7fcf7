"""A GStreamer application that plays a video to its end and reports what was watched.

    python examples/gstreamer_app.py video.mp4 --sink jsonl:watched.jsonl --from 30

It needs GStreamer and PyGObject. playertrack listens to the bus; the application keeps it.
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
from gi.repository import GLib, Gst  # noqa: E402 - only after the version is chosen


def make_playbin(screen: bool) -> Any:
    """A playbin; without ``screen`` it shows no picture and plays no sound."""
    playbin = Gst.ElementFactory.make("playbin")
    if not screen:
        for name in ("video-sink", "audio-sink"):
            sink = Gst.ElementFactory.make("fakesink")
            sink.set_property("sync", True)  # as fast as a screen would show it
            playbin.set_property(name, sink)
    return playbin


def watch(video: str, sinks: Sequence[str], start: float, screen: bool) -> str | None:
    """Play ``video`` from ``start`` (s); returns what went wrong, or None."""
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
        binding.load(video)
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
    parser = argparse.ArgumentParser(description="Plays a video and reports what was watched.")
    parser.add_argument("video", metavar="VIDEO", help="a file or URL")
    parser.add_argument(
        "--sink", action="append", help="where events go, such as jsonl:PATH (default: console)"
    )
    parser.add_argument("--from", dest="start", type=float, default=0.0, help="where to start (s)")
    parser.add_argument("--headless", action="store_true", help="without picture and sound")
    args = parser.parse_args()
    Gst.init(None)
    sys.exit(watch(args.video, args.sink or ["console"], args.start, not args.headless))


if __name__ == "__main__":
    main()
