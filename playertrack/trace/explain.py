"""Why each event is there, and why a quartile is not: the story of a trace.

What is told comes from the signals, the events (each names its rule and the signal that it
goes back to) and the summary of each session. It is for people who wonder about their player.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs

from ..core.engine import Engine
from ..core.fleet import Fleet
from ..core.session import Summary
from ..errors import shorten
from ..events import QUARTILES, Event, Seek, to_record
from ..policy import Policy
from ..signals import Signal

#: What each rule that makes an event means, in a few words. Contract, sections 5 to 10.
RULES = {
    "R-ready": "the player exists; told once per player, before anything else",
    "R-loaded": "the media is known; another media begins another session",
    "R-complete": "a later signal needed it, and the player had not told it",
    "R-request": "playback was asked for; told once per session",
    "R-play": "the first frame of the session was on screen",
    "R-implied-playing": "the position ran on, so playback had begun without a `playing`",
    "R-pause": "playback was paused",
    "R-resume": "playback went on after a pause",
    "R-pause-at-end": "a pause near the end, and no end followed in time: a real pause",
    "R-end": "the player reached the end",
    "R-replay": "playback began after the end: a new playback of the same media",
    "R-replay-signal": "the viewer asked to start over",
    "R-stop": "playback was stopped",
    "R-loop": "the player reached the end and began again by itself",
    "R-error": "the player reported an error that had not been told since playback last advanced",
    "R-end-early": "the player said `ended` further from the end than playback could have come",
    "R-close": "the player went away",
    "R-close-open": "the session ended, and this was still open",
    "R-pass": "told as the player told it, unless it said the same before",
    "R-quartile": "playback itself went over this point for the first time",
    "R-hundred": "playback itself reached the end for the first time",
    "R-last-stretch": "the player said `ended` as close to the end as playback could have come",
    "R-duration": "the duration became known or changed, and this point had been played before",
    "R-seek": "a seek was completed",
    "R-seek-lost": "playback ran on, so the seek was over without a `seeked`",
    "R-seek-orphan": "a `seeked` without `seeking`, away from where playback would have been",
    "R-seek-quiet": "it was wanted during a seek, and told once that was over",
    "R-seek-ad": "the seek was completed during an ad, and told once that was over",
    "R-silent-seek": "the position jumped as playback cannot: a seek that nobody reported",
    "R-stall": "playback waited for data for longer than the grace",
    "R-stall-end": "the data was there again",
    "R-pair": "a wait for data is over before anything that interrupts it",
    "R-frozen": "the position stood still without a pause: a wait that the player did not report",
    "R-ad": "an ad began",
    "R-ad-quartile": "the ad played past this part of its duration",
    "R-ad-click": "the ad was clicked",
    "R-ad-lost": "the ad was over, though its end was not reported",
    "R-ad-post": "an ad after the end belongs to the session that ended",
    "R-ad-pause": "a pause that no ad explained in time: a real pause",
    "R-view": "a full interval of play time has gone by, or playback began",
}

#: So many signals back an event may go.
_RECENT = 64


@attrs.frozen
class Told:
    """An event, and the ``line`` with the signal that it goes back to, if it is known."""

    event: Event
    line: int | None

    @property
    def why(self) -> str:
        """The signal and the rule that caused the event, in words."""
        event = self.event
        cause = event.cause if self.line is None else f"{event.cause} on line {self.line}"
        if cause == "close":  # no line has it: it is the close that every trace ends with (R-eof)
            cause = "the end of the trace"
        return f"{cause}: {RULES.get(event.rule, 'see the rule')} [{event.rule}]"


@attrs.frozen
class Reason:
    """Why a quartile was not reached; ``kind`` is for programs, ``text`` for people."""

    kind: str
    text: str


@attrs.frozen
class Missing:
    """A quartile that did not fire; ``point`` is its position (s), None without a duration."""

    quartile: int
    point: float | None
    reasons: tuple[Reason, ...]

    @property
    def event(self) -> str:
        """The name of the event that there is not."""
        return f"PLAY_REACHED_{self.quartile}"


@attrs.frozen
class Story:
    """One session, begun at ``start`` (Unix time): its events, the quartiles that are missing."""

    summary: Summary
    start: float
    told: tuple[Told, ...]
    missing: tuple[Missing, ...]

    def only(self, event: str) -> Story:
        """The story of the events of that name, and of that quartile if it is one."""
        return attrs.evolve(
            self,
            told=tuple(told for told in self.told if told.event.event == event),
            missing=tuple(each for each in self.missing if each.event == event),
        )

    def to_record(self) -> dict[str, Any]:
        """The story for a program."""
        return {
            "summary": attrs.asdict(self.summary),
            "events": [
                {
                    **to_record(told.event),
                    "cause": told.event.cause,
                    "line": told.line,
                    "rule": told.event.rule,
                    "why": told.why,
                }
                for told in self.told
            ],
            "missing": [{"event": each.event, **attrs.asdict(each)} for each in self.missing],
        }

    def lines(self) -> Iterator[str]:
        """The story for a reader; times are seconds from the session's first event."""
        summary, start = self.summary, self.start
        player = "" if summary.player is None else f" of player {shorten(summary.player)}"
        yield f"session {summary.ordinal}{player}: {summary.session}"
        for told in self.told:
            yield f"  {told.event.at - start:+10.3f} s  {headline(told.event)}"
            yield f"                  {told.why}"
        for missing in self.missing:
            yield f"  {missing.event} did not fire:"
            yield from (f"                  {reason.text}" for reason in missing.reasons)


