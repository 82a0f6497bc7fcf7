"""Explains a trace: why each event is there, and why a milestone is not.

Its sources are the signals, the events (each names its rule and the signal that caused it), the
engine's diagnostics and the summary of each session. It is for people who wonder about their
player.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

import attrs

from .._times import as_time, clock
from ..core.context import Diagnostic
from ..core.engine import Engine
from ..core.fleet import Fleet
from ..core.session import Summary
from ..errors import shorten
from ..events import Event, to_record
from ..policy import Policy
from ..signals import Signal
from .missing import Evidence, Missing, missing_of

#: What each rule that makes an event means, in a few words. Contract, sections 5 to 10.
RULES = {
    "R-ready": "the player exists; reported once per player, before anything else",
    "R-loaded": "the media is known; another media starts another session",
    "R-complete": "a later signal needed it, and the player had not reported it",
    "R-request": "playback was asked for; reported once per session",
    "R-play": "the first frame of the session was on screen",
    "R-implied-playing": "the position ran on, so playback had started without a `playing`",
    "R-pause": "playback was paused, and the pause lasted",
    "R-resume": "playback went on after a pause",
    "R-end": "the player reached the end",
    "R-replay": "the media was played again after the end",
    "R-replay-signal": "the viewer asked to start over",
    "R-stop": "playback was stopped",
    "R-loop": "the player reached the end and started again by itself",
    "R-error": "the player reported an error, the first since playback last went on",
    "R-end-early": "the player reported `ended` before playback can have reached the end",
    "R-close": "the player went away",
    "R-close-open": "the session ended, and this was still open",
    "R-pass": "as the player reported it; the same again is left out",
    "R-quartile": "playback itself went over this point for the first time",
    "R-hundred": "playback itself reached the end for the first time",
    "R-last-stretch": "the player reported `ended`, and playback can have reached the end by then",
    "R-milestones": "as much of the media was watched as the policy asks for",
    "R-duration": "the duration became known or changed, and this point had been played before",
    "R-seek": "the seek was complete, and no other followed at once",
    "R-seek-lost": "playback ran on, so the seek was over without a `seeked`",
    "R-seek-orphan": "a `seeked` without `seeking`, away from where playback would have been",
    "R-seek-quiet": "it was asked for during a seek, and reported once that was over",
    "R-seek-ad": "the seek was completed during an ad, and reported once that was over",
    "R-silent-seek": "the position jumped further than playback can: a seek that was not reported",
    "R-stall": "playback waited for data",
    "R-stall-end": "the data was there again",
    "R-pair": "something else interrupted the wait for data, which ends first",
    "R-frozen": "the position stood still without a pause: a wait that the player did not report",
    "R-ad": "an ad started",
    "R-ad-quartile": "the ad was played up to this part of it",
    "R-ad-click": "the ad was clicked",
    "R-ad-lost": "the ad was over, though its end was not reported",
    "R-ad-post": "an ad after the end belongs to the session that ended",
    "R-view": "a full interval of play time has gone by, or playback started",
}

#: So many signals back an event may go.
_RECENT = 64

#: Rules under which a signal makes no event although it seems to ask for one.
_NOTED = frozenset(
    {
        *("R-pause", "R-glitch", "R-stale", "R-loop", "R-start", "R-duration", "R-ad-quartile"),
        *("R-seek-live", "R-seek-by", "R-end", "R-end-early", "R-stop"),
    }
)

#: Notes of one session; the rest would not be read.
_MOST_NOTES = 1000


@attrs.frozen
class Entry:
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
class Note:
    """Something the engine ignored, inferred or repaired without an event; see `Diagnostic`."""

    at: float
    line: int
    rule: str
    message: str

    def shown(self, start: float) -> str:
        """The note in a line; its time counts from ``start``."""
        since = clock(self.at - start, 0.001)
        return f"  {since:>12}  (line {self.line}: {self.message} [{self.rule}])"


@attrs.frozen
class Explanation:
    """One session, started at ``start`` (Unix time): its events and the milestones it missed.

    ``notes``: what the engine passed over, such as a pause that something explained away.
    """

    summary: Summary
    start: float
    entries: tuple[Entry, ...]
    missing: tuple[Missing, ...]
    notes: tuple[Note, ...] = ()

    def only(self, event: str) -> Explanation:
        """The explanation of the events of that name, and of that milestone if it is one."""
        return attrs.evolve(
            self,
            notes=(),
            entries=tuple(each for each in self.entries if each.event.event == event),
            missing=tuple(each for each in self.missing if each.event == event),
        )

    def to_record(self) -> dict[str, Any]:
        """The explanation for a program."""
        return {
            "summary": attrs.asdict(self.summary),
            "events": [
                {
                    **to_record(each.event),
                    "cause": each.event.cause,
                    "line": each.line,
                    "rule": each.event.rule,
                    "why": each.why,
                }
                for each in self.entries
            ],
            "missing": [attrs.asdict(each) for each in self.missing],
            "notes": [attrs.asdict(note) for note in self.notes],
        }

    def lines(self) -> Iterator[str]:
        """The explanation for a reader; times count from the session's first event."""
        summary, start = self.summary, self.start
        player = "" if summary.player is None else f" of player {shorten(summary.player)}"
        yield f"session {summary.ordinal}{player}: {summary.session}"
        notes = deque(self.notes)
        for each in self.entries:
            while notes and notes[0].at < each.event.at:
                yield notes.popleft().shown(start)
            yield f"  {clock(each.event.at - start, 0.001):>12}  {headline(each.event)}"
            yield f"                {each.why}"
        yield from (note.shown(start) for note in notes)
        for missing in self.missing:
            yield f"  {missing.event} did not fire:"
            yield from (f"                {reason.text}" for reason in missing.reasons)


