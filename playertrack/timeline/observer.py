"""Watches the derivation of a trace, to draw what happened.

The engine is watched from outside: after every signal, and at every tick that it asks for, so
that a state starts on time and not with the next signal. Ticks change no output (R-timer), so the
drawing shows what is derived.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from math import inf

import attrs

from ..core.context import Diagnostic
from ..core.engine import Engine
from ..core.fleet import Fleet
from ..core.rangeset import holds
from ..core.session import SessionIds, Summary, offline_ids
from ..core.state import State
from ..events import REACHED, Event, Seek
from ..policy import Policy
from ..signals import Signal, Tick
from ..trace.explain import Explainer, Explanation
from .model import Band, Mark, SessionTimeline, Stretch, Timeline
from .strokes import Course, Tread

#: States that start when the event says that they do, which may be reported later.
_BEGIN = {"PLAY": "PLAYING", "BUFFER_START": "BUFFERING", "PAUSE": "PAUSED"}

#: A move of more than this (s of content) that is not playback is drawn as a jump, however
#: tolerant the policy is.
_LEAP = 0.5

#: After the end of playback a session is drawn for so much of its length, though it may
#: wait for days until its replay.
_AFTER_END = 0.08


def observe(
    signals: Iterable[tuple[int, tuple[str | None, Signal]]], policy: Policy | None = None
) -> Timeline:
    """The timeline of a trace: line, player and signal, as `traces.read_signals` gives them."""
    observer = Observer(policy)
    for line, (player, signal) in signals:
        observer.feed(line, player, signal)
    return observer.timeline()


class Observer:
    """Derives the events of a trace, as `Fleet` does, and keeps what there is to draw."""

    def __init__(
        self,
        policy: Policy | None = None,
        diagnose: Callable[[Diagnostic], None] | None = None,
        ids: SessionIds = offline_ids,
    ) -> None:
        self._policy = policy or Policy()
        self._players: dict[str | None, _Player] = {}
        self._fleet = Fleet(
            policy=self._policy,
            ids=ids,
            diagnose=diagnose,
            on_summary=lambda summary: self._players[summary.player].sum_up(summary),
        )
        self._start: float | None = None

    def feed(self, line: int, player: str | None, signal: Signal) -> Sequence[Event]:
        """Take a signal; the events that it makes, and those that were due before it."""
        watched = self._players.get(player)
        if watched is None:
            engine = self._fleet.engine(player)
            watched = self._players[player] = _Player(engine, self._policy)
        if self._start is None:
            self._start = signal.at
        return watched.feed(line, signal)

    @property
    def milestones(self) -> tuple[int, ...]:
        """The milestones of the policy, in percent."""
        return self._policy.milestones

    def session(self, player: str | None) -> str | None:
        """The id of the session that ``player`` is in, None before its first."""
        return self._fleet.engine(player).session_id

    def state(self, player: str | None) -> str:
        """Where the machine of ``player`` is now."""
        return str(self._fleet.engine(player).state.value)

    def next_timer(self, player: str | None) -> float | None:
        """When ``player`` wants a tick."""
        return self._fleet.engine(player).next_timer()

    def close(self) -> list[Event]:
        """The trace is over; the events of that."""
        return [event for player in self._players.values() for event in player.close()]

    def outlines(self) -> Iterator[Outline]:
        """The sessions so far; much cheaper than to draw them."""
        for player in self._players.values():
            yield from player.outlines()

    def row(self, player: str | None, session: str) -> SessionTimeline | None:
        """One session so far."""
        watched = self._players.get(player)
        return None if watched is None else next(watched.rows(False, session), None)

    def timeline(self, *, over: bool = True) -> Timeline:
        """All that was seen; if the trace is ``over``, all players are closed first."""
        if over:
            self.close()
        rows = tuple(row for player in self._players.values() for row in player.rows(over))
        return Timeline(rows, self._start or 0.0)


@attrs.frozen
class Outline:
    """A session without its picture: its totals, its times (Unix, s), its number of events."""

    summary: Summary
    start: float
    end: float
    events: int


@attrs.define
class _Seen:
    """A session while it is watched."""

    start: float
    end: float
    course: Course
    states: list[Band] = attrs.field(factory=list)
    interruptions: list[Band] = attrs.field(factory=list)
    played: float = 0.0
    position: float | None = None
    rate: float = 1.0
    signals: list[tuple[float, str]] = attrs.field(factory=list)


class _Player:
    """Watches one player."""

    def __init__(self, engine: Engine, policy: Policy) -> None:
        self._engine = engine
        self._policy = policy
        self._explainer = Explainer(engine, policy)
        self._sessions: dict[str, _Seen] = {}
        self._seen: _Seen | None = None
        self._session: str | None = None
        #: Of sessions that have just ended.
        self._summaries: dict[str | None, Summary] = {}

    def sum_up(self, summary: Summary) -> None:
        """Note the totals of a session that is over."""
        self._explainer.sum_up(summary)
        self._summaries[summary.session] = summary

    def feed(self, line: int, signal: Signal) -> Sequence[Event]:
        events: list[Event] = []
        engine, last = self._engine, None
        while (due := engine.next_timer()) is not None and due < signal.at and due != last:
            last = due
            events += self._take(line, Tick(at=due))
        if not events:
            return self._take(line, signal)
        return [*events, *self._take(line, signal)]

    def _take(self, line: int, signal: Signal) -> Sequence[Event]:
        events = self._explainer.feed(line, signal)
        self._look(events)
        if self._seen is not None and signal.name != "tick":
            self._seen.signals.append((signal.at, signal.name))
        return events

    def close(self) -> Sequence[Event]:
        events = self._explainer.close()
        if events:
            self._look(events)
        return events

    # ------------------------------------------------------------------------- watching

    def _look(self, events: Sequence[Event]) -> None:
        """Note what can be seen of the engine now."""
        engine = self._engine
        at, session = engine.last_at, engine.session_id
        if at is None or session is None:
            return
        seen = self._seen
        if seen is None or session != self._session:
            summary = None if seen is None else self._summaries.pop(self._session, None)
            if seen is not None and summary is not None:
                seen.end = at
                self._settle(seen, summary.play_time, at)
            self._summaries.clear()
            begun = min((event.at for event in events if event.session == session), default=at)
            seen = self._sessions[session] = self._seen = _Seen(
                begun, at, Course(self._policy, begun)
            )
            self._session = session
        seen.end = at
        if engine.state is State.CLOSED:
            self._settle(seen, engine.play_time, at)
            return
        state = engine.state.value
        starts = (event.at for event in events if state == _BEGIN.get(event.event))
        _band(seen.states, state, next(starts, at))
        interruption = "ad" if engine.ad is not None else "seek" if engine.seeking else None
        _band(seen.interruptions, interruption, at)
        self._follow(seen, at, events)

    def _settle(self, seen: _Seen, play_time: float, at: float) -> None:
        """The session is over: what it was credited with in its end."""
        gain = (play_time - seen.played) * self._engine.rate
        if seen.position is not None and gain > 0.0:
            seen.course.play(at, seen.position, seen.position + gain, play_time - seen.played)

    def _follow(self, seen: _Seen, at: float, events: Sequence[Event]) -> None:
        """The playhead: how it came from where it was to where it is."""
        engine, before = self._engine, seen.position
        position, played = engine.position, engine.play_time
        # With Policy `replay_session="same"` a session begins its watching anew.
        gain = (played - seen.played if played >= seen.played else played) * engine.rate
        rate = seen.rate
        seen.position, seen.played = position, played
        if position != before:
            seen.rate = engine.rate
        if position is None:
            return
        if gain <= 0.0:
            seen.course.move(at, position, self._tread(before, position))
        else:
            if before is None:
                before = max(position - gain, 0.0)
            start, end = self._credited(before, rate, gain, events)
            seen.course.play(at, start, end, gain / engine.rate)
            if end != position:
                seen.course.move(at, position, "jumped")

    def _tread(self, before: float | None, position: float) -> Tread:
        if self._engine.rate > self._policy.max_natural_rate and position != before:
            return "skimmed"
        if before is not None and abs(position - before) > _LEAP:
            return "jumped"
        playing = self._engine.state is State.PLAYING and not self._engine.suspended
        return "played" if playing else "still"

    def _credited(
        self, before: float, rate: float, gain: float, events: Sequence[Event]
    ) -> tuple[float, float]:
        """The content that has just been played, of which ``gain`` seconds are new."""
        engine, position = self._engine, self._engine.position
        assert position is not None
        seeks = [event for event in events if isinstance(event, Seek)]
        landed = any(seek.target == position for seek in seeks)
        went_on = engine.span_from < position or holds(engine.watched or (), position)
        # Since the rate changed the gain in content is known only about.
        exact = rate == engine.rate
        if landed or not went_on:  # then it was put elsewhere
            watched = engine.watched or ()
            index = bisect_right(watched, before)
            end = watched[index] if index % 2 and not exact else inf
            return before, min(before + gain, end)
        start = max(position - gain, 0.0)
        near = 1e-6 if exact else inf
        return (before if abs(start - before) <= near and not seeks else start), position

    # ---------------------------------------------------------------------------- in the end

    def outlines(self) -> Iterator[Outline]:
        for summary, entries in self._explainer.summaries():
            seen = self._sessions.get(summary.session or "")
            if seen is not None:
                yield Outline(summary, seen.start, _end(seen, entries[-1].event.at), len(entries))

    def rows(self, over: bool, only: str | None = None) -> Iterator[SessionTimeline]:
        for explanation in self._explainer.explanations(over=over, only=only):
            seen = self._sessions.get(explanation.summary.session or "")
            if seen is not None:
                yield _row(explanation, seen)


def _band(bands: list[Band], name: str | None, at: float) -> None:
    """Let the last band go on to ``at``, and another begin there if it is another."""
    if bands and bands[-1].end == inf:
        if bands[-1].name == name:
            return
        last = bands.pop()
        at = max(at, bands[-1].end if bands else at)
        if last.start < at:
            bands.append(attrs.evolve(last, end=at))
        elif bands and (bands[-1].name, bands[-1].end) == (name, at):
            bands[-1] = attrs.evolve(bands[-1], end=inf)  # what came between took no time
            return
    if name is not None:
        bands.append(Band(name, at, inf))


def _end(seen: _Seen, last: float) -> float:
    """Where the drawing of a session ends, whose last event was at ``last``."""
    end = seen.end
    if seen.states and seen.states[-1].name == "ENDED":
        last = max(seen.states[-1].start, last)
        end = min(end, last + _AFTER_END * (last - seen.start))
    return max(end, seen.start)


def _row(explanation: Explanation, seen: _Seen) -> SessionTimeline:
    end = _end(seen, explanation.entries[-1].event.at)
    return SessionTimeline(
        explanation=explanation,
        start=seen.start,
        end=end,
        strokes=seen.course.strokes(end),
        states=_until(seen.states, end),
        interruptions=_until(seen.interruptions, end),
        watched=_how_often(seen.course.played, explanation.summary),
        marks=tuple(_marks(explanation)),
        signals=tuple(seen.signals),
    )


def _until(bands: Sequence[Band], end: float) -> tuple[Band, ...]:
    cut = (attrs.evolve(band, end=min(band.end, end)) for band in bands)
    return tuple(band for band in cut if band.start < band.end)


def _how_often(played: Sequence[tuple[float, float]], summary: Summary) -> tuple[Stretch, ...]:
    """The watched set of the session, cut where it was played more often or less."""
    steps: dict[float, int] = {}
    for start, end in played:
        steps[start] = steps.get(start, 0) + 1
        steps[end] = steps.get(end, 0) - 1
    stretches: list[Stretch] = []
    points = sorted(steps)
    times = 0
    for here, there in pairwise(points):
        times += steps[here]
        if times <= 0:
            continue
        if stretches and stretches[-1].end == here and stretches[-1].times == times:
            stretches[-1] = attrs.evolve(stretches[-1], end=there)
        else:
            stretches.append(Stretch(here, there, times))
    return tuple(stretches) or tuple(Stretch(a, b, 1) for a, b in summary.watched)


def _marks(explanation: Explanation) -> Iterator[Mark]:
    fired = {entry.event.event: entry for entry in explanation.entries}
    missing = {each.milestone: each for each in explanation.missing}
    for quartile, name in REACHED.items():
        entry = fired.get(name)
        duration = explanation.summary.duration
        if entry is not None:
            point = None if duration is None else duration * quartile / 100
            yield Mark(quartile, point, entry.event.at, entry.event.position, entry.why)
        elif quartile in missing:
            each = missing[quartile]
            why = "; ".join(reason.text for reason in each.reasons)
            yield Mark(quartile, each.point, None, None, why)
