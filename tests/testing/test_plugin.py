"""The plugin, in runs of pytest of its own: with unittest, asyncio and xdist, and golden traces."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from inner import run

SUITE = """
import pytest
from playertrack.testing import assert_events, assert_quartiles

@pytest.mark.playertrace("golden/clip.jsonl")
def test_video(playertrack_player):
    playertrack_player.load().play().watch(WATCHED).pause(3).play().watch(20).end()
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    return pytester


# --------------------------------------------------------------------------- at no cost


def test_who_does_not_use_the_plugin_does_not_load_the_engine(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import sys

        def test_nothing_is_loaded():
            loaded = {name for name in sys.modules if name.startswith("playertrack")}
            assert loaded == {
                "playertrack", "playertrack.errors",
                "playertrack.testing", "playertrack.testing.plugin",
            }
            assert not {"attrs", "msgspec", "aiohttp", "transitions"} & set(sys.modules)
        """
    )
    result = suite.runpytest_subprocess("-p", "no:hypothesispytest", timeout=100)
    result.assert_outcomes(passed=1)


def test_the_test_kit_needs_no_pytest() -> None:
    code = """
import sys
from playertrack.testing import Bench, ScriptedPlayer, assert_quartiles
assert_quartiles(ScriptedPlayer().load().play().watch(30), 25)
with Bench() as bench:
    assert_quartiles(bench.run(ScriptedPlayer().load().play().watch(60)), 25, 50)
assert not {"pytest", "hypothesis"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=100)


# ------------------------------------------------------------------------ with the others


def test_unittest(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import unittest
        import pytest
        from playertrack.testing import Bench, ScriptedPlayer, assert_events, assert_quartiles

        @pytest.mark.usefixtures("playertrack_bench")
        class PlayerTest(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def kit(self, playertrack_bench):
                self.bench = playertrack_bench

            def test_right(self):
                assert_quartiles(self.bench.run(ScriptedPlayer().load().play().watch(30)), 25)

            def test_wrong(self):
                assert_quartiles(self.bench.run(ScriptedPlayer().load().play().watch(30)), 50)

            @pytest.mark.playertrace("golden.jsonl")
            def test_golden(self):
                self.bench.run(ScriptedPlayer().load().play().watch(30))

            @pytest.mark.playertrace("broken.jsonl")
            def test_fails_before_it_is_compared(self):
                self.fail("its own reason")

        class PlainTest(unittest.TestCase):
            def test_without_fixtures(self):
                with Bench() as bench:
                    assert_events(bench.run(ScriptedPlayer().load()), ["WIDGET*", "MEDIA*"])
        """
    )
    result = run(suite, "--playertrack-update")
    result.assert_outcomes(passed=3, failed=2)
    result.stdout.fnmatch_lines(["*session 1: expected quartiles 50; got 25*"])
    result.stdout.fnmatch_lines(["*its own reason*"])
    assert (suite.path / "golden.jsonl").exists()
    assert not (suite.path / "broken.jsonl").exists()


def test_unittest_runs_the_kit_by_itself(tmp_path: Path) -> None:
    (tmp_path / "test_player.py").write_text(
        "import unittest\n"
        "from playertrack.testing import ScriptedPlayer, assert_quartiles\n"
        "class PlayerTest(unittest.TestCase):\n"
        "    def test_quartiles(self):\n"
        "        assert_quartiles(ScriptedPlayer().load().play().watch(30), 25)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "unittest", "-v"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    assert "Ran 1 test" in done.stderr


def test_asyncio(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import asyncio
        import pytest
        from playertrack.testing import Bench, ScriptedPlayer, assert_events

        pytestmark = pytest.mark.asyncio

        async def test_events_are_awaited(playertrack_bench):
            stream = playertrack_bench.tracker.events()
            playertrack_bench.tracker.loaded("1_a", 10.0)
            names = []
            async for event in stream:
                names.append(event.event)
                if event.event == "MEDIA_LOADED":
                    playertrack_bench.tracker.play()
                if event.event == "PLAY_REQUEST":
                    playertrack_bench.tracker.close()
            assert names == ["WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST"]

        async def test_the_collector_has_a_loop_of_its_own(playertrack_collector):
            with Bench(sinks=[playertrack_collector.sink()]) as bench:
                bench.run(ScriptedPlayer().load().play().watch(30))
                await asyncio.to_thread(playertrack_collector.wait, 3)
            assert playertrack_collector.bad == []

        @pytest.mark.playertrace("golden.jsonl")
        async def test_golden(playertrack_player):
            playertrack_player.load().play().watch(4)
        """
    )
    run(suite, "--playertrack-update").assert_outcomes(passed=3)
    run(suite).assert_outcomes(passed=3)


def test_xdist(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest
        from playertrack.testing import Bench, ScriptedPlayer, assert_quartiles

        @pytest.mark.parametrize("number", range(2))
        def test_collectors_do_not_meet(playertrack_collector, number):
            with Bench(sinks=[playertrack_collector.sink()]) as bench:
                bench.run(ScriptedPlayer(entry_id=f"1_{number}").load().play().watch(30)).close()
            assert {each.entry_id for each in playertrack_collector.accepted} == {f"1_{number}"}

        @pytest.mark.parametrize("name", [
            pytest.param(name, marks=pytest.mark.playertrace(f"{name}.jsonl")) for name in "ab"
        ])
        def test_golden(playertrack_player, name):
            playertrack_player.load(name).play().watch(4)
        """
    )
    run(suite, "-k", "golden", "--playertrack-update").assert_outcomes(passed=2)
    assert {path.name for path in suite.path.glob("*.jsonl")} == {
        *("a.jsonl", "a.events.jsonl", "b.jsonl", "b.events.jsonl"),
    }
    suite.runpytest_subprocess("-n", "2", timeout=100).assert_outcomes(passed=4)


# ------------------------------------------------------------------------------ golden traces


def watched(suite: pytest.Pytester, seconds: float) -> None:
    suite.makepyfile(test_video=SUITE.replace("WATCHED", str(seconds)))


def test_a_golden_trace_is_written_when_asked_and_compared_else(suite: pytest.Pytester) -> None:
    watched(suite, 30)
    result = run(suite)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*there is no golden trace *clip.jsonl: run pytest with --play*"])
    assert not (suite.path / "golden").exists()

    run(suite, "--playertrack-update").assert_outcomes(passed=1)
    golden = suite.path / "golden"
    assert {path.name for path in golden.iterdir()} == {"clip.jsonl", "clip.events.jsonl"}
    run(suite).assert_outcomes(passed=1)

    watched(suite, 30.1)  # within the tolerance
    run(suite).assert_outcomes(passed=1)


def test_another_run_than_the_golden_one_fails_and_says_where(suite: pytest.Pytester) -> None:
    watched(suite, 30)
    run(suite, "--playertrack-update").assert_outcomes(passed=1)
    before = (suite.path / "golden" / "clip.jsonl").read_bytes()
    watched(suite, 33)
    result = run(suite)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "this run is not as the golden trace *clip.jsonl:",
            "event * of *, PAUSE #* at 33.100 s, position 33.000 s: expected PAUSE * position=30*",
            "*>*33.100 s*33.000 s  PAUSE*PAUSE*",
            "If this is right, run pytest with --playertrack-update to renew it.",
        ]
    )
    assert "The golden signals no longer" not in result.stdout.str()
    assert "plugin.py" not in result.stdout.str()
    assert (suite.path / "golden" / "clip.jsonl").read_bytes() == before
    run(suite, "--playertrack-update").assert_outcomes(passed=1)
    run(suite).assert_outcomes(passed=1)


def test_another_policy_is_not_taken_for_another_player(suite: pytest.Pytester) -> None:
    watched(suite, 30)
    run(suite, "--playertrack-update").assert_outcomes(passed=1)
    suite.makeconftest(
        """
        import pytest
        from playertrack import Policy

        @pytest.fixture
        def playertrack_policy():
            return Policy(view_interval=None)
        """
    )
    result = run(suite)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["The golden signals no longer give the golden events either*"])


def test_the_events_decide_and_a_golden_trace_is_a_trace(suite: pytest.Pytester) -> None:
    watched(suite, 30)
    run(suite, "--playertrack-update").assert_outcomes(passed=1)
    done = subprocess.run(
        [sys.executable, "-m", "playertrack", "derive", "golden/clip.jsonl"],
        cwd=suite.path,
        capture_output=True,
        timeout=100,
        check=True,
    )
    assert done.stdout == (suite.path / "golden" / "clip.events.jsonl").read_bytes()


def test_the_mark_wants_something_that_plays(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest

        @pytest.mark.playertrace("x.jsonl")
        def test_nothing():
            pass
        """
    )
    result = run(suite)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*needs the fixture playertrack_bench or playertrack_player*"])


def test_a_run_with_strict_markers_knows_the_mark(suite: pytest.Pytester) -> None:
    watched(suite, 30)
    run(suite, "--strict-markers", "--playertrack-update").assert_outcomes(passed=1)


GOLDEN = """
    import os
    import pytest

    @pytest.mark.playertrace("golden.jsonl")
    def test_golden(playertrack_player):
        playertrack_player.load().play().watch(30)
        if "ANOTHER" in os.environ:
            playertrack_player.pause().play()
        playertrack_player.end()
"""


def test_a_golden_difference_is_shown_once_in_100_columns(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite.makepyfile(GOLDEN)
    run(suite, "-k", "golden", "--playertrack-update").assert_outcomes(passed=1)
    monkeypatch.setenv("ANOTHER", "1")
    result = run(suite, "-k", "golden")
    result.assert_outcomes(failed=1)
    shown = result.stdout.lines
    report = shown[next(n for n, line in enumerate(shown) if "FAILURES" in line) :]
    assert not [line for line in shown if "traceback entries are hidden" in line]
    end = next(n for n, line in enumerate(report) if "short test summary" in line)
    assert sum("this run is not as the golden trace" in line for line in report[:end]) == 1
    table = [line for line in report[2:end] if "golden.jsonl" not in line]
    assert max(map(len, table)) <= 100
    # What is expected of an event that is there is what differs, and nothing else.
    moved = next(line for line in table if line.startswith(">") and "PLAY_REACHED_50 " in line)
    assert re.search(r"PLAY_REACHED_50 +PLAY_REACHED_50 at=\S+ index=\d+( position=\S+)?$", moved)


def test_a_mark_of_the_plugin_s_own_name_is_not_passed_over(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest

        @pytest.mark.playertrack("golden/evening.jsonl")
        def test_golden(playertrack_player):
            playertrack_player.load()
        """
    )
    result = run(suite, "-k", "golden", "-W", "ignore::pytest.PytestUnknownMarkWarning")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the mark of a golden trace is playertrace, not playertrack"])


@pytest.mark.parametrize(
    "mark", ["playertrace", "playertrace()", "playertrace(7)", "playertrace('x', colour=1)"]
)
def test_a_mark_without_a_path_says_so(suite: pytest.Pytester, mark: str) -> None:
    suite.makepyfile(
        f"""
        import pytest

        @pytest.mark.{mark}
        def test_golden(playertrack_player):
            playertrack_player.load()
        """
    )
    result = run(suite, "-k", "golden")
    result.assert_outcomes(failed=1)
    assert not [line for line in result.stdout.lines if "entries are hidden" in line]
    result.stdout.fnmatch_lines(["the mark playertrace needs the path of a golden trace: *"])
