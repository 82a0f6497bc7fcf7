"""The drawing: well-formed, with room for what is written, on paper and on a terminal."""

from __future__ import annotations

import re
from random import Random
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import observed, playing, trace, updates

from playertrack._times import clock
from playertrack._words import counted
from playertrack.events import EVENTS
from playertrack.timeline import Timeline, observe, to_html, to_svg, to_text
from playertrack.timeline.layout import Label, Scale, place, ticks
from playertrack.trace.explain import Entry

SVG = "{http://www.w3.org/2000/svg}"


DRAWABLE = ("cases", "recordings")

#: What may happen in a session: signals, each with the seconds after the one before.
DEEDS: list[list[tuple[float, dict[str, object]]]] = [
    [(0.0, {"signal": "seeking", "position": 7}), (0.3, {"signal": "seeked", "position": 30_000})],
    [(0.0, {"signal": "stall"}), (1.5, {"signal": "stall_end"})],
    [(0.0, {"signal": "pause"}), (3.0, {"signal": "play"}), (0.1, {"signal": "playing"})],
    [(0.0, {"signal": "error", "code": "<E>", "message": "the <network> & more", "fatal": False})],
    [(0.0, {"signal": "flavor_switch", "bitrate": 500.0})],
    [
        (0.0, {"signal": "ad_start", "slot": "midroll", "duration": 10.0}),
        (5.0, {"signal": "ad_progress", "position": 5.0}),
        (5.0, {"signal": "ad_end"}),
    ],
    [(0.0, {"signal": "volume", "volume": 0.5, "muted": False})],
    [(0.0, {"signal": "fullscreen", "on": True})],
    [(0.0, {"signal": "captions", "language": "en"})],
    [(0.0, {"signal": "engage", "action": "share"})],
]


def tips(svg: str) -> list[str]:
    return [title.text or "" for title in ET.fromstring(svg).iter(f"{SVG}title")]


def test_every_case_and_recording_is_drawn() -> None:
    drawable = [each for name in DRAWABLE for each in observed(name)]
    assert len(drawable) > 100
    for each, timeline in drawable:
        root = ET.fromstring(to_svg(timeline))
        rows = [svg for svg in root.findall(f"{SVG}svg") if svg.get("class") == "row"]
        assert len(rows) == len(timeline.rows), each.id
        for drawn, row in zip(rows, timeline.rows, strict=True):
            marks = drawn.findall(f".//{SVG}g[@class]")
            events = [mark for mark in marks if " event " in f" {mark.get('class')} "]
            assert len(events) == len(row.explanation.entries), each.id
        assert to_text(timeline).count("session ") >= len(timeline.rows)


@pytest.mark.parametrize("width", [640.0, 1080.0, 2000.0])
def test_nothing_reaches_beyond_the_width_that_was_asked_for(width: float) -> None:
    root = ET.fromstring(to_svg(observe(trace(*playing(), *updates(0, 0, 30))), width))
    assert root.get("width") == f"{width:g}"
    for text in root.iter(f"{SVG}text"):
        if text.get("class") == "tick" and text.get("text-anchor") != "end":
            room = 0.5 if text.get("text-anchor") == "middle" else 1.0
            length = len(text.text or "") * 6.3 * room
            assert float(text.get("x", "0")) + length <= width


def test_every_event_says_why_it_is_there() -> None:
    svg = to_svg(observe(trace(*playing(), *updates(0, 0, 30))))
    found = [tip for tip in tips(svg) if "PLAY_REACHED_25 #" in tip]
    assert len(found) == 1
    assert "timeupdate on line 52" in found[0]
    assert "[R-quartile]" in found[0]


def test_a_quartile_that_did_not_fire_says_why_not() -> None:
    seek = {"signal": "seek", "at": 10, "position": 60}
    svg = to_svg(observe(trace(*playing(), *updates(0, 0, 10), seek, *updates(10, 60, 5))))
    [tip] = [tip for tip in tips(svg) if tip.startswith("PLAY_REACHED_50")]
    assert "skipped the point at 50 s, from 10 s to 1:00" in tip


def test_whatever_a_trace_says_is_text() -> None:
    hostile = "<script>alert(1)</script>&\x00\x1b\uffff\"'"
    records = [
        {"signal": "loaded", "at": 0, "entry_id": hostile, "duration": 10, "player": hostile},
        {"signal": "error", "at": 1, "code": hostile, "message": hostile, "player": hostile},
    ]
    timeline = observe(trace(*records))
    svg = to_svg(timeline)
    ET.fromstring(svg.encode())
    assert "<script" not in svg
    text = to_text(timeline)
    assert all(line.isprintable() for line in text.splitlines())


