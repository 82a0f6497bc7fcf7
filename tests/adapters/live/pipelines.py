"""A playbin3 that can be relied on, and the measurement of why a new one cannot.

The first time a playbin3 of GStreamer 1.22 gets data it may hang: a streaming thread waits for
ever for a blocked pad, and the pipeline stays on its way to PAUSED. It has nothing to do with
who listens. This module, run as a program, counts it without a line of playertrack:

    python tests/adapters/live/pipelines.py playbin3 clip.mp4 200

With both cores busy, 10 of 300 new ones hung here, and 25 of 160 where playback began at once;
of 800 starts of those that had data once before, none did, nor did any of 300 new ones of
playbin. A pipeline that hung can be stopped, but not used again: that may abort the process,
with "Padname sink_0 is not unique in element streamsynchronizer0".
"""

from __future__ import annotations

import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

#: How long (ns) a pipeline may take for its first data, and how many are tried.
_PATIENCE, _TRIES = 4_000_000_000, 10


def first_data(gst: Any, pipeline: Any, uri: str) -> bool:
    """Get it its first data and stop it again; True if that came."""
    pipeline.set_property("uri", uri)
    pipeline.set_state(gst.State.PAUSED)
    done, _, _ = pipeline.get_state(_PATIENCE)
    pipeline.set_state(gst.State.NULL)
    return bool(done == gst.StateChangeReturn.SUCCESS)


def pipeline(headless: Any, factory: str, media: str) -> Any:
    """A playbin without picture and sound; a playbin3 that had data of ``media`` once.

    So does a program that has to play for days: what hangs is given up for a new one.
    """
    gst = headless.Gst
    for _ in range(_TRIES):
        made = headless.mute(gst.ElementFactory.make(factory))
        if factory != "playbin3" or first_data(gst, made, gst.filename_to_uri(media)):
            return made
    raise AssertionError(f"{_TRIES} pipelines did not get any data of {media}")


def main(factory: str, media: str, count: str) -> None:
    import gi

    gi.require_version("Gst", "1.0")
    from gi.repository import Gst

    Gst.init(None)
    sink = '"fakesink sync=true"'
    silent = f"{factory} audio-sink={sink} video-sink={sink}"

    def outcome(_: int) -> str:
        pipeline = Gst.parse_launch(silent)
        got = first_data(Gst, pipeline, Gst.filename_to_uri(media))
        return "plays" if got else "hangs"

    with ThreadPoolExecutor(8) as pool:
        counts = Counter(pool.map(outcome, range(int(count))))
    sys.stdout.write(f"{dict(counts)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