def headline(event: Event) -> str:
    """The event in a line: its name, number and place, and what it has besides."""
    record = to_record(event)
    where = "" if event.position is None else f" at {event.position:g}"
    extra = "".join(f" {name}={shorten(record[name])}" for name in event.extra)
    return f"{event.event} #{event.index}{where}{extra}"


def explain(
    signals: Iterable[tuple[int, tuple[str | None, Signal]]], policy: Policy | None = None
) -> list[Story]:
    """The stories of a trace: by player in the order of their first signals, then by session.

    ``signals``: line, player and signal, as `traces.read_signals` gives them.
    """
    policy = policy or Policy()
    fleet = Fleet(policy=policy)
    players: dict[str | None, Teller] = {}
    for line, (player, signal) in signals:
        teller = players.get(player)
        if teller is None:
            teller = players[player] = Teller(fleet.engine(player), policy)
        teller.feed(line, signal)
    return [story for teller in players.values() for story in teller.stories()]


@attrs.define
class _Session:
    """What was seen of a session; ``path`` is at, position, rate whenever the playhead moved."""

    told: list[Told] = attrs.field(factory=list)
    path: array[float] = attrs.field(factory=lambda: array("d"))
    summary: Summary | None = None


class Teller:
    """Follows the engine of one player, so as to tell its stories in the end."""

    def __init__(self, engine: Engine, policy: Policy) -> None:
        self._engine = engine
        self._policy = policy
        self._sessions: dict[str, _Session] = {}
        self._recent: deque[tuple[str, float, int]] = deque(maxlen=_RECENT)

    def feed(self, line: int, signal: Signal) -> Sequence[Event]:
        """Let the engine take the signal of ``line``; what it made of it."""
        self._recent.appendleft((signal.name, signal.at, line))
        engine = self._engine
        events = engine.feed(signal)
        self._note(events)
        session = self._sessions.get(engine.session_id or "")
        position = engine.position
        if session is not None and position is not None:
            path = session.path
            if not path or path[-2] != position:
                path.extend((signal.at, position, engine.rate))
        return events

    def close(self) -> Sequence[Event]:
        """The trace is over, and with it the player (R-eof)."""
        events = self._engine.close()
        self._note(events)
        return events

    def stories(self) -> Iterator[Story]:
        """What there was, session by session; the player is closed if it was not."""
        self.close()
        self._sum_up(self._engine.summary())
        for session in self._sessions.values():
            if session.summary is not None:
                missing = tuple(_missing(session.summary, session, self._policy))
                start = session.told[0].event.at
                yield Story(session.summary, start, tuple(session.told), missing)

    def _note(self, events: Iterable[Event]) -> None:
        for event in events:
            session = self._sessions.setdefault(event.session, _Session())
            session.told.append(Told(event, self._line(event)))
        self._sum_up(self._engine.last_summary)

    def _sum_up(self, summary: Summary | None) -> None:
        if summary is not None and summary.session in self._sessions:
            self._sessions[summary.session].summary = summary

    def _line(self, event: Event) -> int | None:
        """The line of the signal that the event goes back to: the last such one, or of its time."""
        lines = [(at, line) for name, at, line in self._recent if name == event.cause]
        return next((line for at, line in lines if at == event.at), lines[0][1] if lines else None)


