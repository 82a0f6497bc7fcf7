"""Checks any event log against the invariants of all logs (contract, section 12).

An event log shows less than the engine knows, so only what a log can show is checked, and nothing
is reported that could be in a correct log. `check` takes the records of the log, whatever they
are, and never raises.

Checked: the form of each record, with a position within the duration (``format``), R-ids,
I-index, I-session, I-once, I-life, I-pair, and of I-true three things: there is a duration to
have milestones of, the watched share of COMPLETED is what the policy asks for, and a milestone
past which a seek or the start put the playhead was not reached before playback could have come
to it (not judged where the duration changed, or the media is live: a point may then become
reached afterwards).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import inf
from typing import Any

import attrs

from ..errors import shorten
from ..events import EVENTS, REACHED
from ..policy import Policy
from .event_form import is_number, is_seconds, malformed

_MILESTONES = {name: percent for percent, name in REACHED.items()}

#: A bit for each event, so that the events of a session fit in a number: a log has many sessions.
_BITS = {name: 1 << number for number, name in enumerate(EVENTS)}
_OTHER = 1 << len(EVENTS)  # an event that only the destination knows

_ONCE = frozenset({"MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "COMPLETED", *_MILESTONES})
_ONCE_A_PLAYER = frozenset({"WIDGET_LOADED", "FIRST_PLAY"})
_AFTER_PLAY = frozenset(
    {"PAUSE", "RESUME", "SEEK", "BUFFER_START", "BUFFER_END", "VIEW", "COMPLETED", *_MILESTONES}
)
_LINEAR_ADS = frozenset(
    {
        "PREROLL_STARTED",
        "MIDROLL_STARTED",
        "POSTROLL_STARTED",
        "PRE_BUMPER_PLAYED",
        "POST_BUMPER_PLAYED",
    }
)
#: What an open buffer has its BUFFER_END before (R-pair), besides fatal errors and the end.
_ENDS_BUFFER = _LINEAR_ADS | {"PAUSE", "SEEK"}

#: What is lost of a time or a position by counting whole seconds on either side (s).
_COARSE = 2.0

_Record = dict[str, Any]
_Breach = tuple[str, str]  # the rule, and what is wrong


@attrs.frozen
class Finding:
    """A breach: which ``rule``, on which ``line`` (from 1), in which session, and how."""

    rule: str
    line: int
    session: str | None
    message: str


def check(records: Iterable[object], *, policy: Policy | None = None) -> list[Finding]:
    """The findings of an event log, in the order of its records, which count as lines.

    ``policy``: what the log was made with; `replay_session`, `completion` and the tolerances
    matter here.

    >>> print(check([{"event": "PLAY"}])[0].message)
    at is missing
    """
    lint = Lint(policy)
    found = [
        finding for line, record in enumerate(records, 1) for finding in lint.add(line, record)
    ]
    return found + list(lint.end())


@attrs.frozen
class _Landed:
    """When, where and in what duration PLAY or a SEEK left the playhead (s)."""

    at: float
    position: float
    duration: float | None


@attrs.define
class _Session:
    """A session so far; ``seen`` has its events, as `_BITS`; ``failed``: it had an ERROR."""

    id: str
    index: int = 0
    seen: int = 0
    paused: bool = False
    failed: bool = False
    buffering: bool = False
    duration: float | None = None
    landed: _Landed | None = None


@attrs.define
class PlayerSeen:
    """A player so far; ``fastest``: its highest speed yet."""

    seen: int = 0
    at: float = -inf
    fastest: float = 1.0
    live: bool = False
    session: _Session | None = None


class Lint:
    """The check of one log, fed record by record so that a log may be of any length.

    ``shows``: the events that the log can have at all, None for all. Of a log that shows only
    some of them, as an analytics service receives, no more is demanded than it can show: its
    records are taken as they are, their times and positions as whole seconds, and neither an
    index nor a life of the player is looked for.
    """

    def __init__(
        self, policy: Policy | None = None, *, shows: frozenset[str] | None = None
    ) -> None:
        self._policy = policy or Policy()
        self._shows = shows
        #: What was seen so far, by player.
        self.players: dict[str | None, PlayerSeen] = {}
        self._owners: dict[str, str | None] = {}
        self._line = 0

    def add(self, line: int, record: object) -> list[Finding]:
        """Problems of the record on ``line``, given those before it."""
        self._line = line
        # What is malformed is not judged further, by values that it does not have.
        breaches = malformed(record) if self._shows is None else []
        breaches = breaches or self._judge(record)
        session = record.get("session") if isinstance(record, dict) else None
        shown = session if isinstance(session, str) else None
        return [Finding(rule, line, shown, message) for rule, message in breaches]

    def end(self) -> list[Finding]:
        """Problems that show only at the end of the log."""
        return [
            Finding(rule, self._line, player.session.id, message)
            for player in self.players.values()
            if player.session is not None
            for rule, message in _left_open(player.session)
        ]

    def _judge(self, record: Any) -> list[_Breach]:
        name = record.get("player")
        player = self.players.setdefault(name, PlayerSeen())
        breaches = list(self._enter(player, name, record))
        session = player.session
        assert session is not None
        if self._shows is None:
            breaches += _order(player, session, record)
            breaches += _lifecycle(player, session, record, self._policy)
            breaches += _play_pairs(session, record["event"], lenient=False)
        else:
            breaches += _partial_lifecycle(session, record["event"], self._shows)
            if self._shows >= {"PAUSE", "RESUME"}:
                breaches += _play_pairs(session, record["event"], lenient=session.failed)
        if self._shows is None or record["event"] in self._shows:
            breaches += _once(player, session, record["event"])
        if record["event"] in _AFTER_PLAY and not session.seen & _BITS["PLAY"]:
            breaches.append(("I-life", f"{record['event']} before PLAY"))
        breaches += _buffer_pairs(session, record)
        breaches += _milestone(player, session, record, self._policy, self._shows is not None)
        _note(player, session, record)
        return breaches

    def _enter(self, player: PlayerSeen, name: str | None, record: _Record) -> Iterator[_Breach]:
        """I-session, and REPLAY's link to the session that it repeats."""
        current, session = player.session, record["session"]
        if current is None or current.id != session:
            if session not in self._owners:
                self._owners[session] = name
            elif self._owners[session] == name:
                yield "I-session", "the session ended when the player opened another"
            else:
                yield "I-session", "the session belongs to another player"
            yield from _left_open(current)
            player.session = _Session(session)
        if record["event"] == "REPLAY" and self._shows is None:
            same = self._policy.replay_session == "same"
            wanted = session if same else current and current.id
            previous = record.get("previous_session")
            if wanted is not None and previous != wanted:
                yield "I-session", f"previous_session is {shorten(previous)}, not {wanted!r}"


