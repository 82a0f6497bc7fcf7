"""Real players again and again: no flake in many repeats, no growth in many plays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import test_bystander as bystander
import test_conformance as commanded

from playertrack.testing.clips import make_clip
from playertrack.testing.media import MediaServer
from playertrack.testing.scenarios import Scenarios

pytestmark = pytest.mark.soak

#: How often each scenario is repeated, and how many run beside each other.
REPEATS = 2 * max(1, int(os.environ.get("PLAYERTRACK_SOAK", "10")))
AT_ONCE = 8

PLAYS = 1000

#: How much the second half of the plays may take. Of the heap in use (kB) it was up to 3,900; of
#: memory 17,000, since the C library gives back now more, now less, and with playbin3 about 8,000,
#: as without playertrack. Eight players that are processes differ by 40,000 at any moment.
GROWTH = {
    "here": {"threads": 2, "files": 2, "heap": 12_000, "memory": 36_000},
    "players": {"threads": 24, "files": 2, "memory": 80_000},
}

PLAYERS: dict[str, type[Scenarios]] = {
    f"{folder.__name__.removeprefix('test_')}-{name.removeprefix('Test')}": player
    for folder in (commanded, bystander)
    for name, player in vars(folder).items()
    if name.startswith("Test")
}


def said(capsys: pytest.CaptureFixture[str], line: str) -> None:
    """Say what was counted, whether the test passes or not."""
    with capsys.disabled():
        sys.stderr.write(f"\n{line}\n")


def scenarios(player: type[Scenarios]) -> Iterator[Callable[[], None]]:
    """All but those that the player cannot do."""
    for name in dir(player):
        if name.startswith("test_") and (run := getattr(player(), name)) is not None:
            yield run


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("player", PLAYERS)
def test_scenarios_are_no_matter_of_luck(
    player: str,
    video: Path,
    brief: Path,
    chaptered: Path,
    site: MediaServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    commanded.Live.of(video, site)
    bystander.Live.of(video, brief, chaptered, site)
    runs = [run for _ in range(REPEATS) for run in scenarios(PLAYERS[player])]
    failures = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for failure in filter(None, pool.map(outcome, runs)):
            failures += 1
            said(capsys, failure)
    said(capsys, f"{player}: {len(runs)} scenarios, {failures} failed")
    assert not failures


def outcome(run: Callable[[], None]) -> str | None:
    """The failure, if any."""
    try:
        run()
    except Exception as error:
        # All are run, and every failure is reported.
        return f"{run.__qualname__}: {error!r}"
    return None


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("player", [name for name in vars(commanded) if name.startswith("Test")])
def test_plays_leave_nothing_behind(
    player: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", 1.0)
    program = str(Path(__file__).with_name("plays.py"))
    command = [sys.executable, program, player, str(clip), str(PLAYS)]
    path = os.pathsep.join(str(Path(__file__).parents[3] / name) for name in (".", "adapters"))
    # Few arenas, since the allocator keeps what a thread of the player had for another one.
    env = {**os.environ, "PYTHONPATH": path, "MALLOC_ARENA_MAX": "2"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    said(capsys, f"{player}: {measured}")
    counts, (_, half, end) = measured["counts"], measured["used"]
    reached = [counts[f"PLAY_REACHED_{quartile}"] for quartile in (25, 50, 75, 100)]
    assert [counts["PLAY"], *reached] == [PLAYS] * 5
    assert not {"ERROR", "SEEK", "BUFFER_START"} & set(counts)
    for where, limits in GROWTH.items():
        for what, limit in limits.items():
            assert end[where][what] - half[where][what] <= limit, (where, what)
