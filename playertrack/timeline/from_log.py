"""Draws a session of which only the events are known.

Between two events with a position the playhead is a straight line; it counts as played while the
events say that the player was playing. That is less than a trace shows, and no more than the
events say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from sys import intern
from typing import Any, TypeGuard

import attrs

from ..core.rangeset import intervals, join, length
from ..core.session import Summary
from ..events import EVENTS, QUARTILES, REACHED, Event
from ..trace.explain import Entry, Explanation
from ..trace.missing import Missing, Reason
from .model import Band, Mark, SessionTimeline, Stretch
from .strokes import Stroke, Tread

_NOT_IN_LOG = "there is no such event in the log; a trace would say why"

#: The state of a player after an event.
_STATES = {
    "WIDGET_LOADED": "LOADED",
    "MEDIA_LOADED": "LOADED",
    "PLAY_REQUEST": "STARTING",
    "PLAY": "PLAYING",
    "REPLAY": "PLAYING",
    "RESUME": "PLAYING",
    "PAUSE": "PAUSED",
    "BUFFER_START": "BUFFERING",
    "BUFFER_END": "PLAYING",
    "PLAY_REACHED_100": "ENDED",
}
_PERCENTS = {name: percent for percent, name in REACHED.items()}

#: Content that passes at most so much faster than time was played, rounding aside.
_FASTEST, _ROUNDING = 4.5, 1.5


def row_of(
    records: Iterable[tuple[int | None, Mapping[str, Any]]],
    milestones: Sequence[int] = QUARTILES,
) -> SessionTimeline:
    """The drawing of one session's events, from the line and the record of each.

    Anything may stand in a record; what cannot be drawn is left out. ``milestones`` are those
    of the policy that the log was made with, in percent.
    """
    entries = tuple(
        Entry(event, line)
        for number, (line, record) in enumerate(records, 1)
        if (event := event_of(record, number)) is not None
    )
    events = sorted((each.event for each in entries), key=lambda event: event.at)
    seen = LogSession(strokes=[])
    for event in events:
        seen.feed(event)
    summary = seen.summary()
    return SessionTimeline(
        explanation=Explanation(summary, seen.start, entries, tuple(_missing(summary, milestones))),
        start=seen.start,
        end=seen.end,
        strokes=tuple(seen.strokes or ()),
        states=_states(events),
        interruptions=(),
        watched=tuple(Stretch(a, b, 1) for a, b in summary.watched),
        marks=tuple(_marks(events, summary, milestones)),
    )


def event_of(record: Mapping[str, Any], number: int) -> Event | None:
    """The event of a record; None if it has no name and time to be drawn by."""
    name, at = record.get("event"), record.get("at")
    if not isinstance(name, str) or not _is_number(at):
        return None
    kind = EVENTS.get(name, Event)
    extra = {
        field: record[field]
        for field in kind.extra
        if isinstance(record.get(field), (str, int, float, bool))
    }
    if name == "SEEK":
        extra = {
            field: value
            for field, value in extra.items()
            if field not in ("origin", "target") or _is_number(value)
        }
    index = record.get("index")
    return kind(
        name,
        at=float(at),
        player=_text(record.get("player")),
        session=_text(record.get("session")) or "",
        index=index if isinstance(index, int) else number,
        entry_id=_text(record.get("entry_id")),
        position=_seconds(record.get("position")),
        duration=_seconds(record.get("duration")),
        **extra,
    )


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _seconds(value: object) -> float | None:
    return float(value) if _is_number(value) and value >= 0 else None


def _states(events: Sequence[Event]) -> tuple[Band, ...]:
    bands: list[Band] = []
    state, since = "", 0.0
    for event in events:
        now = _STATES.get(event.event, state)
        if event.event == "ERROR" and getattr(event, "fatal", False):
            now = "FAILED"
        if now != state:
            if state and event.at > since:
                bands.append(Band(state, since, event.at))
            state, since = now, event.at
    if state and events[-1].at > since:
        bands.append(Band(state, since, events[-1].at))
    return tuple(bands)


@attrs.define
class LogSession:
    """A session by its events, as they come; ``strokes`` are kept if there is a list for them."""

    strokes: list[Stroke] | None = None
    start: float = 0.0
    end: float = 0.0
    count: int = 0
    player: str | None = None
    session: str | None = None
    entry_id: str | None = None
    duration: float | None = None
    live: bool = False
    join_time: float | None = None
    stalls: int = 0
    stall_time: float = 0.0
    seeks: int = 0
    errors: int = 0
    quartiles: tuple[int, ...] = ()
    completed: bool = False
    watched: list[float] = attrs.field(factory=list)
    _at: float = 0.0
    _position: float | None = None
    _playing: bool = False

    def feed(self, event: Event) -> None:
        """Take the next event."""
        name = event.event
        self.start = event.at if not self.count else min(self.start, event.at)
        self.end = event.at if not self.count else max(self.end, event.at)
        self.count += 1
        self._identify(event)
        self.live = self.live or getattr(event, "live", False) is True
        if name == "PLAY" and self.join_time is None:
            self.join_time = _seconds(getattr(event, "join_time", None)) or 0.0
        self.stalls += name == "BUFFER_START"
        if name == "BUFFER_END":
            self.stall_time += _seconds(getattr(event, "seconds", None)) or 0.0
        self.seeks += name == "SEEK"
        self.errors += name == "ERROR"
        self.completed = self.completed or name == "COMPLETED"
        quartile = _PERCENTS.get(name)
        if quartile is not None and quartile not in self.quartiles:
            self.quartiles = _reached(self.quartiles, quartile)
        if event.position is not None:
            self._move(event, event.position)
            self._at, self._position = event.at, event.position
            if name in _STATES:
                self._playing = _STATES[name] == "PLAYING"
            elif name == "SEEK" or quartile is not None:
                self._playing = True

    def _identify(self, event: Event) -> None:
        """Note whose event it is; every record has strings of its own, equal ones are kept once."""
        if event.player != self.player:
            self.player = event.player
        if event.session != self.session:
            self.session = event.session
        if event.entry_id is not None and event.entry_id != self.entry_id:
            self.entry_id = intern(event.entry_id)
        if event.duration is not None and event.duration != self.duration:
            self.duration = event.duration

    def _move(self, event: Event, b: float) -> None:
        """The playhead came from where it was to ``b``."""
        a, since = self._position, self._at
        if a is None:
            return
        limit = _FASTEST * (event.at - since) + _ROUNDING
        natural = self._playing and 0.0 < b - a <= limit and event.event != "SEEK"
        origin = getattr(event, "origin", None)
        if event.event == "SEEK" and self._playing and origin is not None and a < origin:
            if origin <= a + limit:
                join(self.watched, a, origin)
                self._stroke("played", (since, a), (event.at, origin))
                since, a = event.at, origin
        if natural:
            join(self.watched, a, b)
        self._stroke(
            "played" if natural else "still" if a == b else "jumped", (since, a), (event.at, b)
        )

    def _stroke(self, tread: Tread, *points: tuple[float, float]) -> None:
        if self.strokes is not None:
            self.strokes.append(Stroke(tread, points))

    def summary(self) -> Summary:
        """The session's totals, as far as its events say."""
        seen = length(self.watched)
        return Summary(
            player=self.player,
            session=self.session,
            ordinal=1,
            entry_id=self.entry_id,
            duration=self.duration,
            live=self.live,
            join_time=self.join_time,
            play_time=seen,
            stall_count=self.stalls,
            stall_time=self.stall_time,
            seek_count=self.seeks,
            error_count=self.errors,
            watched=intervals(self.watched),
            unique_time=seen,
            completion=min(seen / self.duration, 1.0) if self.duration else None,
            quartiles=self.quartiles,
            completed=self.completed,
            position=self._position,
        )


@cache
def _reached(quartiles: tuple[int, ...], quartile: int) -> tuple[int, ...]:
    """The quartiles with another: sessions that reached the same share one tuple."""
    return tuple(sorted((*quartiles, quartile)))


def _missing(summary: Summary, milestones: Sequence[int]) -> Iterable[Missing]:
    for quartile in milestones:
        if quartile not in summary.quartiles:
            point = None if summary.duration is None else summary.duration * quartile / 100
            reasons = (Reason("not_in_log", _NOT_IN_LOG),)
            yield Missing(REACHED[quartile], quartile, point, reasons)


def _marks(events: Sequence[Event], summary: Summary, milestones: Sequence[int]) -> Iterable[Mark]:
    for quartile in sorted({*milestones, *summary.quartiles}):
        name = REACHED[quartile]
        fired = next((event for event in events if event.event == name), None)
        point = None if summary.duration is None else summary.duration * quartile / 100
        if fired is None:
            yield Mark(quartile, point, None, None, _NOT_IN_LOG)
        else:
            yield Mark(quartile, point, fired.at, fired.position, "the log has it")
