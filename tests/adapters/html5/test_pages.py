"""The fate of batches: duplicates, late and lost ones, clocks, limits."""

from __future__ import annotations

import json
from typing import Any

import pytest
from posting import batch, closed, event, media, played, started

from playertrack import offline_ids
from playertrack.events import Event
from playertrack_html5.receiving import Batch, BatchError, Pages, Taken, read_batch

NOW = 1_800_000_000.0
START = ["WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY", "VIEW"]


def read(posted: dict[str, Any]) -> Batch:
    return read_batch(json.dumps(posted).encode())


def take(pages: Pages, now: float, posted: dict[str, Any]) -> Taken:
    return pages.take(read(posted), now)


def names(events: list[Event]) -> list[str]:
    return [event.event for event in events]


@pytest.fixture
def pages() -> Pages:
    return Pages(ids=offline_ids)


def test_events_come_in_our_time_with_the_players_id(pages: Pages) -> None:
    taken = take(pages, NOW, batch(started(100.0), sent=100.5, player="kiosk/1"))
    assert names(taken.events) == START
    assert {event.at for event in taken.events} == {NOW - 0.5}
    assert {event.player for event in taken.events} == {"kiosk/1"}
    assert taken.events[-1].entry_id == "1_abc"


def test_later_batches_go_on_however_long_they_were_under_way(pages: Pages) -> None:
    records = started()
    take(pages, NOW, batch(records))
    more = played(0.0, 0.0, 2.5)
    taken = take(pages, NOW + 9.0, batch(more, first=len(records)))
    assert [(event.event, event.at) for event in taken.events] == [("PLAY_REACHED_25", NOW + 2.0)]


def test_batch_that_comes_twice_is_nothing(pages: Pages) -> None:
    posted = batch([*started(), *played(0.0, 0.0, 2.5)])
    assert names(take(pages, NOW, posted).events) == [*START, "PLAY_REACHED_25"]
    assert take(pages, NOW + 1.0, posted) == Taken([])


def test_batch_that_holds_what_came_before_gives_the_rest(pages: Pages) -> None:
    records = started()
    take(pages, NOW, batch(records))
    whole = batch([*records, *played(0.0, 0.0, 2.5)])
    assert names(take(pages, NOW + 2.5, whole).events) == ["PLAY_REACHED_25"]


def test_any_cut_into_batches_that_overlap_gives_the_same_events() -> None:
    records = [*started(), *played(0.0, 0.0, 4.5), event(4.6, "pause", 4.5), closed(5.0)]
    whole = names(take(Pages(), NOW, batch(records)).events)
    for size in range(1, 8):
        pages, events = Pages(), []
        for first in range(0, len(records), size):
            part = records[max(0, first - 2) : first + size]
            posted = batch(part, first=max(0, first - 2))
            events += take(pages, NOW + posted["sent"] / 1000, posted).events
        assert names(events) == whole, size


def test_records_that_were_taken_are_a_raw_recording() -> None:
    message: list[tuple[str, dict[str, Any]]] = []
    pages = Pages(on_record=lambda player, record: message.append((player, record)))
    records = [*started(), *played(0.0, 0.0, 2.5), {"t": 0}]
    take(pages, NOW, batch(records, sent=2.5))
    take(pages, NOW, batch(records, sent=2.5))
    assert message == [("p", record) for record in records[:-1]]


def test_batch_without_records_is_nothing(pages: Pages) -> None:
    for first in (0, 7):
        assert take(pages, NOW, batch([], first=first, sent=1.0, entry="1_abc")) == Taken([])


def test_what_waited_for_long_and_comes_in_parts_keeps_its_times() -> None:
    records = [*started(), *played(0.0, 0.0, 4.5), event(4.6, "pause", 4.5), closed(5.0)]
    whole = take(Pages(ids=offline_ids), NOW, batch(records, sent=300.0)).events
    pages, events = Pages(ids=offline_ids), []
    for first in range(0, len(records), 5):
        rest = records[first : first + 5]
        more = first + 5 < len(records)
        events += take(pages, NOW, batch(rest, first=first, sent=300.0, more=more)).events
    assert events == whole
    assert events[0].at == NOW - 300.0


