"""Use without aiohttp and compiled packages, and the message where one is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given

from playertrack import events
from playertrack.signals import Signal
from playertrack.testing import strategies
from playertrack.trace import codec

ROOT = Path(__file__).parents[1]

#: Made of compiled code, or of what needs some; none of it is there on every platform.
ABSENT = ("aiohttp", "apsw", "cryptography", "frozenlist", "msgspec", "multidict", "yarl")


def run(code: str, absent: tuple[str, ...] = ABSENT) -> str:
    """Run a program that finds none of these packages; returns its output."""
    prelude = f"import sys\nfor name in {absent!r}:\n    sys.modules[name] = None\n"
    done = subprocess.run(
        [sys.executable, "-c", prelude + code],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'adapters'}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


PLAYED = """\
import io
from playertrack.sinks import ConsoleSink, JsonlSink, MemorySink
from playertrack import Engine, Tracker, signals
memory, console = MemorySink(), io.StringIO()
with Tracker([memory, ConsoleSink(console), JsonlSink("/dev/null")]) as tracker:
    tracker.loaded("1_abc", duration=3.0, at=0.0)
    tracker.play(at=0.5)
    tracker.playing(at=1.0)
    for second in (1, 2, 3):
        tracker.timeupdate(float(second), at=1.0 + second)
    tracker.ended(at=4.1)
names = [event.event for event in memory.events if event.event != "VIEW"]
assert len(console.getvalue().splitlines()) == len(memory.events)
print(*names)
"""


def test_tracker_and_sinks_work_without_compiled_packages() -> None:
    assert run(PLAYED).split() == [
        *("WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY"),
        *("PLAY_REACHED_25", "PLAY_REACHED_50", "PLAY_REACHED_75", "PLAY_REACHED_100"),
    ]


def test_translators_work_without_compiled_packages() -> None:
    adapters = sorted(path.name for path in (ROOT / "adapters").glob("playertrack_*"))
    code = f"""\
from importlib import import_module
for name in {adapters!r}:
    translator = getattr(import_module(name), "Translator", None)
    if translator is not None:
        made = translator().translate({{"t": 1.0, "source": "x", "kind": "unknown"}})
        print(name, made[0].name)
"""
    lines = run(code).splitlines()
    assert len(lines) >= 5
    assert all(line.endswith(" ready") for line in lines)


@pytest.mark.parametrize(
    ("code", "package", "absent"),
    [
        ("from playertrack import Engine; Engine().snapshot()", "msgspec", ABSENT),
        ("from playertrack import Fleet", "msgspec", ABSENT),
        ("from playertrack.trace.feed import derive", "msgspec", ABSENT),
        ("from playertrack.delivery.loop import SendLoop", "msgspec", ABSENT),
        ("from playertrack.delivery.loop import SendLoop", "aiohttp", ("aiohttp",)),
        ("from playertrack.collector import Collector", "aiohttp", ("aiohttp",)),
    ],
)
def test_what_needs_a_package_says_which(code: str, package: str, absent: tuple[str, ...]) -> None:
    said = run(
        f"""\
from playertrack.errors import MissingLibraryError
try:
    {code}
except MissingLibraryError as error:
    print(error)
""",
        absent,
    )
    assert said.startswith(f"{package} is missing")
    assert "pip install playertrack, with its dependencies" in said


@given(strategies.traces())
def test_lines_are_the_same_with_and_without_msgspec(trace: list[Signal]) -> None:
    from playertrack import Fleet

    fleet = Fleet()
    made = [event for signal in trace for event in fleet.feed(None, signal)]
    for event in made:
        assert codec.encode_event(event) == codec._encode_slowly(events.to_record(event))
