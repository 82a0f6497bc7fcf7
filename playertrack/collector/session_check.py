"""What is wrong with a session: order, repetition, quartiles, buffers (guide, 7 and 13).

Only what no right sender does is told. A sender that delivers an event twice since nobody
knows whether it arrived is told too: it is the price of never losing one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from .values import KAVA, STATS, SessionVerdict, in_milliseconds, number

_QUARTILES = {f"PLAY_REACHED_{q}": q for q in (25, 50, 75, 100)}
_ONCE = frozenset({"WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", *_QUARTILES})
_AFTER_PLAY = frozenset(
    {"PAUSE", "RESUME", "BUFFER_START", "BUFFER_END", "VIEW", "SEEK", *_QUARTILES}
)
#: What an open buffer has its BUFFER_END before.
_ENDS_BUFFER = frozenset(
    {
        *("PAUSE", "SEEK", "REPLAY"),
        *("PREROLL_STARTED", "MIDROLL_STARTED", "POSTROLL_STARTED"),
        *("PRE_BUMPER_PLAYED", "POST_BUMPER_PLAYED"),
    }
)

#: What is lost of a position by counting whole seconds on either side (s) …
_ROUNDING = 2.0
#: … and the fastest playback that counts as watching.
_FASTEST = 4.0
#: Findings that are kept of one session.
_MOST_FINDINGS = 100


@attrs.frozen
class _Landed:
    """When and where (s) PLAY or a SEEK left the playhead."""

    at: float
    position: float


@attrs.define
class SessionJudge:
    """Judges the events of one session at one endpoint, in the order in which they come."""

    session: str
    endpoint: str
    entry_id: str = ""
    events: dict[str, int] = attrs.field(factory=dict)
    findings: list[str] = attrs.field(factory=list)
    buffering: bool = False
    paused: bool = False
    seeked: bool = False
    at: float | None = None
    index: int = 0
    last: Mapping[str, str] | None = None
    landed: _Landed | None = None

    def add(self, name: str, fields: Mapping[str, str], entry_id: str) -> list[str]:
        """What is wrong with the event ``name`` coming now."""
        found = list(self._judge(name, fields, entry_id))
        self._note(name, fields, entry_id)
        self.findings += found[: _MOST_FINDINGS - len(self.findings)]
        return found

    @property
    def verdict(self) -> SessionVerdict:
        """The session so far."""
        return SessionVerdict(
            session=self.session,
            endpoint=self.endpoint,
            entry_id=self.entry_id,
            events=dict(self.events),
            findings=tuple(self.findings),
            buffering=self.buffering,
        )

    def _judge(self, name: str, fields: Mapping[str, str], entry_id: str) -> Iterator[str]:
        if name in _ONCE and name in self.events:
            yield f"{name} for the second time in the session"
        yield from self._order(name)
        yield from self._pairs(name)
        if "PLAY" in self.events and entry_id and entry_id != self.entry_id:
            yield "another entry than before in the session"
        if self.endpoint == STATS:
            yield from self._of_stats(name, fields)
        else:
            yield from self._index(fields)

    def _order(self, name: str) -> Iterator[str]:
        first = "PLAY_REQUEST" if self.endpoint == KAVA else "MEDIA_LOADED"
        if name == "PLAY" and not self.events.keys() & {first, "REPLAY"}:
            yield f"PLAY before {first}"
        if name == "WIDGET_LOADED" and self.events.keys() - {name}:
            yield "WIDGET_LOADED is not the first event of its session"
        if name in _AFTER_PLAY and "PLAY" not in self.events:
            yield f"{name} before PLAY"

    def _pairs(self, name: str) -> Iterator[str]:
        if name == "BUFFER_START" and self.buffering:
            yield "BUFFER_START follows BUFFER_START"
        if name == "BUFFER_END" and not self.buffering:
            yield "BUFFER_END without a BUFFER_START"
        if name in _ENDS_BUFFER and self.buffering:
            yield f"{name} before the BUFFER_END of the open BUFFER_START"
        if "ERROR" not in self.events:  # a fatal one may end a pause, and does not say so
            if name == "RESUME" and not self.paused:
                yield "RESUME without a PAUSE"
            if name == "PAUSE" and self.paused:
                yield "PAUSE follows PAUSE"

    def _index(self, fields: Mapping[str, str]) -> Iterator[str]:
        index = number(fields.get("eventIndex"))
        if index is not None and index not in (self.index + 1, 1):
            yield f"eventIndex {index:g} follows {self.index}"
        if index == 1 and fields == self.last:
            yield "the same event for the second time"

    def _of_stats(self, name: str, fields: Mapping[str, str]) -> Iterator[str]:
        at = _at(fields)
        if at is not None and self.at is not None and at < self.at:
            yield f"eventTimestamp {at:g} is before that of the event before it"
        if self.seeked and fields.get("seek") not in ("true", "1"):
            yield "seek is not true after a SEEK"
        if name in _QUARTILES:
            yield from self._quartile(name, fields, at)

    def _quartile(self, name: str, fields: Mapping[str, str], at: float | None) -> Iterator[str]:
        duration = number(fields.get("duration"))
        position = _position(fields)
        if not duration or position is None:
            return
        point = duration * _QUARTILES[name] / 100
        if position < point - _ROUNDING:
            yield f"{name} at {position:g} of {duration:g}, before the point"
        landed = self.landed
        if landed is None or at is None or landed.position < point:
            return
        if position - point > _FASTEST * (at - landed.at + 1.0) + _ROUNDING:
            yield f"{name} at {position:g}, to where the playhead did not play from {point:g}"

    def _note(self, name: str, fields: Mapping[str, str], entry_id: str) -> None:
        if entry_id and "PLAY" not in self.events:
            self.entry_id = entry_id  # it may be named late
        self.events[name] = self.events.get(name, 0) + 1
        at = _at(fields)
        if at is not None:
            self.at = at if self.at is None else max(self.at, at)
        self.index = int(number(fields.get("eventIndex")) or self.index)
        self.last = fields
        self.seeked = self.seeked or name == "SEEK"
        if name in ("BUFFER_START", "BUFFER_END"):
            self.buffering = name == "BUFFER_START"
        elif name in ("PAUSE", "RESUME"):
            self.paused = name == "PAUSE"
        elif name == "REPLAY":
            self.paused = self.buffering = False
        if name in ("PLAY", "SEEK"):
            position = _position(fields)
            self.landed = None if at is None or position is None else _Landed(at, position)


def _at(fields: Mapping[str, str]) -> float | None:
    return _in_seconds("eventTimestamp", fields)


def _position(fields: Mapping[str, str]) -> float | None:
    return _in_seconds("currentPoint", fields)


def _in_seconds(name: str, fields: Mapping[str, str]) -> float | None:
    value = number(fields.get(name))
    return value if value is None or not in_milliseconds(fields) else value / 1000
