"""The clock, the playhead and the buffer of the player on PyAV."""

from __future__ import annotations

import threading
from math import inf

import pytest

from playertrack_av.buffering import End, Frame, FrameBuffer, Pass
from playertrack_av.source import Source
from playertrack_av.timing import Clock, Playhead


def test_a_clock_at_infinite_speed_jumps_over_what_is_paced_but_not_over_data() -> None:
    clock, woken = Clock(inf), threading.Event()
    began = clock.now()
    clock.wait(woken, began + 1000.0, paced=True)
    assert began + 1000.0 <= clock.now() < began + 1001.0
    woken.set()
    clock.wait(woken, clock.now() + 1000.0, paced=False)
    clock.wait(woken, clock.now() + 1000.0, paced=True)
    clock.wait(woken, None, paced=True)
    assert clock.now() < began + 1100.0


def test_a_clock_never_runs_ahead_of_what_is_awaited() -> None:
    clock = Clock(1000.0)
    began = clock.now()
    clock.wait(threading.Event(), began + 10.0, paced=True)
    assert began + 10.0 <= clock.now() < began + 11.0


def test_a_playhead_counts_each_stretch_at_its_own_rate() -> None:
    head = Playhead()
    head.run(100.0)
    head.change_rate(2.0, 104.0)
    assert head.position(105.0) == 6.0
    assert head.due(10.0, 105.0) == 107.0
    head.hold(6.0)
    head.change_rate(1.0, 200.0)
    assert head.position(300.0) == 6.0


@pytest.mark.parametrize(
    ("media", "entry_id", "url", "remote"),
    [
        ("talks/a b.mp4", "a b", "file:talks/a b.mp4", False),
        ("lesson:1.mp4", "lesson:1", "file:lesson:1.mp4", False),
        (".hidden", ".hidden", "file:.hidden", False),
        ("", "media", "file:", False),
        ("odd\udcff.mp4", "odd?", "file:odd\udcff.mp4", False),
        ("-", "stdin", "pipe:0", True),
        ("https://cdn.example/x/clip.m3u8?t=1#a", "clip", None, True),
        ("https://cdn.example", "cdn.example", None, True),
        ("file:///srv/clip.mp4", "clip", None, False),
    ],
)
def test_media_is_called_by_its_name(
    media: str, entry_id: str, url: str | None, remote: bool
) -> None:
    assert Source.of(media) == Source(url or media, entry_id, remote)
    assert Source.of(media, "1_abc").entry_id == "1_abc"


def test_a_buffer_holds_so_much_content_and_no_more() -> None:
    woken = threading.Event()
    buffer = FrameBuffer(woken, 2.0)

    def decode() -> None:
        for n in range(100):
            buffer.put(Frame(float(n), n + 1.0), 1)
        buffer.put(End(100.0), 1)

    thread = threading.Thread(target=decode)
    thread.start()
    taken = 0
    while taken < 100:
        while not buffer.holds(2.0):
            assert woken.wait(30)
            woken.clear()
        assert taken >= 98 or not buffer.holds(2.5)
        assert buffer.first() == Frame(taken, taken + 1.0)
        buffer.take()
        taken += 1
    thread.join()
    assert buffer.first() == End(100.0)


def test_a_buffer_that_begins_anew_wants_nothing_of_the_pass_before() -> None:
    buffer = FrameBuffer(threading.Event(), 2.0)
    assert buffer.put(Frame(0.0, 1.0), 1)
    buffer.restart(50.0)
    assert buffer.first() is None
    assert not buffer.put(Frame(1.0, 2.0), 1)
    assert buffer.next_pass(1) == Pass(2, 50.0)
    buffer.close()
    assert buffer.next_pass(2) is None
