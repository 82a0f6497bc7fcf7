"""A tracker in this program on the page, while it plays."""

from __future__ import annotations

import re
from urllib.request import urlopen

import pytest

from playertrack import Tracker
from playertrack.live.clock import ManualClock
from playertrack.sinks import MemorySink
from playertrack.testing import LiveView, ScriptedPlayer
from playertrack.view.live_library import LiveLibrary


def get(address: str) -> str:
    with urlopen(address, timeout=30) as answer:
        text: str = answer.read().decode()
    return text


def test_a_trackers_sessions_are_on_the_page_while_it_plays() -> None:
    sink, clock = MemorySink(), ManualClock()
    with LiveView() as view, Tracker([sink], clock=clock, **view.watch("tv")) as tracker:
        tracker.loaded("1_abc", duration=10.0)
        tracker.play()
        tracker.playing()
        for step in range(1, 13):
            clock.advance(0.25)
            tracker.timeupdate(0.25 * step)
        assert tracker.flush(30)
        page = get(view.address)
        [session] = re.findall(r'<tr data-session="([^"]*)"', page)
        assert session == sink.events[0].session
        panel = get(f"{view.address}view/session?session={session}")
        assert re.findall(r'data-event="([^"]*)"', panel) == [e.event for e in sink.events]
        assert 'id="state">PLAYING<' in panel

        tracker.stall()
        clock.advance(5.0)  # time alone makes a BUFFER_START
        assert tracker.flush(30)
        panel = get(f"{view.address}view/session?session={session}")
        assert sink.events[-1].event == "BUFFER_START"
        assert re.findall(r'data-event="([^"]*)"', panel) == [e.event for e in sink.events]
        assert 'id="state">BUFFERING<' in panel


@pytest.mark.parametrize(
    "script",
    [
        ScriptedPlayer(20.0).load().play().watch(5),
        ScriptedPlayer(20.0).load().play().watch(5).stall(2).seek(10).watch(4),
        ScriptedPlayer(20.0).load().play().watch(20).end(),
        ScriptedPlayer(20.0).load().play().watch(20).end().wait(100),
        ScriptedPlayer(20.0).load().play().watch(20).end().play().watch(3),
        ScriptedPlayer(20.0).load().play().watch(3).load("1_other").play().watch(3),
    ],
)
def test_the_row_of_a_session_is_that_of_its_picture(script: ScriptedPlayer) -> None:
    """The table is made without drawing anything."""
    library = LiveLibrary()
    feed = library.options("tv", None)["on_signal"]
    for signal in script.signals:
        feed(signal)
        for row in library.rows:
            detail = library.detail(row)
            assert detail is not None and detail.row is not None
            picture = detail.row
            assert (row.start, row.end) == (picture.start, picture.end)
            assert row.events == len(detail.events)
            assert row.quartiles == picture.summary.quartiles
            assert row.watched == picture.summary.completion


def test_the_latest_signals_are_listed_of_a_session_that_goes_on() -> None:
    script = ScriptedPlayer(4000.0).load().play().watch(600)
    with LiveView() as view:
        feed = view.watch("tv")["on_signal"]
        for signal in script.signals:
            feed(signal)
        [session] = re.findall(r'<tr data-session="([^"]*)"', get(view.address))
        panel = get(f"{view.address}view/session?session={session}")
    lines = [int(line) for line in re.findall(r'data-signal="[^"]*" data-line="(\d+)"', panel)]
    assert lines[-1] == len(script.signals)
    assert f"the last {len(lines)} are listed" in panel
