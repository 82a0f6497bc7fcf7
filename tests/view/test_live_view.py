"""A tracker in this program on the page, while it plays."""

from __future__ import annotations

import re
from urllib.request import urlopen

from playertrack import Tracker
from playertrack.live.clock import ManualClock
from playertrack.sinks import MemorySink
from playertrack.testing import LiveView


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
