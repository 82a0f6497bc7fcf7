"""Tests of the small player: each finds one of its bugs.

FAKE_PLAYER_BUG="unpaired buffer" pytest examples/test_fake_player.py
"""

from __future__ import annotations

import os
from typing import cast

import pytest

from fake_player import Bug, FakePlayer
from playertrack.testing import assert_events, assert_quartiles, assert_session_valid


@pytest.fixture
def player() -> FakePlayer:
    """The player without bugs, or with the bug that the environment names."""
    return FakePlayer(bug=cast("Bug | None", os.environ.get("FAKE_PLAYER_BUG")))


def test_what_was_skipped_was_not_watched(player: FakePlayer) -> None:
    player.play().scrub(60).watch(5)
    assert_quartiles(player.events)


def test_going_on_is_not_another_play(player: FakePlayer) -> None:
    player.play().watch(10).pause().play()
    assert_events(player.events, [..., "PLAY", "FIRST_PLAY", "PAUSE", "RESUME"])


def test_a_buffer_that_starts_also_ends(player: FakePlayer) -> None:
    player.play().watch(10).stall().pause()
    assert_session_valid(player.events)


def test_a_replay_counts_anew(player: FakePlayer) -> None:
    player.play().watch(100).play().watch(30)
    assert_quartiles(player.events, 25, session=2)


def test_a_scrub_is_one_seek(player: FakePlayer) -> None:
    player.play().scrub(20, 40, 60)
    assert_events(player.events, [..., "FIRST_PLAY", ("SEEK", {"target": 60})])
