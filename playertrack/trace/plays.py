"""The totals of each session, from events or from summaries, which know more.

A log of events does not say how long was played beyond its VIEWs, or what was watched between
its milestones; a trace and summaries do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any

import attrs

from ..errors import FieldError
from ..policy import Policy

#: The retention curve has a value for each percent of the media, from 0.
PERCENTS = range(101)


@attrs.define
class SessionTotals:
    """A session, as far as it is known. Times are seconds; None is unknown.

    ``played``: it had its PLAY. ``play_time`` was spent playing, ``stall_time`` waiting for data.
    ``ended``: the end was reached by playing, None without a duration. ``watched`` is the share of
    the duration that was watched at least once. ``retention`` says of percents of the duration
    whether they were played over. ``properties`` are its other fields, to group by.
    """

    session: str
    started_at: float | None = None
    played: bool = False
    join_time: float | None = None
    play_time: float | None = None
    stall_count: int = 0
    stall_time: float = 0.0
    seek_count: int = 0
    error_count: int = 0
    ended: bool | None = None
    watched: float | None = None
    retention: dict[int, bool] = attrs.field(factory=dict)
    properties: dict[str, Any] = attrs.field(factory=dict)

    def property(self, name: str) -> Any:
        """The value to group by; ``day`` is the date (UTC) of its start."""
        if name == "day" and "day" not in self.properties:
            at = self.started_at
            # What is beyond these years has no date in Python.
            if at is None or not -6e10 < at < 2.5e11:
                return None
            return datetime.fromtimestamp(at, UTC).date().isoformat()
        return self.properties.get(name)


class FromEvents:
    """Collects the plays of an event log; `add` takes its records, in any mix of sessions.

    ``policy``: what the log was made with; its `milestones` matter here.
    """

    def __init__(self, policy: Policy | None = None) -> None:
        self.plays: dict[str, SessionTotals] = {}
        # By session the first index that is yet to come; and what came before its turn.
        self._next: dict[str, int] = {}
        self._ahead: set[tuple[str, int]] = set()
        self._milestones = frozenset((policy or Policy()).milestones)

    def add(self, record: Mapping[str, Any]) -> None:
        """Note an event; one that is none is left out."""
        session, name = record.get("session"), record.get("event")
        if not (isinstance(session, str) and isinstance(name, str)):
            return
        index = record.get("index")
        if isinstance(index, int) and self._is_repeat(session, index):
            return  # what is delivered may be delivered twice
        play = self.plays.get(session)
        if play is None:
            play = self.plays[session] = SessionTotals(session, _number(record, "at"))
        elif index == 1:  # events may be in any order, as those of Spark are
            play.started_at = _number(record, "at")
        for key, value in record.items():
            if value is not None and isinstance(value, (str, int, float, bool)):
                play.properties.setdefault(key, value)
        _count(play, record)
        if name.startswith("PLAY_REACHED_"):
            percent = name.removeprefix("PLAY_REACHED_")
            if percent.isascii() and percent.isdigit() and int(percent) in PERCENTS:
                play.retention[int(percent)] = True
        elif _number(record, "duration") is not None:
            play.ended = bool(play.ended)

    def _is_repeat(self, session: str, index: int) -> bool:
        """True if the event was there before; otherwise it is noted."""
        due = self._next.get(session, 1)
        if 0 < index < due or (session, index) in self._ahead:
            return True
        self._ahead.add((session, index))
        while (session, due) in self._ahead:
            self._ahead.remove((session, due))
            due += 1
        self._next[session] = due
        return False

    def __iter__(self) -> Iterator[SessionTotals]:
        self._spread_live()
        # With other milestones than the policy's it was made with another one, of which only those
        # are known that a play reached.
        known = {percent for play in self.plays.values() for percent in play.retention}
        points = self._milestones if known <= self._milestones else known
        for play in self.plays.values():
            if play.properties.get("live") is True:
                play.ended, play.retention = None, {}
            if play.ended is not None:
                play.ended = 100 in play.retention if 100 in points else None
                if play.played:
                    reached = {percent: percent in play.retention for percent in sorted(points)}
                    play.retention = {0: True, **reached}
            yield play

    def _spread_live(self) -> None:
        """A replay is live as what it repeats is: only MEDIA_LOADED says it."""
        seen: set[str] = set()  # a log of anybody's may go round in a circle
        for play in self.plays.values():
            repeats: list[SessionTotals] = []
            found: SessionTotals | None = play
            while found and "live" not in found.properties and found.session not in seen:
                seen.add(found.session)
                repeats.append(found)
                found = self.plays.get(found.properties.get("previous_session", ""))
            if found and "live" in found.properties:
                for each in repeats:
                    each.properties["live"] = found.properties["live"]


def _count(play: SessionTotals, record: Mapping[str, Any]) -> None:
    """Add what an event says of the play."""
    match record["event"]:
        case "PLAY":
            play.played = True
            if play.join_time is None:
                play.join_time = _number(record, "join_time")
        case "VIEW":
            play.play_time = (play.play_time or 0.0) + (_number(record, "play_time") or 0.0)
        case "BUFFER_START":
            play.stall_count += 1
        case "BUFFER_END":
            play.stall_time += _number(record, "seconds") or 0.0
        case "SEEK":
            play.seek_count += 1
        case "ERROR":
            play.error_count += 1


def _number(record: Mapping[str, Any], name: str) -> float | None:
    value = record.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        return None
    return float(value)


def from_summary(row: Mapping[str, Any]) -> SessionTotals:
    """The play in a summary (a row of ``derive --summaries``); a `FieldError` if it is none."""
    session = row.get("session")
    if not isinstance(session, str):
        raise FieldError("session", session, "a string")
    duration = None if row.get("live") else _given(row, "duration")
    join_time = _given(row, "join_time")
    spans = _spans(row.get("watched"))
    play = SessionTotals(
        session,
        _given(row, "started_at"),
        played=join_time is not None,
        join_time=join_time,
        play_time=_given(row, "play_time"),
        stall_count=_count_of(row, "stall_count"),
        stall_time=_given(row, "stall_time") or 0.0,
        seek_count=_count_of(row, "seek_count"),
        error_count=_count_of(row, "error_count"),
        watched=_given(row, "completion"),
        properties={
            name: value for name, value in row.items() if isinstance(value, (str, int, float, bool))
        },
    )
    if duration and play.played:
        play.retention = dict(zip(PERCENTS, _retention(spans, duration), strict=True))
        play.ended = play.retention[100]
    return play


def _given(row: Mapping[str, Any], name: str) -> float | None:
    """A number of a summary, None where it is null or no number (NaN)."""
    value = row.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise FieldError(name, value, "a number")
    return _number(row, name)


def _count_of(row: Mapping[str, Any], name: str) -> int:
    number = _given(row, name) or 0.0
    if not (0.0 <= number < 2**53 and number.is_integer()):
        raise FieldError(name, row[name], "a whole number, 0 or more")
    return int(number)


def _spans(value: Any) -> list[tuple[float, float]]:
    """The parts that were watched."""
    try:
        return [(float(start), float(end)) for start, end in value or ()]
    except (TypeError, ValueError):
        raise FieldError("watched", value, "a list of [start, end]") from None


def _retention(spans: Iterable[tuple[float, float]], duration: float) -> Iterator[bool]:
    """For each percent, True if it was watched; the start counts for every play."""
    listed = list(spans)
    yield True
    for percent in PERCENTS[1:]:
        point = duration * percent / 100
        yield any(start < point <= end for start, end in listed)
