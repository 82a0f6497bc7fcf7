"""Tapes of a media element, as far as their tests share them."""

from __future__ import annotations

from typing import Any

from tapes import Record, Tape


def event(t: float, kind: str, position: float = 0.0, **state: Any) -> Record:
    """An event of the element; ``t`` in seconds, as the positions."""
    known = {"duration": 12.0, "readyState": 4, "src": "/clip.mp4", **state}
    return {"t": t * 1000, "source": "html5", "kind": kind, "currentTime": position, **known}


def timeupdate(t: float, position: float) -> Record:
    return event(t, "timeupdate", position, paused=False)


def chosen(tape: Tape, t: float, entry_id: str | None, url: str = "/clip.mp4") -> Tape:
    media = {"url": url} if entry_id is None else {"url": url, "entryId": entry_id}
    tape.append({"t": t * 1000, "source": "cmd", "kind": "setMedia", **media})
    return tape


def noted(tape: Tape, t: float, *kinds: str, position: float = 0.0, **state: Any) -> Tape:
    tape += [event(t, kind, position, **state) for kind in kinds]
    return tape


def loading(tape: Tape, t: float, **state: Any) -> Tape:
    noted(tape, t, "emptied", "loadstart", **{"duration": None, "readyState": 0, **state})
    return noted(tape, t + 0.1, "durationchange", "loadedmetadata", **state)


def started(**state: Any) -> Tape:
    tape = loading(chosen(Tape(timeupdate), 0.0, "0_a"), 0.1, **state)
    return noted(tape, 0.5, "play", "playing", **state)


def says(tape: Tape, t: float, kind: str, **fields: Any) -> Tape:
    tape.append({"t": t * 1000, "source": "page", "kind": kind, **fields})
    return tape
