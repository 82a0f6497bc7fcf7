"""The binding of a real `QMediaPlayer`, past its commands: in programs of PySide6 and PyQt6."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from test_conformance import needed, qt

import playertrack_qt
from playertrack import PlayertrackError
from playertrack.events import QUARTILES
from playertrack.testing.witness import Witness

ROOT = Path(__file__).parents[3]
START = ["WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY"]

#: A program as they are written: all in the main thread, the loop runs until the end. It does
#: each of its steps when that step's condition holds.
PROGRAM = """\
import json, os, sys, time
library, video, other = sys.argv[1:]
if library == "PySide6":
    from PySide6.QtCore import QCoreApplication, QTimer, QUrl
    from PySide6.QtMultimedia import QMediaPlayer, QVideoSink
else:
    from PyQt6.QtCore import QCoreApplication, QTimer, QUrl
    from PyQt6.QtMultimedia import QMediaPlayer, QVideoSink
from playertrack import Tracker
import playertrack_qt

app = QCoreApplication([])
player, sink = QMediaPlayer(), QVideoSink()
player.setVideoSink(sink)
shown = []
tracker = Tracker(on_event=shown.append)
binding = playertrack_qt.track(player, tracker)

def play(media):
    player.setSource(QUrl.fromLocalFile(media))
    player.play()

def seen(name, times=1):
    return [event.event for event in list(shown)].count(name) >= times

def played(seconds):
    return seen("FIRST_PLAY") and player.position() >= 1000 * seconds

def finish():
    binding.detach()
    tracker.close_soon(on_closed=lambda delivered: app.quit())

steps = [
    {steps}
    (lambda: True, finish),
]

def look():
    condition, call = steps[0]
    if condition():
        steps.pop(0)
        call()
    if steps:
        QTimer.singleShot(20, look)

