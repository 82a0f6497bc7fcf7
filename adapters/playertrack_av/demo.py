"""``python -m playertrack_av.demo``: a clip is played, tracked, and every event explained."""

from __future__ import annotations

import tempfile
import textwrap
from pathlib import Path

from playertrack import Tracker, offline_ids
from playertrack.cli.screen import Screen, summary_lines
from playertrack.explain import explain
from playertrack.signals import Signal

from .clips import make_clip
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


def main() -> None:
    """Run it; takes a few seconds and leaves nothing behind."""
    trace: list[Signal] = []
    with tempfile.TemporaryDirectory() as folder:
        clip = make_clip(Path(folder) / "demo_clip.mp4", SECONDS)
        print(f"A clip of {SECONDS:g} s is played, {SPEED:g} times as fast as real time:")
        for seconds, action, value in SCRIPT:
            print(f"  {seconds:4.1f} s  {action}{'' if value is None else f' {value:g}'}")
        print()
        with (
            Tracker([Screen()], ids=offline_ids, on_signal=trace.append) as tracker,
            AvPlayer(tracker.feed, speed=SPEED) as player,
        ):
            player.load(str(clip))
            for cue in SCRIPT:
                player.at(*cue)
            player.play()
            player.wait()
    stories = explain((line, (None, signal)) for line, signal in enumerate(trace, 1))
    print(f"\nThe player sent {len(trace)} signals. Why each event is there:\n")
    for story in stories:
        print(*map(_wrapped, story.lines()), sep="\n")
        print()
    print("What it comes to:\n")
    for story in stories:
        print(*summary_lines(story.summary), sep="\n")


def _wrapped(line: str) -> str:
    return textwrap.fill(line, WIDTH, subsequent_indent=" " * 18)


if __name__ == "__main__":
    main()
