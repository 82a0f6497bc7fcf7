"""The demonstration: a clip is played, delivered to a collector, and explained."""

from __future__ import annotations

from math import inf

import pytest

from playertrack.collector import Collector, Received
from playertrack_av import demo


def test_the_demo_explains_what_it_plays_and_what_was_received(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "SPEED", inf)
    assert demo.main() == 0
    lines = capsys.readouterr().out.splitlines()
    text = "\n".join(lines)
    assert max(map(len, lines)) <= demo.WIDTH
    for event in ("PAUSE", "RESUME", "SEEK", "BUFFER_START", "BUFFER_END", "REPLAY"):
        assert f"  {event} " in text
    assert "  PLAY_REACHED_50 did not fire:\n                a seek at " in text
    assert "session 2 of demo_clip\n  watched 12.0 s of 12.0 s (100 %)" in text
    received = text.partition("The collector stands in for")[2]
    assert received.count("  HTTP 503\n") == 2
    assert "59 events accepted, 59 good, 0 bad, 2 not accepted; 6 sessions" in received
    assert "BAD" not in received


def test_the_demo_fails_if_an_event_was_judged_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    class Strict(Collector):
        @property
        def bad(self) -> list[Received]:
            return self.received[:1]

    monkeypatch.setattr(demo, "SPEED", inf)
    monkeypatch.setattr(demo, "Collector", Strict)
    assert demo.main() == 1
