"""How much CPU time an adapter takes beside the player that it measures.

Two fresh processes play a clip in real time, one of them measured. What the adapter takes is
the difference; as the player takes far more, it is blurred by all that slows a player.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time, sleep
from typing import Any

from playertrack import Tracker
from playertrack.testing.clips import make_clip

from .measuring import Row, Scale

_MINUTE = 60.0

#: Its time counts from this position (s) on: all that starting costs is spent by then.
_START = 1.0


def rows(scale: Scale) -> Iterator[Row]:
    with TemporaryDirectory() as folder:
        clip = make_clip(Path(folder, "clip.mp4"), scale.seconds + 3 * _START)
        for player in filter(_is_here, _PLAYERS):
            added = [_added(player, str(clip), scale.seconds) for _ in range(scale.runs)]
            reach = f"{min(added):.2f} to {max(added):.2f}"
            yield Row(
                f"CPU time to measure a minute of {player}",
                median(added),
                unit="s",
                at_most=0.3,
                note=f"{reach}, {scale.runs} times {scale.seconds:g} s",
            )


def _is_here(player: str) -> bool:
    try:
        import_module(f"playertrack_{player}.library")
    except ImportError:
        return False
    return True


def _added(player: str, clip: str, seconds: float) -> float:
    """The cost of measuring, a minute; both play beside each other, on the same busy machine."""
    command = [sys.executable, "-m", __name__, player, clip, str(seconds)]
    ways = ("bare", "measured")
    running = [subprocess.Popen([*command, how], stdout=subprocess.PIPE) for how in ways]
    bare, measured = (float(child.communicate()[0]) for child in running)
    return (measured - bare) * _MINUTE / seconds


#: A player, how it is made to play, and where (s) it is.
_Made = tuple[Any, Callable[[], object], Callable[[], float]]


def _mpv(clip: str) -> _Made:
    from playertrack_mpv.library import mpv

    player = mpv.MPV(vo="null", ao="null")
    return player, lambda: player.play(clip), lambda: player.time_pos or 0.0


def _vlc(clip: str) -> _Made:
    from playertrack_vlc.headless import OPTIONS
    from playertrack_vlc.library import vlc

    instance = vlc.Instance(*OPTIONS)
    player = instance.media_player_new()
    player.set_media(instance.media_new(clip))
    return player, player.play, lambda: player.get_time() / 1e3


def _playbin(clip: str) -> _Made:
    from playertrack_gstreamer.headless import mute
    from playertrack_gstreamer.library import Gst

    player = mute(Gst.ElementFactory.make("playbin"))
    player.set_property("uri", Gst.filename_to_uri(clip))
    play, position = lambda: player.set_state(Gst.State.PLAYING), Gst.Format.TIME
    return player, play, lambda: player.query_position(position)[1] / 1e9


_PLAYERS = {"mpv": _mpv, "vlc": _vlc, "gstreamer": _playbin}


def _main(player: str, clip: str, seconds: str, how: str) -> None:
    """Play the clip, and print what this process used in ``seconds`` of it."""
    made, play, position = _PLAYERS[player](clip)
    with Tracker() as tracker:
        if how == "measured":
            import_module(f"playertrack_{player}").track(made, tracker)
        play()
        while position() < _START:
            sleep(0.05)
        began = process_time()
        sleep(float(seconds))
        print(process_time() - began, flush=True)
        os._exit(0)  # no player need be given up


if __name__ == "__main__":
    _main(*sys.argv[1:])