def _bit(event: str) -> int:
    return _BITS.get(event, _OTHER)


def _left_open(session: _Session | None) -> Iterator[_Breach]:
    if session is not None and session.buffering:
        yield "I-pair", "the session ends in a BUFFER_START without its BUFFER_END"


# ---------------------------------------------------------------- rules of one event at a time


def _order(player: PlayerSeen, session: _Session, record: _Record) -> Iterator[_Breach]:
    """I-index."""
    if record["index"] != session.index + 1:
        yield "I-index", f"index {record['index']} follows {session.index}"
    if record["at"] < player.at:
        yield "I-index", f"at {record['at']} is before {player.at}, that of an earlier event"


def _lifecycle(
    player: PlayerSeen, session: _Session, record: _Record, policy: Policy
) -> Iterator[_Breach]:
    """I-life, of a log that shows all events."""
    event = record["event"]
    if event not in ("WIDGET_LOADED", "ERROR") and not player.seen & _BITS["WIDGET_LOADED"]:
        yield "I-life", f"{event} before WIDGET_LOADED"
    if event == "PLAY" and not session.seen & _BITS["PLAY_REQUEST"]:
        yield "I-life", "PLAY before PLAY_REQUEST"
    if event == "REPLAY" and policy.replay_session == "new" and session.seen:
        rule = "I-once" if session.seen & _bit(event) else "I-life"
        yield rule, "REPLAY is not the first event of its session"


def _partial_lifecycle(session: _Session, event: str, shows: frozenset[str]) -> Iterator[_Breach]:
    """I-life, as far as the events show it that there are."""
    if event == "WIDGET_LOADED" and session.seen & ~_BITS[event]:
        yield "I-life", "WIDGET_LOADED is not the first event of its session"
    first = next((each for each in ("PLAY_REQUEST", "MEDIA_LOADED") if each in shows), None)
    if event != "PLAY" or first is None:
        return
    if not session.seen & (_BITS[first] | _BITS["REPLAY"]):
        yield "I-life", f"PLAY before {first}"


