"""A walk over every state that a player can be in, breadth first, by a small set of signals.

A state is what an engine's snapshot holds, less what cannot matter to what it does next:

- when it was: times are kept relative to the last one, since nothing but session ids and the
  events' ``at`` depends on the time of day, and all steps are binary fractions, so that the
  arithmetic is exact wherever the clock stands. What is longer ago than `LONG` is just long
  ago: all graces, gaps and the media are shorter;
- who it was: ids, ordinals and indices, which the monitor checks event by event;
- what was only counted: tallies, join times, summaries of the past. Of reported errors it
  matters how often, and whether something was played since.

The monitor that watches the invariants (see `monitor`) is part of a node, with what it
remembers that can still make a difference. What has no entry below is compared as it is, so
that a field which is new makes more states, never fewer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from hashlib import blake2b
from typing import Any

import attrs
from monitor import Monitor

from playertrack import Engine, Policy
from playertrack.core.open_intervals import (
    Before,
    Cadence,
    Fall,
    OpenAd,
    OpenStall,
    Settling,
    Stale,
    Start,
    Waiting,
)
from playertrack.core.playhead import Elapsed, Pace, Run
from playertrack.core.state import SELDOM, State
from playertrack.signals import Signal, from_record

#: Seconds after which it does not matter any more how long ago something was.
LONG = 400.0

#: 8 s of media: quartiles at 2, 4, 6 and 8, all exact in binary.
DURATION = 8.0

POLICY = Policy(view_interval=None)

_PLACES = (0.0, 2.0, 4.0, 6.0, 7.75, 8.0)
_STEPS = (0.0, 0.125, 0.3125, 1.0, 5.0)

_Record = dict[str, Any]


def _updates(*places: float) -> list[_Record]:
    return [{"signal": "timeupdate", "position": place} for place in places]


#: What happens all the time.
CORE: Sequence[_Record] = (
    *_updates(*_PLACES),
    *({"signal": name} for name in ("play", "playing", "pause", "stall", "stall_end", "tick")),
    *({"signal": name} for name in ("seeking", "seeked", "ended")),
    {"signal": "seeking", "position": 4.0},
    {"signal": "seeked", "position": 6.0},
)

#: The rest.
FULL: Sequence[_Record] = (
    *CORE,
    {"signal": "ready"},
    {"signal": "loaded", "entry_id": "A", "duration": DURATION},
    {"signal": "loaded", "entry_id": "A", "duration": DURATION, "loop": True, "position": 2.0},
    {"signal": "loaded", "entry_id": "B"},
    {"signal": "pause", "position": 8.0},
    {"signal": "playing", "position": 2.0},
    {"signal": "ended", "position": 8.0},
    {"signal": "seek", "position": 0.0},
    {"signal": "looped"},
    {"signal": "stop"},
    {"signal": "replay"},
    {"signal": "ratechange", "rate": 1.0},
    {"signal": "ratechange", "rate": 8.0},
    {"signal": "durationchange", "duration": 4.0},
    {"signal": "durationchange", "duration": None},
    {"signal": "error", "code": "E"},
    {"signal": "error", "code": "E", "fatal": False},
    {"signal": "captions", "language": "en"},
    {"signal": "ad_start", "slot": "midroll", "duration": 1.0},
    {"signal": "ad_start", "slot": "postroll"},
    {"signal": "ad_start", "slot": "overlay"},
    {"signal": "ad_progress", "position": 0.5},
    {"signal": "ad_click"},
    {"signal": "ad_end"},
    {"signal": "close"},
)

# ------------------------------------------------------------------- what makes a state

#: The fields that are times, by class.
_TIMES: dict[type, frozenset[str]] = {
    Elapsed: frozenset({"since", "until"}),
    Run: frozenset({"moved_at"}),
    Waiting: frozenset({"at"}),
    Settling: frozenset({"at"}),
    Before: frozenset({"moved_at", "landing", "still_since"}),
    Stale: frozenset({"moved_at", "opened", "played"}),
    Start: frozenset({"played"}),
    OpenStall: frozenset({"at"}),
    OpenAd: frozenset({"began", "last_at"}),
    Cadence: frozenset({"since", "update"}),
}
_ENGINE_TIMES = ("event_at", "joining", "landing", "still_since")

#: What an engine always has and what matters of it as it is.
_AS_IT_IS = ("state", "position", "slack", "media", "span_from", "fired")

#: What an engine may have besides and which is of no matter, or is treated by itself.
_NO_MATTER = frozenset(
    {"tally", "joined", "last_summary", "errors", "joining", "landing", "still_since"}
)


def state_of(engine: Engine) -> tuple[Any, ...]:
    """An engine's next steps depend on this and on nothing else."""
    now = engine.last_at or 0.0
    seldom = engine.tidy()
    reported = {
        code: (times, engine.play_time > when)
        for code, (times, when) in (engine.errors or {}).items()
    }
    return (
        *(_plain(getattr(engine, name), now) for name in _AS_IT_IS),
        *(_ago(getattr(engine, name), now) for name in _ENGINE_TIMES),
        engine.pace.rate,
        # Without a position it has not moved, at whatever time.
        *(
            (_ago(engine.moved_at, now), _plain(engine.elapsed, now))
            if engine.position is not None
            else ()
        ),
        engine.session is None,
        engine.join_time is None,
        engine.last_at is None,
        sorted(reported.items()),
        [(name, _plain(seldom[name], now)) for name in sorted(seldom.keys() - _NO_MATTER)],
    )


