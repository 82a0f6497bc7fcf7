"""Scenarios as text: signals line by line, each with the events that it has to make.

    [seek-past-quartile] R-seek R-quartile {view_interval=10}
    # A comment says why.
    playing 100
    10 @10
    10 seeking
    11 seeked @80        -> SEEK @80 origin=10 target=80
    12 @81
    eof                  -> ...

A line is ``TIME SIGNAL ARGUMENTS -> EVENT; EVENT``. ``@80`` is a position, and a time with
nothing but that an update. An event is ``[TIME] NAME[#session] [@position] [key=value]``; its
time is that of the line, its session the one named last (ordinals from 1), unless given;
``@null`` is no position; what is not given is not compared. ``rule`` and ``cause`` are those
of the event. ``eof`` closes the player as the
end of a trace does, and is added where it is missing. ``playing 100`` stands for a player
that loaded 100 s of media and plays from time 0 on, ``loaded 100`` and ``starting 100`` for
the steps before, with their events. ``? key=value`` compares what the player knows.
A policy of ``view_interval=null`` is assumed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from playertrack import Engine, Policy
from playertrack.events import Event, to_record
from playertrack.signals import Signal, from_record

RULES = Path(__file__).parent / "rules"

#: What the arguments of a signal are when they have no name.
_ARGUMENTS = {
    "loaded": ("entry_id", "duration"),
    "ratechange": ("rate",),
    "durationchange": ("duration",),
    "error": ("code",),
    "captions": ("language",),
    "audio_track": ("language",),
    "flavor_switch": ("bitrate",),
    "source_selected": ("bitrate", "source"),
    "volume": ("volume",),
    "fullscreen": ("on",),
    "engage": ("action",),
    "ad_start": ("slot", "duration"),
}

_OPENING = (
    ("loaded", "0 ready -> WIDGET_LOADED"),
    ("loaded", "0 loaded A {} -> MEDIA_LOADED"),
    ("starting", "0 play -> PLAY_REQUEST"),
    ("playing", "0 playing -> PLAY join_time=0; FIRST_PLAY"),
)
_STAGES = ("loaded", "starting", "playing")


@attrs.frozen
class Step:
    """A signal (None: the end of the trace), the events it makes, or what is then known."""

    line: str
    signal: Signal | None = None
    events: tuple[dict[str, Any], ...] = ()
    known: dict[str, str] | None = None


@attrs.frozen
class Scenario:
    """One scenario; ``rules`` are those that it shows."""

    id: str
    rules: tuple[str, ...]
    policy: Policy
    entry_id: str | None
    steps: tuple[Step, ...]

    @property
    def signals(self) -> list[Signal]:
        return [step.signal for step in self.steps if step.signal is not None]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for step in self.steps for event in step.events]

    def engine(self, **options: Any) -> Engine:
        return Engine(policy=self.policy, entry_id=self.entry_id, **options)


def load() -> list[Scenario]:
    """Every scenario in ``tests/core/rules``."""
    return [
        scenario for file in sorted(RULES.glob("*.txt")) for scenario in parse(file.read_text())
    ]


def parse(text: str) -> Iterator[Scenario]:
    """The scenarios in ``text``."""
    header, lines = "", list[str]()
    for raw in text.splitlines():
        line = raw.partition("# ")[0].rstrip()
        if line.startswith("["):
            if header:
                yield _scenario(header, lines)
            header, lines = line, []
        elif line.lstrip().startswith("->"):
            lines[-1] += (";" if "->" in lines[-1] else " ->") + line.lstrip()[2:]
        elif line and line != "#":
            lines.append(line)
    if header:
        yield _scenario(header, lines)


def _scenario(header: str, lines: list[str]) -> Scenario:
    name, _, rest = header[1:].partition("]")
    rules, _, options = rest.partition("{")
    given = dict(_pair(word) for word in options.rstrip("}").split())
    entry_id = given.pop("entry_id", None)
    if not any(line.startswith("eof") for line in lines):
        lines = [*lines, "eof"]
    session = [1]
    return Scenario(
        name,
        tuple(rules.split()),
        Policy.from_mapping({"view_interval": None, **given}),
        entry_id,
        tuple(step for line in lines for step in _steps(line, session)),
    )


def _steps(line: str, session: list[int]) -> Iterator[Step]:
    left, _, right = line.partition("->")
    words = left.split()
    if words[0] in _STAGES:
        for stage, opening in _OPENING:
            if _STAGES.index(stage) <= _STAGES.index(words[0]):
                yield from _steps(opening.format(" ".join(words[1:]) or "-"), session)
    elif words[0] == "?":
        yield Step(line, known=dict(word.split("=", 1) for word in words[1:]))
    else:
        signal = None if words[0] == "eof" else _signal(words)
        at = None if signal is None else signal.at
        events = [_event(part.split(), at, session) for part in right.split(";") if part.strip()]
        yield Step(line, signal, tuple(events))


def _signal(words: list[str]) -> Signal:
    at, *rest = words
    name = "timeupdate" if rest[0].startswith("@") else rest.pop(0)
    record: dict[str, Any] = {"signal": name, "at": float(at)}
    names = iter(_ARGUMENTS.get(name, ()))
    for word in rest:
        if word.startswith("@"):
            record["position"] = float(word[1:])
        elif "=" in word:
            key, value = _pair(word)
            record[key] = value
        else:
            record[next(names)] = _value(word)
    return from_record(record)


def _event(words: list[str], at: float | None, session: list[int]) -> dict[str, Any]:
    if words[0][0].isdigit():
        at = float(words.pop(0))
    name, _, ordinal = words.pop(0).partition("#")
    if ordinal:
        session[0] = int(ordinal)
    record: dict[str, Any] = {"event": name, "session": session[0]}
    if at is not None:
        record["at"] = at
    for word in words:
        if word.startswith("@"):
            record["position"] = _value(word[1:])
        else:
            key, value = _pair(word)
            record[key] = value
    return record


def _pair(word: str) -> tuple[str, Any]:
    key, equals, value = word.partition("=")
    return key, _value(value) if equals else True


def _value(word: str) -> Any:
    if word == "-":
        return None
    try:
        return json.loads(word)
    except ValueError:
        return word


# ------------------------------------------------------------------------------ comparing


class Sessions:
    """Events as records, their sessions by ordinal."""

    def __init__(self) -> None:
        self.ordinals: dict[str, int] = {}

    def record(self, event: Event) -> dict[str, Any]:
        record = {**to_record(event), "rule": event.rule, "cause": event.cause}
        for key in ("previous_session", "session"):
            if record.get(key) is not None:
                record[key] = self.ordinals.setdefault(record[key], len(self.ordinals) + 1)
        return record


def differs(expected: dict[str, Any], got: dict[str, Any]) -> bool:
    """True if an event is not the expected one, as far as that says."""
    return any(key not in got or not _same(value, got[key]) for key, value in expected.items())


def _same(expected: Any, got: Any) -> bool:
    if type(expected) in (int, float) and type(got) in (int, float):
        return bool(abs(expected - got) <= 1e-6)
    return type(expected) is type(got) and bool(expected == got)


def shown(record: dict[str, Any], keys: dict[str, Any] | None = None) -> str:
    """An event in one line."""
    fields = {k: v for k, v in record.items() if k != "event" and (keys is None or k in keys)}
    return f"{record['event']} " + " ".join(f"{k}={v}" for k, v in fields.items())


def knowledge(engine: Engine) -> dict[str, str]:
    """A player's knowledge, for ``?`` lines."""
    summary = engine.summary()
    return {
        "state": engine.state.value,
        "position": _short(engine.position),
        "rate": _short(engine.rate),
        "entry_id": str(engine.entry_id),
        "duration": _short(engine.duration),
        "play_time": _short(summary.play_time),
        "watched": ",".join(f"{_short(a)}..{_short(b)}" for a, b in summary.watched) or "none",
        "quartiles": ",".join(map(str, summary.quartiles)) or "none",
        "join_time": _short(summary.join_time),
        "stalls": str(summary.stall_count),
        "stall_time": _short(summary.stall_time),
        "seeks": str(summary.seek_count),
        "errors": str(summary.error_count),
    }


def _short(number: float | None) -> str:
    return "null" if number is None else f"{round(number, 6):.12g}"