def _once(player: PlayerSeen, session: _Session, event: str) -> Iterator[_Breach]:
    """I-once."""
    if event in _ONCE and session.seen & _bit(event):
        yield "I-once", f"{event} for the second time in the session"
    if event in _ONCE_A_PLAYER and player.seen & _bit(event):
        anew = "" if session.seen else "; if it was started anew, check each run by itself"
        yield "I-once", f"{event} for the second time of the player{anew}"


def _buffer_pairs(session: _Session, record: _Record) -> Iterator[_Breach]:
    """I-pair: BUFFER_START and BUFFER_END."""
    event = record["event"]
    if event == "BUFFER_START" and session.buffering:
        yield "I-pair", "BUFFER_START follows BUFFER_START"
    if event == "BUFFER_END" and not session.buffering:
        yield "I-pair", "BUFFER_END without a BUFFER_START"
    if session.buffering and (event in _ENDS_BUFFER or event == "REPLAY" or _fatal(record)):
        yield "I-pair", f"{event} before the BUFFER_END of the open BUFFER_START"


def _play_pairs(session: _Session, event: str, *, lenient: bool) -> Iterator[_Breach]:
    """I-pair: PAUSE and RESUME; ``lenient`` where a pause may have ended unseen."""
    # A fatal error may end a pause unseen: the same code is not reported again (R-error).
    if event == "PAUSE" and session.paused and not session.failed:
        yield "I-pair", "PAUSE follows PAUSE"
    if event == "RESUME" and not session.paused and not lenient:
        yield "I-pair", "RESUME without a PAUSE"


def _milestone(
    player: PlayerSeen, session: _Session, record: _Record, policy: Policy, coarse: bool
) -> Iterator[_Breach]:
    """I-true, as far as a log shows it; ``coarse``: in whole seconds, and without speeds."""
    event, position, duration = record["event"], record["position"], record["duration"]
    if event == "COMPLETED" and not coarse:
        yield from _completed(record, policy)
    if event not in _MILESTONES:
        return
    if not duration:
        if coarse:
            return
        yield "I-true", f"{event} without a duration"
        return
    landed = session.landed
    point = duration * _MILESTONES[event] / 100
    if position is None or landed is None or landed.position < point:
        return
    rate = max(player.fastest, policy.max_natural_rate) if coarse else player.fastest
    tolerance = policy.jump_tolerance * max(1.0, rate) + policy.end_tolerance
    if coarse:
        tolerance += _COARSE * (1.0 + rate)
    within = rate * (record["at"] - landed.at) + tolerance
    if landed.duration == duration and not player.live and position - point > within:
        put = f"the playhead was put to {landed.position:g} at {landed.at}"
        never = f"cannot have played from {point:g} to there since"
        yield "I-true", f"{event} at {position:g}, but {put} and {never}"


def _completed(record: _Record, policy: Policy) -> Iterator[_Breach]:
    if not record["duration"]:
        yield "I-true", "COMPLETED without a duration"
    share: Any = record.get("watched")
    if is_number(share) and not (policy.completion or 0.0) - 1e-9 <= share <= 1.0 + 1e-9:
        yield "I-true", f"COMPLETED with {share:g} of the media watched"


def _fatal(record: _Record) -> bool:
    return bool(record["event"] == "ERROR" and record.get("fatal") is True)


def _note(player: PlayerSeen, session: _Session, record: _Record) -> None:
    """Remember what the event says."""
    event, at = record["event"], record["at"]
    session.index = record["index"]
    session.seen |= _bit(event)
    player.at = max(player.at, at)
    if event in _ONCE_A_PLAYER:
        player.seen |= _bit(event)
    elif event == "MEDIA_LOADED":
        player.live = record.get("live") is True
    elif event in ("PAUSE", "RESUME"):
        session.paused = event == "PAUSE"
    elif event in ("BUFFER_START", "BUFFER_END"):
        session.buffering = event == "BUFFER_START"
    elif event in ("PLAY", "SEEK"):
        position = record.get("target") if event == "SEEK" else record["position"]
        session.landed = (
            # An inferred SEEK may be reported only when the duration has changed since.
            _Landed(at, position, session.duration)
            if session.duration == record["duration"]
            and position is not None
            and is_seconds(position)
            else None
        )
    elif event == "SPEED" and is_number(record.get("rate")):
        player.fastest = max(player.fastest, record["rate"])
    elif event == "ERROR":
        session.failed = True
    if _fatal(record) or event == "REPLAY":
        session.paused = session.buffering = False
    session.duration = record["duration"]