def _ago(at: float | None, now: float) -> float | None:
    return None if at is None else max(-LONG, at - now)


def _plain(value: Any, now: float) -> Any:
    """The value without times of day; a class by its name, and its fields in order."""
    if isinstance(value, Pace):
        return value.rate
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Fall):
        since = [(where, at - value.at) for where, at in value.updates]
        return "Fall", _ago(value.at, now), value.position, since
    if attrs.has(type(value)):
        times = _TIMES.get(type(value), frozenset[str]())
        return (
            type(value).__name__,
            *(
                _ago(getattr(value, field.name), now)
                if field.name in times
                else _plain(getattr(value, field.name), now)
                for field in attrs.fields(type(value))
            ),
        )
    return value


def check_names() -> None:
    """That what is named above is there; a field that went by that name may have moved."""
    known = {field.name for field in attrs.fields(Engine)} | set(SELDOM)
    for name in {*_AS_IT_IS, *_ENGINE_TIMES, *_NO_MATTER}:
        assert name in known, name
    for owner, names in _TIMES.items():
        assert names <= {field.name for field in attrs.fields(owner)}, owner


# -------------------------------------------------------------------------------- walking


@attrs.frozen
class Node:
    """An engine as it was when its state was first reached, and what was seen of it."""

    saved: bytes
    monitor: Monitor
    depth: int
    way: tuple[Any, ...] | None

    def trace(self) -> list[_Record]:
        """The signals that lead here."""
        records, way = [], self.way
        while way is not None:
            way, record = way
            records.append(record)
        return records[::-1]


@attrs.define
class Walk:
    """Where a walk has come to. ``at_most`` nodes wait to be walked from; more are counted only."""

    alphabet: Sequence[_Record]
    policy: Policy = POLICY
    at_most: int = 200_000
    states: int = 0
    transitions: int = 0
    depth: int = 0
    left_out: int = 0
    reached: set[State] = attrs.field(factory=set)
    seen: set[bytes] = attrs.field(factory=set)
    waiting: deque[Node] = attrs.field(factory=deque)

    def begin(self, *ways: Sequence[_Record]) -> None:
        """Begin from a new player, and from where each of ``ways`` leads it."""
        for way in ((), *ways):
            engine = Engine(policy=self.policy)
            monitor = Monitor(self.policy)
            trace: tuple[Any, ...] | None = None
            for record in way:
                monitor = watch(monitor, engine, from_record({"at": 0.0, **record}))
                trace = (trace, record)
            self.add(engine, Node(engine.snapshot(), monitor, 0, trace))

    def add(self, engine: Engine, node: Node) -> None:
        key = (state_of(engine), node.monitor.memory())
        digest = blake2b(repr(key).encode(), digest_size=12).digest()
        if digest in self.seen:
            return
        self.seen.add(digest)
        self.states += 1
        self.depth = max(self.depth, node.depth)
        self.reached.add(engine.state)
        if len(self.waiting) < self.at_most:
            self.waiting.append(node)
        else:
            self.left_out += 1

    def go_on(self, until: Callable[[], bool]) -> None:
        """Walk on until there is nothing new or ``until`` says so."""
        while self.waiting and not until():
            node = self.waiting.popleft()
            for signal in self.signals(node):
                engine, monitor = Engine.restore(node.saved), node.monitor
                self.transitions += 1
                record = {"signal": signal.name, "at": signal.at, "position": signal.position}
                way = (node.way, record)
                try:
                    monitor = watch(monitor, engine, signal)
                    due = engine.next_timer()
                    assert due is None or due > signal.at, "what is due was not done"
                except Exception as error:
                    lost = Node(b"", monitor, 0, way).trace()
                    raise AssertionError(f"after {lost}, {signal!r}: {error!r}") from error
                self.add(engine, Node(engine.snapshot(), monitor, node.depth + 1, way))

    def signals(self, node: Node) -> Iterator[Signal]:
        now = Engine.restore(node.saved).last_at or 0.0
        for record in self.alphabet:
            for step in _STEPS:
                yield from_record({"at": now + step, **record})


def watch(monitor: Monitor, engine: Engine, signal: Signal) -> Monitor:
    """Feed a signal and judge what comes of it; returns what has seen that as well."""
    events = engine.feed(signal)
    if events or (monitor.paused and engine.state is State.FAILED):
        monitor = monitor.copy()
        monitor.judge(engine, events)
    assert engine.slack <= max(engine.pace.cap, engine.policy.jump_tolerance * 8.0)
    return monitor
