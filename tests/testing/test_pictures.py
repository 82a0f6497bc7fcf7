"""A failing test leaves a picture of what was expected and what came."""

from __future__ import annotations

import pytest

TEST = """
from playertrack.testing import ScriptedPlayer, assert_events
import pytest

def test_it():
    play = ScriptedPlayer(duration=40).load().play().watch(12)
    assert_events(play, (each for each in [..., "PLAY", ..., "PAUSE", ("SEEK", {"target": 30})]))

def test_of_records():
    assert_events([{"event": "PLAY", "at": 1.0, "session": "s", "index": 1}], ["PAUSE"])

def test_without():
    assert 1 == 2

@pytest.mark.playertrace("golden.jsonl")
def test_golden(playertrack_player):
    playertrack_player.load().play().watch(SECONDS)
"""


def test_failures_leave_pictures(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=TEST.replace("SECONDS", "30"))
    pytester.runpytest_subprocess("-q", "--playertrack-update", "-k", "golden").assert_outcomes(
        passed=1
    )
    pytester.makepyfile(test_it=TEST.replace("SECONDS", "5"))
    done = pytester.runpytest_subprocess("-q", "--playertrack-pictures", "pictures")
    done.assert_outcomes(failed=4)
    pages = sorted((pytester.path / "pictures").iterdir())
    assert [page.name.rsplit("-", 1)[0] for page in pages] == [
        *("test_it.py-test_golden", "test_it.py-test_it", "test_it.py-test_of_records"),
    ]
    for page in pages:
        text = page.read_text("utf-8")
        assert text.count('class="row"') == 2
        assert "expected" in text and "got" in text
    golden = pages[0].read_text("utf-8")
    expected, got = golden.split("events: got")
    assert "PLAY_REACHED_25" in expected and 'data-event="PLAY_REACHED_25"' not in got
    done.stdout.fnmatch_lines(["*picture: pictures/*"])


def test_without_the_option_nothing_is_left(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_it=TEST.replace("SECONDS", "5"))
    pytester.runpytest_subprocess("-q").assert_outcomes(failed=4)
    assert not (pytester.path / "pictures").exists()
