"""A program that has all its events at once waits for room in the queue instead of losing some."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from collecting import Collecting

from playertrack.cli import main
from playertrack.delivery.sender import share
from playertrack.destinations import sink as sinks
from playertrack.events import Event
from playertrack.outbox import Bounds
from playertrack.sinks import open_sink

NOBODY = "http:http://127.0.0.1:9"
BOUNDS = Bounds(max_events=2500, max_waiting=1500)
MEDIA = 4000


@pytest.fixture(autouse=True)
def _small_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks, "share", partial(share, bounds=BOUNDS))


@pytest.fixture
def trace(tmp_path: Path) -> str:
    path = tmp_path / "trace.jsonl"
    loads = ({"signal": "loaded", "at": 1.7e9 + n, "entry_id": f"m{n}"} for n in range(MEDIA))
    path.write_text("".join(json.dumps(signal) + "\n" for signal in loads))
    return str(path)


def test_derive_loses_no_event_to_a_full_queue(trace: str, tmp_path: Path) -> None:
    """The derivation is many times faster than the delivery to two destinations."""
    with Collecting() as collecting:
        out = ["-o", str(tmp_path / "events.jsonl")]
        to = [f"--sink={name}:{collecting.collector.url(name)}" for name in ("http", "ndjson")]
        assert main(["derive", trace, *to, "--queue", str(tmp_path / "queue"), *out]) == 0
        for name in ("http", "ndjson"):
            good = [each for each in collecting.collector.accepted if each.endpoint == name]
            assert len(good) == MEDIA + 1  # WIDGET_LOADED


def test_derive_stops_when_the_queue_stays_full(
    trace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, queue = tmp_path / "events.jsonl", str(tmp_path / "queue")
    arguments = ["derive", trace, "-o", str(out), "--sink", NOBODY, "--queue", queue]
    assert main([*arguments, "--deliver-timeout", "0.2"]) == 3
    said = capsys.readouterr().err
    assert "the queue is full and nothing was delivered for 0.2 s" in said
    assert f"playertrack queue flush {queue}" in said
    assert not out.exists()


def test_a_sink_waits_until_its_queue_has_room(tmp_path: Path) -> None:
    sink = open_sink(NOBODY, queue=tmp_path / "queue")
    assert isinstance(sink, sinks.DeliverySink)
    for number in range(1000):
        sink.emit(Event("PLAY", at=1.7e9, session="s", index=number))
    assert sink.wait_for_room(20.0)
    for number in range(1000, 2400):
        sink.emit(Event("PLAY", at=1.7e9, session="s", index=number))
        if number % 500 == 0:
            sink.wait_for_room(0.0)
    assert not sink.wait_for_room(0.2)
    assert sink.counts(20.0).pending == 2400
    assert not sink.counts(20.0).dropped
    sink.close(0.0)
