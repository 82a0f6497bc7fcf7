"""The played parts that events show, compared with those that the engine knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from playertrack import Engine
from playertrack.destinations.watched import MOST, Segments, Watched, joined
from playertrack.events import EVENTS, Event
from playertrack.trace.conformance import Case, load_cases

CASES = load_cases(Path(__file__).parents[1] / "cases")

#: How far apart they may be (s): SEEKs and pauses are reported some updates later.
CLOSE = 1.01

#: Jumps of a player's own, which make no SEEK, may hide in this part of what is played.
SMALL = 0.1


def length(segments: Segments) -> float:
    return sum(end - start for start, end in segments)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_never_more_is_reported_than_the_engine_saw_played(case: Case) -> None:
    engine = Engine(policy=case.policy)
    sessions: dict[str, Watched] = {}
    for _, signal in case.signals:
        made = engine.feed(signal)
        for event in made:
            sessions[event.session] = sessions.get(event.session, Watched(rate=engine.rate)).after(
                event
            )
        if made and made[-1].session == engine.session:
            reported = sessions[made[-1].session].watched
            seen = tuple((start, end) for start, end in engine.summary().watched)
            hidden = SMALL * sum(end - start for start, end in reported)
            assert length(joined((*reported, *seen))) - length(seen) <= CLOSE + hidden


def event(name: str, at: float, position: float | None, **fields: object) -> Event:
    known: dict[str, object] = {"session": "s", "index": int(at), "duration": 100.0}
    every: dict[str, Any] = known | fields
    return EVENTS[name](name, at=at, position=position, **every)


def watched(*events: Event) -> Watched:
    found = Watched()
    for each in events:
        found = found.after(each)
    return found


def test_seeks_and_pauses_part_what_was_played() -> None:
    found = watched(
        event("PLAY", 0, 0.0),
        event("VIEW", 10, 10.0),
        event("SEEK", 12, 40.0, origin=12.0, target=40.0),
        event("PAUSE", 22, 50.0),
        event("SEEK", 30, 45.0, origin=50.0, target=45.0),
        event("RESUME", 40, 45.0),
        event("VIEW", 50, 55.0),
    )
    assert found.watched == ((0.0, 12.0), (40.0, 55.0))
    assert found.progress == 0.27
    assert found.seconds(52.0) == 34.0


def test_what_is_played_twice_counts_once() -> None:
    found = watched(
        event("PLAY", 0, 0.0),
        event("SEEK", 30, 0.0, origin=30.0, target=0.0),
        event("VIEW", 50, 20.0),
    )
    assert found.progress == 0.3


def test_all_of_it_is_all_but_what_no_engine_would_call_a_jump() -> None:
    assert watched(event("PLAY", 0, 0.25), event("VIEW", 101, 99.8)).progress == 1.0
    assert watched(event("PLAY", 0, 0.25), event("VIEW", 101, 99.0)).progress != 1.0


def test_buffering_is_no_time_of_playback() -> None:
    found = watched(event("PLAY", 0, 0.0), event("BUFFER_END", 10, 4.0, seconds=6.0))
    assert found.seconds(12.0) == 6.0


def test_a_jump_without_a_seek_is_not_watched() -> None:
    found = watched(event("PLAY", 0, 0.0), event("VIEW", 10, 10.0), event("VIEW", 20, 80.0))
    assert found.watched == ((0.0, 10.0),)


def test_a_player_that_lands_before_the_target_starts_there() -> None:
    found = watched(
        event("PLAY", 0, 0.0),
        event("SEEK", 10, 60.0, origin=10.0, target=60.0),
        event("VIEW", 11, 55.0),
        event("VIEW", 21, 65.0),
    )
    assert found.watched == ((0.0, 10.0), (55.0, 65.0))


def test_live_media_has_no_length_to_watch_a_share_of() -> None:
    found = watched(event("MEDIA_LOADED", 0, None, live=True), event("PLAY", 1, 0.0))
    assert found.progress is None


def test_a_session_of_a_thousand_jumps_stays_small() -> None:
    found = Watched().after(event("PLAY", 0, 0.0))
    for n in range(1000):
        found = found.after(event("SEEK", n, 3.0 * n, origin=3.0 * n - 2.0, target=3.0 * n))
    assert len(found.segments) <= MOST
