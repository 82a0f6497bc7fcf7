"""A pipeline that is held while a queue of it is short, whatever the queue says and when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from test_conformance import gst, needed

TIMEOUT = 20.0


@pytest.fixture
def pipeline(video: Path) -> Iterator[Any]:
    headless = needed(gst)
    playbin = headless.mute(headless.Gst.ElementFactory.make("playbin"))
    playbin.set_property("uri", video.as_uri())
    yield playbin
    playbin.set_state(headless.Gst.State.NULL)


@pytest.fixture
def released() -> Event:
    """It is about to play on."""
    return Event()


@pytest.fixture
def hold(pipeline: Any, released: Event) -> Iterator[Any]:
    from playertrack_gstreamer.buffering import BufferingHold

    made = BufferingHold(pipeline, settle=0.0, on_release=released.set)
    yield made
    made.close()


def reaches(pipeline: Any, state: str) -> bool:
    """True if the pipeline says in time that it has come there."""
    headless = gst()
    bus, wanted = pipeline.get_bus(), headless.Gst.MessageType.STATE_CHANGED
    while message := bus.timed_pop_filtered(round(TIMEOUT * headless.Gst.SECOND), wanted):
        if message.src == pipeline and message.parse_state_changed()[1].value_nick == state:
            return True
    return False


def test_it_begins_as_soon_as_it_has_data(pipeline: Any, hold: Any) -> None:
    hold.play()
    assert reaches(pipeline, "playing")
    assert not hold.held


def test_it_begins_when_the_queue_is_full(pipeline: Any, hold: Any) -> None:
    hold.on_buffering(10)
    assert hold.play().value_nick == "async"
    assert reaches(pipeline, "paused")
    hold.on_buffering(60)
    assert hold.held
    hold.on_buffering(100)
    assert reaches(pipeline, "playing")
    assert not hold.held


def test_it_waits_for_the_queue_and_for_the_viewer(
    pipeline: Any, hold: Any, released: Event
) -> None:
    hold.play()
    assert reaches(pipeline, "playing")
    released.clear()
    hold.on_buffering(10)
    assert reaches(pipeline, "paused")
    hold.pause()
    hold.on_buffering(100)
    while hold.held:
        assert not released.wait(0.01)
    hold.play()
    assert reaches(pipeline, "playing")