def test_page_that_closes_settles_its_session_and_what_is_late_is_nothing(pages: Pages) -> None:
    records = [*started(), *played(0.0, 0.0, 1.0), event(1.0, "waiting", 1.0), closed(3.0)]
    taken = take(pages, NOW, batch(records))
    assert names(taken.events) == [*START, "BUFFER_START", "BUFFER_END"]
    assert taken.events[-1].at == NOW
    assert len(pages) == 0
    assert take(pages, NOW + 1.0, batch(started(), first=99)) == Taken([])


def test_same_name_of_the_page_loaded_anew_is_another_player(pages: Pages) -> None:
    first = take(pages, NOW, batch([*started(), closed(2.0)], player="kiosk/a"))
    second = take(pages, NOW + 1.0, batch(started(), player="kiosk/b"))
    assert names(second.events) == START
    assert {e.session for e in first.events}.isdisjoint({e.session for e in second.events})


def test_player_that_first_posts_in_the_middle_is_taken_as_it_is(pages: Pages) -> None:
    playing = played(60.0, 4.5, 6.5)
    taken = take(pages, NOW, batch(playing, first=300, entry="1_abc"))
    assert names(taken.events) == [*START, "PLAY_REACHED_75"]
    assert taken.events[-1].entry_id == "1_abc"


def test_after_a_gap_the_element_is_taken_as_it_is_found(pages: Pages) -> None:
    records = started()
    take(pages, NOW, batch(records, entry="1_abc"))
    lost = len(records) + 50
    taken = take(pages, NOW + 9, batch([event(9.0, "pause", 5.0)], first=lost, entry="1_abc"))
    assert names(taken.events) == ["PLAY_REACHED_25", "PLAY_REACHED_50"]
    found = [event(20.0, "timeupdate", 1.0), *played(20.0, 1.0, 2.5)]
    taken = take(pages, NOW + 23, batch(found, first=lost + 50, entry="1_def"))
    # The pause outlasted its grace, since what follows is other media, not its end.
    assert "MEDIA_LOADED" in names(taken.events)
    assert taken.events[-1].entry_id == "1_def"


