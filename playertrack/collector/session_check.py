"""Problems of a session that show in the events a service receives (guide, 7 and 13).

`playertrack.trace.lint` says whether events are in order, paired and possible; this module adds
the checks that only a service of Kaltura allows. A sender that repeats an event because it cannot
know whether the first copy arrived fails here too: that is the price of never losing one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from ..destinations.segment import ADS, CONTENT, PLAYBACK
from ..events import QUARTILES
from ..outbox import RELEASED
from ..trace.lint import Lint
from .received import KAVA, NAMES, SEGMENT, STATS, XAPI, SessionVerdict, number_in, seconds_of

_QUARTILES = {f"PLAY_REACHED_{q}": q for q in QUARTILES}

#: What is lost of a position by counting whole seconds on either side (s).
_ROUNDING = 2.0
#: Findings that are kept of one session.
_MOST_FINDINGS = 100


#: The events that a service receives. To a learning record store each start is the same word,
#: and an end looks like a pause, so pauses cannot be counted there.
SHOWN: dict[str, frozenset[str]] = {
    **{endpoint: frozenset(names.values()) for endpoint, names in NAMES.items()},
    SEGMENT: frozenset({*PLAYBACK, *CONTENT, *ADS}),
    XAPI: frozenset({"MEDIA_LOADED", "PAUSE", "SEEK", "PLAY_REACHED_100"}),
}


@attrs.define
class SessionJudge:
    """Judges the events of one session at one endpoint, in the order in which they come.

    ``undated``: their times may be of before 2025, as where they count from 0.
    """

    session: str
    endpoint: str
    undated: bool = True
    entry_id: str = ""
    events: dict[str, int] = attrs.field(factory=dict)
    findings: list[str] = attrs.field(factory=list)
    buffering: bool = False
    seeked: bool = False
    at: float | None = None
    index: int = 0
    last: int | None = None  # a hash of the fields of the event before
    _lint: Lint = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._lint = Lint(shows=SHOWN.get(self.endpoint, frozenset()))

    def add(self, name: str, fields: Mapping[str, str], entry_id: str) -> list[str]:
        """Problems that the event ``name`` of a Kaltura service causes by coming now."""
        found = list(self._judge(name, fields, entry_id))
        at = seconds_of("eventTimestamp", fields)
        if at is not None:
            self.at = at if self.at is None else max(self.at, at)
        self.index = int(number_in(fields.get("eventIndex")) or self.index)
        self.last = _hash(fields)
        self.seeked = self.seeked or name == "SEEK"
        self.count(name, entry_id, found)
        return found

    def count(self, name: str, entry_id: str, findings: list[str]) -> None:
        """An event came, and that is what was wrong with it."""
        if entry_id and "PLAY" not in self.events:
            self.entry_id = entry_id  # it may be named late
        self.events[name] = self.events.get(name, 0) + 1
        if name in ("BUFFER_START", "BUFFER_END"):
            self.buffering = name == "BUFFER_START"
        elif name == "REPLAY":
            self.buffering = False
        self.findings += findings[: _MOST_FINDINGS - len(self.findings)]

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
        yield from (each.message for each in self._lint.add(0, self._record(name, fields)))
        at = seconds_of("eventTimestamp", fields)
        if at is not None and at < RELEASED and not self.undated:
            yield f"eventTimestamp {at:g} is before 2025: was the clock of the device set?"
        if "PLAY" in self.events and entry_id and entry_id != self.entry_id:
            yield "another entry than before in the session"
        if self.endpoint == STATS:
            yield from self._of_stats(name, fields)
        elif self.endpoint == KAVA:
            yield from self._index(fields)

    def _record(self, name: str, fields: Mapping[str, str]) -> dict[str, object]:
        """The event as a log has it, a player a session."""
        at, position = seconds_of("eventTimestamp", fields), seconds_of("currentPoint", fields)
        return {
            "event": name,
            "at": (self.at or 0.0) if at is None else at,
            "player": self.session,
            "session": self.session,
            "index": 0,
            "position": position,
            "duration": number_in(fields.get("duration")),
            "target": position,
        }

    def _index(self, fields: Mapping[str, str]) -> Iterator[str]:
        index = number_in(fields.get("eventIndex"))
        if index is not None and index not in (self.index + 1, 1):
            yield f"eventIndex {index:g} follows {self.index}"
        if index == 1 and _hash(fields) == self.last:
            yield "the same event for the second time"

    def _of_stats(self, name: str, fields: Mapping[str, str]) -> Iterator[str]:
        at = seconds_of("eventTimestamp", fields)
        if at is not None and self.at is not None and at < self.at:
            yield f"eventTimestamp {at:g} is before that of the event before it"
        if self.seeked and fields.get("seek") not in ("true", "1"):
            yield "seek is not true after a SEEK"
        duration, position = number_in(fields.get("duration")), seconds_of("currentPoint", fields)
        if name in _QUARTILES and duration and position is not None:
            if position < duration * _QUARTILES[name] / 100 - _ROUNDING:
                yield f"{name} at {position:g} of {duration:g}, before the point"


def _hash(fields: Mapping[str, str]) -> int:
    return hash(frozenset(fields.items()))