look()
app.exec()
events = [event for event in shown if event.event != "VIEW"]
print(json.dumps([[event.event, event.position, event.entry_id] for event in events]))
sys.stdout.flush()
os._exit(0)  # Qt's own threads are not always done by now
"""


def said_by(program: str, library: str, *arguments: str, home: Path | None = None) -> str:
    """Run a program that uses ``library``; returns what it prints."""
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'adapters'}",
        },
        cwd=home,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def played(library: str, steps: str, video: Path) -> list[list[Any]]:
    """The name, position and entry of each event of a program that does ``steps``."""
    program = PROGRAM.replace("{steps}", steps.strip())
    said = said_by(program, library, library, str(video), str(video))
    shown: list[list[Any]] = json.loads(said.splitlines()[-1])
    return shown


def names(shown: list[list[Any]]) -> list[str]:
    return [name for name, _, _ in shown]


@pytest.fixture
def player() -> Iterator[Any]:
    """It is deleted where it lives: Python would do so on the thread of the tests."""
    loop = needed(qt)
    made = loop.player()
    yield made
    with suppress(RuntimeError):  # the test has done so
        loop.delete(made)


@pytest.mark.parametrize("library", ["PySide6", "PyQt6"])
def test_program_that_uses_its_player_as_before(library: str, video: Path) -> None:
    shown = played(
        library,
        """
    (lambda: True, lambda: play(video)),
    (lambda: played(0.3), lambda: player.setPosition(4000)),
    (lambda: seen("SEEK"), player.pause),
    (lambda: seen("PAUSE"), lambda: player.setPosition(1000)),
    (lambda: seen("SEEK", 2), player.play),
    (lambda: seen("RESUME") and seen("PLAY_REACHED_25"), lambda: player.setPlaybackRate(2.0)),
    (lambda: seen("SPEED"), player.stop),
        """,
        video,
    )
    rest = [name for name in names(shown) if not name.startswith("PLAY_REACHED")]
    assert rest == [*START, "SEEK", "PAUSE", "SEEK", "RESUME", "SPEED"]
    assert "PLAY_REACHED_25" in names(shown)
    assert "PLAY_REACHED_100" not in names(shown)
    assert {entry for _, _, entry in shown[1:]} == {"clip"}


def test_the_program_of_the_documentation(brief: Path, tmp_path: Path) -> None:
    """It plays a file of its own folder in a window, and closes that at the end."""
    page = (ROOT / "docs" / "wrap.md").read_text("utf-8")
    [program] = re.findall(r"^## Qt Multimedia\n\n((?: {4}.*\n|\n)+)", page, re.MULTILINE)
    shutil.copy(brief, tmp_path / "video.mp4")

    said = said_by(dedent(program), "PySide6", home=tmp_path)
    shown = [name for name in re.findall(r"Event\((\w+) ", said) if name != "VIEW"]
    assert shown == [*START, *(f"PLAY_REACHED_{quartile}" for quartile in QUARTILES)]


def test_media_of_a_relative_path_are_called_after_their_file(video: Path) -> None:
    """Its URL is file:clip.mp4."""
    steps = f"(lambda: True, lambda: play({os.path.relpath(video)!r})),"
    shown = played("PySide6", f"{steps} (lambda: seen('PLAY'), lambda: None),", video)
    assert {entry for name, _, entry in shown if name == "MEDIA_LOADED"} == {"clip"}


def test_program_that_holds_its_event_loop(video: Path) -> None:
    """Nothing comes meanwhile, then one position that is far ahead: neither a stall nor a seek."""
    shown = played(
        "PySide6",
        """
    (lambda: True, lambda: play(video)),
    (lambda: played(0.3), lambda: time.sleep(3.0)),
    (lambda: seen("PLAY_REACHED_50"), lambda: None),
        """,
        video,
    )
    # A machine that is busy as well may let it come even further.
    reached = [f"PLAY_REACHED_{quartile}" for quartile in QUARTILES]
    assert names(shown) == [*START, *reached[: len(shown) - len(START)]]
    assert "PLAY_REACHED_50" in names(shown)


def test_program_that_plays_in_rounds_and_then_other_media(video: Path) -> None:
    shown = played(
        "PySide6",
        """
    (lambda: True, lambda: (player.setLoops(2), play(video))),
    (lambda: played(0.3), lambda: player.setPosition(5000)),
    (lambda: seen("PLAY", 2), lambda: player.setPosition(5500)),
    (lambda: seen("PLAY_REACHED_100", 2), lambda: player.setSource(QUrl())),
    (lambda: True, lambda: play(other)),
    (lambda: seen("PLAY", 3), lambda: None),
        """,
        video,
    )
    assert names(shown) == [
        *(*START, "SEEK", "PLAY_REACHED_100", "REPLAY", "PLAY_REQUEST", "PLAY"),
        *("SEEK", "PLAY_REACHED_100", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY"),
    ]


def test_player_without_any_output_is_at_its_end_all_the_same(video: Path) -> None:
    shown = played(
        "PySide6",
        """
    (lambda: True, lambda: (player.setVideoSink(None), play(video))),
    (lambda: played(0.3), lambda: player.setPosition(5000)),
    (lambda: seen("PLAY_REACHED_100"), lambda: None),
        """,
        video,
    )
    assert names(shown) == [*START, "SEEK", "PLAY_REACHED_100"]


def test_playback_that_started_before_is_measured_from_there_on(player: Any, video: Path) -> None:
    loop = needed(qt)
    with Witness() as first, playertrack_qt.track(player, first.tracker) as binding:
        binding.load(str(video))
        binding.play()
        first.until_at(1.0)
    with Witness() as second, playertrack_qt.track(player, second.tracker):
        assert second.until("PLAY").position >= 1.0
        loop.call(player.pause)
        assert second.until("PAUSE").duration == 6.0
    loop.call(player.stop)


def test_player_that_is_deleted_is_an_end(player: Any, video: Path) -> None:
    loop = needed(qt)
    with Witness() as witness, playertrack_qt.track(player, witness.tracker) as binding:
        binding.load(str(video))
        binding.play()
        witness.until("PLAY")
        loop.delete(player)
        witness.until_signal("stop")
        witness.tracker.flush(20.0)
        with pytest.raises(PlayertrackError, match="the player is gone"):
            binding.rate(1.0)


def test_seek_that_comes_too_early_is_given_again(player: Any, video: Path) -> None:
    loop = needed(qt)
    with Witness() as witness, playertrack_qt.track(player, witness.tracker) as binding:

        def drive() -> None:
            binding.load(str(video))
            binding.seek(4.0)
            binding.play()

        loop.call(drive)
        assert witness.until("PLAY").position == pytest.approx(4.0, abs=0.2)
        witness.until("PLAY_REACHED_75")
    assert "SEEK" not in witness.names


def test_anything_but_a_player_is_refused() -> None:
    with Witness() as witness, pytest.raises(TypeError, match="expected a QMediaPlayer"):
        playertrack_qt.track(object(), witness.tracker)


def test_player_that_was_deleted_is_refused_and_the_tracker_left_free(player: Any) -> None:
    loop = needed(qt)
    loop.delete(player)
    with Witness() as witness:
        with pytest.raises(PlayertrackError, match="this QMediaPlayer was deleted"):
            playertrack_qt.track(player, witness.tracker)
        witness.tracker.take_player(object())


def test_player_is_measured_once(player: Any) -> None:
    with (
        Witness() as first,
        Witness() as second,
        playertrack_qt.track(player, first.tracker),
        pytest.raises(PlayertrackError),
    ):
        playertrack_qt.track(player, second.tracker)


@pytest.mark.parametrize("library", ["PySide6", "PyQt6"])
def test_player_of_an_event_loop_in_another_thread(library: str) -> None:
    """The loop is over before Qt is: it spoiled the memory of a process about to exit."""
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    program = """if True:
        import atexit, sys, threading
        def running():
            return [each.name for each in threading.enumerate() if each.name == "qt"]
        atexit.register(lambda: print(running()))
        import playertrack, playertrack_qt
        from playertrack_qt.headless import QtThread
        from playertrack_qt.library import load
        loop = QtThread(load(sys.argv[1]))
        player = loop.player()
        with playertrack.Tracker() as tracker, playertrack_qt.track(player, tracker) as binding:
            binding.seek(1.0)
        loop.delete(player)
        print(running())
    """
    path = f"{ROOT}:{ROOT / 'adapters'}"
    done = subprocess.run(
        [sys.executable, "-c", program, library],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "['qt']\n[]\n"), done.stderr


@pytest.mark.parametrize("library", ["PySide6", "PyQt6"])
def test_threads_may_use_qt_for_the_first_time_at_once(library: str) -> None:
    """PySide6 makes a class when it is first used, and crashed when two threads did so."""
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    program = """if True:
        import importlib, sys, threading
        from playertrack_qt.library import load
        importlib.import_module(f"{sys.argv[1]}.QtMultimedia")  # as the program does
        sys.setswitchinterval(1e-6)
        together = threading.Barrier(8)
        def use():
            together.wait()
            load(sys.argv[1]).multimedia.QMediaPlayer.PlaybackState
        threads = [threading.Thread(target=use) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    """
    path = f"{ROOT}:{ROOT / 'adapters'}"
    done = subprocess.run(
        [sys.executable, "-c", program, library],
        env={**os.environ, "PYTHONPATH": path, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