@pytest.mark.parametrize("more", [1, 3])
def test_more_sessions_than_one_wants_to_see_are_counted(more: int) -> None:
    def rows(count: int) -> Timeline:
        records = [
            {"signal": "loaded", "at": i, "entry_id": f"{i}", "duration": 10} for i in range(count)
        ]
        return observe(trace(*records))

    assert f"not drawn: {counted(more, 'more session')};" in to_svg(rows(100 + more))
    assert f"not drawn: {counted(more, 'more session')}\n" in f"{to_text(rows(20 + more))}\n"
    assert "not drawn" not in to_svg(rows(100)) + to_text(rows(20))


def test_nothing_to_draw_is_said() -> None:
    timeline = observe([])
    assert "no session" in to_svg(timeline)
    assert "no session" in to_text(timeline)


# ------------------------------------------------------------------------------- event names


def overlap(a: Label, b: Label) -> bool:
    return a.lane == b.lane and a.left < b.left + b.width and b.left < a.left + a.width


def crossed(line: Label, name: Label) -> bool:
    assert line.lane is not None and name.lane is not None
    return line.lane > name.lane and name.left < line.x < name.left + name.width


@given(
    st.lists(st.tuples(st.floats(0, 60), st.sampled_from(list(EVENTS))), min_size=1, max_size=120)
)
def test_no_name_lies_on_another_or_under_its_line(events: list[tuple[float, str]]) -> None:
    found = [
        Entry(EVENTS[name](name, at=at, session="s", index=index), None)
        for index, (at, name) in enumerate(sorted(events), 1)
    ]
    labels = place(found, Scale(0.0, 60.0, 800.0))
    assert [label.entry for label in labels] == found
    named = [label for label in labels if label.lane is not None]
    assert named
    for i, label in enumerate(named):
        for other in named[i + 1 :]:
            assert not overlap(label, other)
            assert not crossed(label, other)
            assert not crossed(other, label)


def test_a_few_events_all_have_their_names() -> None:
    timeline = observe(trace(*playing(), *updates(0, 0, 30)))
    row = timeline.rows[0]
    labels = place(row.explanation.entries, Scale(row.start, row.end, 848.0))
    assert all(label.lane is not None for label in labels)


def test_five_hundred_events_leave_names_to_those_that_say_most() -> None:
    seeks = [
        {"signal": "seek", "at": 30 + i * 1.5, "position": float(i * 7 % 90)} for i in range(500)
    ]
    row = observe(trace(*playing(), *updates(0, 0, 30), *seeks)).rows[0]
    assert row.summary.seek_count > 400
    labels = place(row.explanation.entries, Scale(row.start, row.end, 848.0))
    named = {label.entry.event.event for label in labels if label.lane is not None}
    assert {"PLAY", "PLAY_REACHED_25", "SEEK"} <= named


@pytest.mark.parametrize(
    ("low", "high", "most"), [(0, 10, 10), (0, 10_800, 10), (0, 0.5, 5), (3, 1e9, 10), (0, 0, 5)]
)
def test_ticks_are_few_round_and_inside(low: float, high: float, most: int) -> None:
    step, where = ticks(low, high, most)
    assert len(where) <= most + 1
    assert all(low <= each <= high for each in where)
    assert all(each / step == pytest.approx(round(each / step)) for each in where)


@pytest.mark.parametrize(
    ("seconds", "step", "text"),
    [(0, 1, "0 s"), (59.96, 0.1, "1:00.0"), (60, 1, "1:00"), (3599, 60, "59:59"), (0, 60, "0:00")],
)
def test_times_are_written_as_people_do(seconds: float, step: float, text: str) -> None:
    assert clock(seconds, step) == text


# ------------------------------------------------------------------------------ on a terminal


@pytest.mark.parametrize("width", [60, 80, 157])
def test_no_line_is_longer_than_the_terminal(width: int) -> None:
    for each, timeline in observed("cases") + observed("recordings"):
        text = to_text(timeline, width)
        assert max(map(len, text.splitlines())) <= width, each.id


def test_a_poor_terminal_gets_what_it_can_show() -> None:
    text = to_text(observe(trace(*playing(), *updates(0, 0, 30))), ascii_only=True)
    assert text.isascii()
    assert "x 25 %" in text


