"""The sinks that deliver: what they say, and what they do before the queue."""

from __future__ import annotations

from pathlib import Path

import attrs
from fault_server import Server, ok
from sending import event, indices, sink_for, until

from playertrack.events import Event, MediaLoaded
from playertrack.kaltura import Identity


def test_what_is_left_is_told_with_the_reason_and_the_cure(tmp_path: Path) -> None:
    with Server(lambda request: ok("", "503 Busy")) as server:
        sink = sink_for(server, tmp_path)
        sink.emit(event(1))
        until(lambda: sink.post.trouble(sink.name))
        assert sink.left() == (
            "stats: 1 event is not delivered (HTTP 503): "
            f"to send what is in the queue: playertrack queue flush {tmp_path}"
        )
        assert not sink.close(0.0)
        assert sink.left() is not None
        assert sink.counts().pending == 1
        server.answer = lambda request: ok()
        again = sink_for(server, tmp_path)
        assert again.flush(20.0)
        assert again.left() is None
        assert again.post.trouble(again.name) is None
        assert again.close(20.0)


def test_a_player_that_is_there_before_its_media_waits_for_the_name() -> None:
    ready = Event("WIDGET_LOADED", at=1001.0, session="s", index=1)
    loaded = MediaLoaded("MEDIA_LOADED", at=1005.0, session="s", index=2, entry_id="1_later")
    other = Event("PLAY", at=1004.0, session="t", index=3, entry_id="1_other")
    with Server() as server:
        sink = sink_for(server, identity=Identity(partner_id=102))
        assert sink.emit(ready).state == "memory"
        sink.emit(other)
        sink.emit(loaded)
        sink.emit(attrs.evolve(ready, session="never"))
        assert sink.close(20.0)
    came = [(r.form["event[eventType]"], r.form["event[entryId]"]) for r in server.received]
    assert sorted(came) == [("1", "1_later"), ("2", "1_later"), ("3", "1_other")]
    assert indices(server.received) == [1, 5]
    assert sink.counts().rejected == 1