# ------------------------------------------------------------- the quartiles that are missing


def _missing(summary: Summary, session: _Session, policy: Policy) -> Iterator[Missing]:
    end = None if summary.live else summary.duration
    for quartile in QUARTILES:
        if quartile in summary.quartiles:
            continue
        if summary.join_time is None:
            reason = Reason("not_played", "playback did not begin in this session")
        elif summary.live:
            reason = Reason("live", "live media have no end to measure by")
        elif end is None:
            reason = Reason("no_duration", "the duration did not become known")
        else:
            point = end * quartile / 100
            reasons = tuple(_why_not(point, session, policy))
            yield Missing(quartile, point, reasons)
            continue
        yield Missing(quartile, None, (reason,))


def _why_not(point: float, session: _Session, policy: Policy) -> Iterator[Reason]:
    """How the playhead came past ``point`` without playing over it, or that it did not."""
    start, path = session.told[0].event.at, session.path
    seeks = [told.event for told in session.told if isinstance(told.event, Seek)]
    passed = [seek for seek in seeks if _spans(seek.origin, point, seek.target)]
    moves = [move for move in _moves(path) if move.origin < point <= move.target]
    moves = [move for move in moves if not any(map(move.belongs_to, passed))]
    if passed:
        seek = passed[-1]
        how = "a seek that was not reported" if seek.inferred else "a seek"
        yield Reason(
            "seeked_past",
            f"{how} at {seek.at - start:+.3f} s went past {point:g}, "
            f"from {seek.origin:g} to {seek.target:g}",
        )
    if moves:
        yield moves[-1].reason(point, start, policy)
    if not passed and not moves:
        furthest = max(path[1::3], default=0.0)
        if furthest < point:
            yield Reason("not_reached", f"playback came to {furthest:g}, the point is {point:g}")
        else:
            yield Reason("began_beyond", f"playback began at {path[1]:g}, beyond {point:g}")
    for told in session.told:
        if told.event.rule == "R-end-early":
            yield Reason("ended_early", f"the player said `ended` at {told.event.position or 0:g}")


def _spans(before: float | None, point: float, after: float | None) -> bool:
    return before is not None and after is not None and before < point <= after


@attrs.frozen
class _Move:
    """The playhead went from ``origin`` to ``target`` (s of content) between two signals."""

    since: float
    at: float
    origin: float
    target: float
    rate: float

    def belongs_to(self, seek: Seek) -> bool:
        """Whether the seek explains the move."""
        return (
            self.at <= seek.at
            and (seek.origin or 0.0) <= self.origin
            and self.target <= (seek.target or 0.0)
        )

    def reason(self, point: float, start: float, policy: Policy) -> Reason:
        """Why going past ``point`` was not playing over it."""
        where = f"from {self.origin:g} to {self.target:g} at {self.at - start:+.3f} s"
        if self.rate > policy.max_natural_rate:
            return Reason(
                "too_fast",
                f"{point:g} was passed at {self.rate:g} times the speed, {where}; above "
                f"{policy.max_natural_rate:g} content is seen but not watched",
            )
        return Reason(
            "not_natural",
            f"the position went past {point:g}, {where}, in {self.at - self.since:.3f} s: "
            "that was not played",
        )


def _moves(path: array[float]) -> Iterator[_Move]:
    for index in range(3, len(path), 3):
        since, origin, rate, at, target, rate_after = path[index - 3 : index + 3]
        yield _Move(since, at, origin, target, max(rate, rate_after))