def headline(event: Event) -> str:
    """The event in a line: its name, number and place, and what it has besides."""
    record = to_record(event)
    where = "" if event.position is None else f" at {as_time(event.position)}"
    has = {name: record[name] for name in event.extra if record[name] is not None}
    extra = "".join(f" {name}={_number(value)}" for name, value in has.items())
    return f"{event.event} #{event.index}{where}{extra}"


def _number(value: object) -> str:
    """A value, numbers to the thousandth."""
    return f"{round(value, 3):.15g}" if isinstance(value, float) else shorten(value)


def explain(
    signals: Iterable[tuple[int, tuple[str | None, Signal]]], policy: Policy | None = None
) -> list[Explanation]:
    """Explain each session of a trace; by player in the order of first signals, then by session.

    ``signals``: line, player and signal, as `codec.read_signals` gives them.
    """
    policy = policy or Policy()
    players: dict[str | None, Explainer] = {}
    fleet = Fleet(
        policy=policy,
        diagnose=lambda said: players[said.player].note(said),
        on_summary=lambda summary: players[summary.player].sum_up(summary),
    )
    for line, (player, signal) in signals:
        explainer = players.get(player)
        if explainer is None:
            explainer = players[player] = Explainer(fleet.engine(player), policy)
        explainer.feed(line, signal)
    return [
        explanation for explainer in players.values() for explanation in explainer.explanations()
    ]


@attrs.define
class _Session:
    """A session so far; ``path`` is at, position, rate whenever the playhead moved."""

    entries: list[Entry] = attrs.field(factory=list)
    notes: list[Note] = attrs.field(factory=list)
    path: array[float] = attrs.field(factory=lambda: array("d"))

    def seen(self) -> Evidence:
        """The evidence to judge a missing milestone by."""
        events = [each.event for each in self.entries]
        return Evidence(events, self.path, sum(note.rule == "R-stale" for note in self.notes))


class Explainer:
    """Follows the engine of one player, to explain its sessions at the end."""

    def __init__(self, engine: Engine, policy: Policy) -> None:
        self._engine = engine
        self._policy = policy
        self._sessions: dict[str, _Session] = {}
        self._summaries: dict[str | None, Summary] = {}
        self._recent: deque[tuple[str, float, int]] = deque(maxlen=_RECENT)

    def note(self, said: Diagnostic) -> None:
        """Note a diagnostic on the current signal, where it causes no event."""
        session = self._sessions.get(self._engine.session_id or "")
        if session is not None and said.rule in _NOTED and len(session.notes) < _MOST_NOTES:
            line = self._recent[0][2] if self._recent else 0
            session.notes.append(Note(said.at, line, said.rule, said.message))

    def sum_up(self, summary: Summary) -> None:
        """Note the totals of a session that is over, or of the running one."""
        self._summaries[summary.session] = summary

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

    def summaries(self) -> Iterator[tuple[Summary, Sequence[Entry]]]:
        """The totals of each session so far, and its events."""
        self.sum_up(self._engine.summary())
        for name, session in self._sessions.items():
            if name in self._summaries:
                yield self._summaries[name], session.entries

    def explanations(self, *, over: bool = True, only: str | None = None) -> Iterator[Explanation]:
        """An explanation of each session; if the trace is ``over`` the player is closed first.

        ``only`` is the id of the one session that is wanted, None for all.
        """
        if over:
            self.close()
        self.sum_up(self._engine.summary())
        for name, session in self._sessions.items():
            summary = self._summaries.get(name)
            if summary is not None and only in (None, name):
                missing = tuple(missing_of(summary, session.seen(), self._policy))
                start = session.entries[0].event.at
                notes = tuple(sorted(session.notes, key=attrgetter("at")))
                yield Explanation(summary, start, tuple(session.entries), missing, notes)

    def _note(self, events: Iterable[Event]) -> None:
        for event in events:
            session = self._sessions.setdefault(event.session, _Session())
            session.entries.append(Entry(event, self._line(event)))

    def _line(self, event: Event) -> int | None:
        """The line of the signal that the event goes back to: the last such one, or of its time."""
        lines = [(at, line) for name, at, line in self._recent if name == event.cause]
        return next((line for at, line in lines if at == event.at), lines[0][1] if lines else None)
