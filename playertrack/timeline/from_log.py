"""The picture of a session of which only the events are known.

Between two events that name a position the playhead is drawn straight; it counts as played
while the events say that it was playing. That is less than a trace shows, and no more than
the events say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeGuard

from ..core.rangeset import intervals, join, length
from ..core.session import Summary
from ..events import EVENTS, QUARTILES, REACHED, Event
from ..trace.explain import Story, Told
from ..trace.missing import Missing, Reason
from .model import Band, Mark, Row, Stretch
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
#: Content that passes at most so much faster than time was played, rounding aside.
_FASTEST, _ROUNDING = 4.5, 1.5


def row_of(records: Iterable[tuple[int | None, Mapping[str, Any]]]) -> Row:
    """What there is to draw of one session's events: the line and the record of each.

    Anything may stand in a record; what cannot be drawn is left out.
    """
    told = tuple(
        Told(event, line)
        for number, (line, record) in enumerate(records, 1)
        if (event := event_of(record, number)) is not None
    )
    events = sorted((each.event for each in told), key=lambda event: event.at)
    start = events[0].at if events else 0.0
    end = events[-1].at if events else 0.0
    strokes, watched = _course(events)
    summary = _summary(events, watched)
    return Row(
        story=Story(summary, start, told, tuple(_missing(summary))),
        start=start,
        end=end,
        strokes=strokes,
        states=_states(events),
        interruptions=(),
        watched=tuple(Stretch(a, b, 1) for a, b in summary.watched),
        marks=tuple(_marks(events, summary)),
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


def _course(events: Sequence[Event]) -> tuple[tuple[Stroke, ...], list[float]]:
    """The playhead from event to event, and the flat set of what was watched."""
    strokes: list[Stroke] = []
    watched: list[float] = []
    playing = False
    known = [event for event in events if event.position is not None]
    for before, after in pairwise(known):
        a, b = before.position or 0.0, after.position or 0.0
        if before.event in _STATES:
            playing = _STATES[before.event] == "PLAYING"
        elif before.event == "SEEK" or before.event.startswith("PLAY_REACHED"):
            playing = True
        limit = _FASTEST * (after.at - before.at) + _ROUNDING
        natural = playing and 0.0 < b - a <= limit and after.event != "SEEK"
        origin = getattr(after, "origin", None)
        tread: Tread = "played" if natural else "still" if a == b else "jumped"
        points = ((before.at, a), (after.at, b))
        if after.event == "SEEK" and playing and origin is not None and a < origin <= a + limit:
            strokes.append(Stroke("played", ((before.at, a), (after.at, origin))))
            join(watched, a, origin)
            points = ((after.at, origin), (after.at, b))
        if natural:
            join(watched, a, b)
        strokes.append(Stroke(tread, points))
    return tuple(strokes), watched


def _summary(events: Sequence[Event], watched: list[float]) -> Summary:
    duration = next((e.duration for e in reversed(events) if e.duration is not None), None)
    seen = length(watched)
    last = events[-1] if events else None
    play = next((e for e in events if e.event == "PLAY"), None)
    return Summary(
        player=None if last is None else last.player,
        session=None if last is None else last.session,
        ordinal=1,
        entry_id=next((e.entry_id for e in reversed(events) if e.entry_id is not None), None),
        duration=duration,
        live=any(getattr(e, "live", False) is True for e in events),
        join_time=None if play is None else getattr(play, "join_time", 0.0),
        play_time=seen,
        stall_count=sum(e.event == "BUFFER_START" for e in events),
        stall_time=sum(
            _seconds(getattr(e, "seconds", None)) or 0.0 for e in events if e.event == "BUFFER_END"
        ),
        seek_count=sum(e.event == "SEEK" for e in events),
        error_count=sum(e.event == "ERROR" for e in events),
        watched=intervals(watched),
        unique_time=seen,
        completion=min(seen / duration, 1.0) if duration else None,
        quartiles=tuple(n for n, name in REACHED.items() if any(e.event == name for e in events)),
        completed=any(e.event == "COMPLETED" for e in events),
        position=next((e.position for e in reversed(events) if e.position is not None), None),
    )


def _missing(summary: Summary) -> Iterable[Missing]:
    for quartile in QUARTILES:
        if quartile not in summary.quartiles:
            point = None if summary.duration is None else summary.duration * quartile / 100
            reasons = (Reason("not_in_log", _NOT_IN_LOG),)
            yield Missing(REACHED[quartile], quartile, point, reasons)


def _marks(events: Sequence[Event], summary: Summary) -> Iterable[Mark]:
    for quartile in sorted({*QUARTILES, *summary.quartiles}):
        name = REACHED[quartile]
        fired = next((event for event in events if event.event == name), None)
        point = None if summary.duration is None else summary.duration * quartile / 100
        if fired is None:
            yield Mark(quartile, point, None, None, _NOT_IN_LOG)
        else:
            yield Mark(quartile, point, fired.at, fired.position, "the log has it")