def test_the_terminal_shows_the_way_of_the_playhead() -> None:
    seek = {"signal": "seek", "at": 10, "position": 90}
    timeline = observe(trace(*playing(), *updates(0, 0, 10), seek, *updates(10, 90, 9.5)))
    lines = to_text(timeline, 72).splitlines()
    plot = [line.partition("│")[2] for line in lines if "│" in line]
    half = len(max(plot, key=len)) // 2
    assert "●" in plot[0][half:] and "●" not in plot[0][:half]
    assert "●" in plot[-1][:half] and "●" not in plot[-1][half:]
    assert any("┊" in line for line in plot)
    assert [line.strip()[:6] for line in lines if "%" in line][:2] == ["○ 25 %", "○ 50 %"]


def test_the_terminal_shows_a_live_stream_however_far_it_was_left() -> None:
    live = {"signal": "loaded", "at": 0, "entry_id": "A", "live": True}
    far = {"position": 5e11}
    there = [{"signal": "seek", "at": 5, **far}, {"signal": "timeupdate", "at": 6, **far}]
    back = [{"signal": "seek", "at": 7, "position": 5}, *updates(7, 5, 5)]
    lines = to_text(observe(trace(live, *playing()[1:], *updates(0, 0, 5), *there, *back)), 72)
    plot = [line.partition("│")[2] for line in lines.splitlines() if "│" in line]
    assert plot[0].rstrip()[-1] == "●"
    assert "─" in plot[0]
    assert "●" in plot[-1]


def test_the_watched_bar_lies_above_the_positions_and_not_the_times() -> None:
    timeline = observe(trace(*playing(3600), *updates(0, 0, 60)))
    lines = to_text(timeline, 80).splitlines()
    bar = next(i for i, line in enumerate(lines) if line.strip().startswith("watched "))
    assert lines[bar + 1].split()[0] == "position"
    assert lines[bar + 1].split()[-1] == "1:00:00"
    assert lines[bar].count("█") <= 2  # a minute of an hour


def test_a_short_seek_hides_no_state() -> None:
    seek = [
        {"signal": "seeking", "at": 10, "position": 60},
        {"signal": "seeked", "at": 10.1, "position": 60},
    ]
    lines = to_text(
        observe(trace(*playing(), *updates(0, 0, 10), *seek, *updates(10.1, 60, 9))), 80
    )
    state = next(line for line in lines.splitlines() if line.strip().startswith("state"))
    assert set(state.split()[1]) == {"="}
    assert ">" in next(line for line in lines.splitlines() if line.strip().startswith("seek, ad"))


@pytest.mark.parametrize(("began", "said"), [(0.0, False), (1793564131.0, True)])
def test_a_trace_that_counts_from_zero_has_no_date(began: float, said: bool) -> None:
    signals = [{**each, "at": began + each["at"]} for each in (*playing(), *updates(0, 0, 10))]
    timeline = observe(trace(*signals))

    for drawn in (to_text(timeline), to_svg(timeline)):
        assert bool(re.search(r"starts \d{4}-", drawn)) is said
        assert "1970" not in drawn
        assert "session id" in drawn


def test_reasons_are_wrapped_between_words() -> None:
    seek = {"signal": "seek", "at": 10, "position": 60}
    text = to_text(observe(trace(*playing(), *updates(0, 0, 10), seek, *updates(10, 60, 5))), 60)
    assert "skipped the point at 25 s, from 10 s to 1:00" in " ".join(text.split())


def test_events_of_every_kind_fit_into_three_megabytes() -> None:
    """In drawings for desks and phones, and in the list."""
    random = Random(4)
    at, records = 0.0, []
    for number in range(30_000):
        at += random.uniform(0.6, 3.0)
        for after, record in random.choice(DEEDS):
            at += after
            records.append({"at": at, **record})
        records.append({"signal": "timeupdate", "at": at + 0.5, "position": number})
    timeline = observe(trace(*playing(40_000.0), *records))
    assert len(timeline.rows[0].explanation.entries) > 25_000
    assert len(to_html(timeline).encode()) < 3_000_000
    assert {each.name for each in timeline.rows[0].states} <= set(
        re.findall(r"band (\w+)", to_svg(timeline))
    )


def test_a_hundred_thousand_events_are_thinned_and_it_says_so() -> None:
    stalls = [
        each
        for i in range(50_000)
        for each in (
            {"signal": "stall", "at": 10 + 3 * i},
            {"signal": "stall_end", "at": 11.5 + 3 * i},
        )
    ]
    timeline = observe(trace(*playing(), *updates(0, 0, 10), *stalls))
    count = len(timeline.rows[0].explanation.entries)
    assert count > 90_000
    svg = to_svg(timeline)
    assert len(svg) < 3_000_000
    said = rf"{count:,} events, thinned: [\d,]+ of them drawn · \d+ of them with their names"
    assert re.search(said, svg)
    assert len(to_html(timeline)) < 3_000_000