def test_gap_in_which_other_media_started_that_the_batch_names(pages: Pages) -> None:
    take(pages, NOW, batch(started(), entry="1_abc"))
    taken = take(pages, NOW + 9, batch(started(9.0, "1_def"), first=50, entry="1_def"))
    assert names(taken.events) == ["MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "VIEW"]


def test_pause_that_may_be_the_end_is_settled_by_the_next_batch(pages: Pages) -> None:
    records = [*started(), *played(0.0, 0.0, 8.0), event(8.0, "pause", 8.0)]
    assert "PAUSE" not in names(take(pages, NOW, batch(records)).events)
    assert pages.next_due() is not None
    ended = event(8.01, "ended", 8.0)
    taken = take(pages, NOW + 1.0, batch([ended], first=len(records)))
    assert names(taken.events) == []  # the 100 % came with the last update


def test_pause_that_may_be_the_end_is_a_pause_once_it_is_silent(pages: Pages) -> None:
    take(pages, NOW, batch([*started(), *played(0.0, 0.0, 7.75), event(7.75, "pause", 7.75)]))
    assert pages.settle(NOW + 1.0) == []
    due = pages.next_due()
    assert due is not None
    (pause,) = pages.settle(due)
    assert (pause.event, pause.at) == ("PAUSE", NOW)
    assert pages.settle(due) == []


def test_the_time_of_posting_settles_what_nothing_followed(pages: Pages) -> None:
    records = [*started(), *played(0.0, 0.0, 7.75), event(7.75, "pause", 7.75)]
    taken = take(pages, NOW, batch(records, sent=8.25))
    assert names(taken.events)[-1] == "PAUSE"
    assert taken.events[-1].at == NOW - 0.5


def test_player_that_was_silent_for_longest_makes_room(pages: Pages) -> None:
    pages = Pages(most_players=2)
    for n, player in enumerate("abac"):
        records = [*started(), event(0.5, "waiting", 0.0)]
        taken = take(pages, NOW + n, batch(records, player=player, sent=1.0))
        if player == "c":
            assert [e.event for e in taken.events if e.player == "b"] == ["BUFFER_END"]
    assert len(pages) == 2


def test_player_that_is_idle_is_closed(pages: Pages) -> None:
    pages = Pages(idle=600.0)
    take(pages, NOW, batch([*started(), event(0.5, "waiting", 0.0)], sent=1.0))
    assert pages.next_due() == NOW + 600.0
    assert pages.settle(NOW + 599.0) == []
    assert names(pages.settle(NOW + 600.0)) == ["BUFFER_END"]
    assert len(pages) == 0
    assert pages.next_due() is None


def test_player_that_speaks_again_after_it_was_closed_is_another(pages: Pages) -> None:
    take(pages, NOW, batch(started(), entry="1_abc"))
    for times in (2, 3):
        pages.settle(NOW + 4000.0 * times)
        more = batch([event(9.0, "playing", 4.0)], first=times * 10, entry="1_abc")
        taken = take(pages, NOW + 4000.0 * times + 1.0, more)
        assert names(taken.events) == START
        assert {event.player for event in taken.events} == {f"p~{times}"}


def test_all_are_closed_in_the_end(pages: Pages) -> None:
    for player in "ab":
        take(pages, NOW, batch([*started(), event(0.5, "waiting", 0.0)], player=player, sent=1.0))
    assert names(pages.close()) == ["BUFFER_END", "BUFFER_END"]
    assert len(pages) == 0


def test_player_that_posts_too_often_has_to_wait(pages: Pages) -> None:
    posted = batch(started())
    answers = [take(pages, NOW, posted).busy for _ in range(60)]
    assert answers.count(False) == 30
    assert answers == sorted(answers)
    assert not take(pages, NOW + 1.0, posted).busy


def test_pages_clock_that_stood_still_is_moved_on(pages: Pages) -> None:
    records = started()
    take(pages, NOW, batch(records))
    pause = event(1.0, "pause", 1.0)
    taken = take(pages, NOW + 28_800.0, batch([pause], first=len(records)))
    assert taken.events == []  # a pause counts if it lasts
    events = pages.settle(NOW + 28_860.0)
    assert [(event.event, event.at) for event in events] == [("PAUSE", NOW + 28_800.0)]


def test_pages_clock_that_runs_away_begins_the_player_anew(pages: Pages) -> None:
    records = started()
    take(pages, NOW, batch(records))
    far = [event(1e8, "timeupdate", 1e8), *played(1e8, 2.0, 3.0)]
    taken = take(pages, NOW + 1.0, batch(far, first=len(records)))
    assert [event.event for event in taken.events if event.player == "p~2"] == START
    assert len(taken.events) < 10
    assert max(event.at for event in taken.events) <= NOW + 1.0


def test_bad_record_is_left_out_and_named(pages: Pages) -> None:
    records = started()
    records.insert(2, {"t": 0.0, "source": "html5", "kind": "play", "currentTime": -1})
    records.append({"t": 0.0, "source": "html5"})
    taken = take(pages, NOW, batch(records))
    assert names(taken.events) == START
    assert taken.problem is not None
    assert taken.problem.startswith("records[2].currentTime: -1 is not allowed")


@pytest.mark.parametrize("t", [-4e6, 10.1, 1e300, 10**400])
def test_record_of_another_time_than_the_batch_is_refused(pages: Pages, t: float) -> None:
    record = {**media(0.0), "t": t}
    posted = Batch(player="p", first=0, sent=10.0, records=[record])
    taken = pages.take(posted, NOW)
    assert taken.events == []
    assert taken.problem is not None
    assert taken.problem.startswith("records[0].t: ")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "truncated"),
        (b"[]", "Expected `object`, got `array`"),
        (b"{}", "missing required field `player`"),
        (b'{"player": "", "first": 0, "sent": 1, "records": []}', "length >= 1"),
        (b'{"player": "p", "first": -1, "sent": 1, "records": []}', "$.first"),
        (b'{"player": "p", "first": 0, "sent": "1", "records": []}', "$.sent"),
        (b'{"player": "p", "first": 0, "sent": 1, "records": [1]}', "$.records[0]"),
        (b'{"player": "p\\n", "first": 0, "sent": 1, "records": []}', "player"),
        (b'{"player": "\\ud800", "first": 0, "sent": 1, "records": []}', "no batch"),
        (b'{"player": "\xff", "first": 0, "sent": 1, "records": []}', "no batch"),
        (b'{"a": ' + b"[" * 60_000, "no batch"),
    ],
)
def test_body_that_is_no_batch_is_refused_in_words(body: bytes, message: str) -> None:
    with pytest.raises(BatchError) as refused:
        read_batch(body)
    assert message in str(refused.value)
