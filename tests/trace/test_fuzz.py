"""Hostile input by the hundred thousand: complaints and right event logs, never a traceback.

Everything is seeded, so that a run that fails can be looked into.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from playertrack import SignalError
from playertrack.cli import main
from playertrack.signals import ACTIONS, SIGNALS, SLOTS
from playertrack.trace.codec import LineError, parse_signal
from playertrack.trace.lint import check

LINES = 100_000

CORPUS = [
    line
    for path in sorted((Path(__file__).parents[1] / "cases").glob("*.json"))
    for line in map(json.dumps, json.loads(path.read_text())["signals"])
]

#: What a mutation writes into a line: the bytes that JSON is made of, and some that it is not.
TOKENS = [
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"-", b".", b"e", b"E", b"+", b"0", b"9"),
    *(b"null", b"true", b"NaN", b"-Infinity", b"1e999", b"9" * 400, b"1e-400", b"\\ud800"),
    *(b"\x00", b"\xff", b"\xc3", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"\r", b"\x0b", b'"at": 1,'),
]

FIELDS: dict[str, list[Any]] = {
    "position": [0, 0.2, 50, 99.9, 100, 101, 1e300, None],
    "origin": [0, 10.5, None],
    "by": ["viewer", "player", None, "nobody"],
    "duration": [0, 1e-9, 1, 100, 1e9, None],
    "rate": [0, 5e-324, 0.5, 1, 4, 4.1, 1e308],
    "entry_id": ["A", "B", "", "\x00", "é" * 1000],
    "code": ["E", "F", ""],
    "language": ["en", None],
    "bitrate": [0, 800, 1e300, 10**30, None],
    "slot": [*SLOTS, "interlude"],
    "action": [*ACTIONS, "sleep"],
    "volume": [0, 1, 2],
    **{name: [True, False, False, 0] for name in ("live", "dvr", "loop", "fatal", "on", "muted")},
}

#: Enough of them that some play for long before somebody closes them.
PLAYERS = [*(f"player {number}" for number in range(200)), "", "\n", 7]

NAMES = tuple(sorted(SIGNALS))

#: Times that break what follows, so they are rare.
TIMES = [0, -0.0, 5e-324, -1e12, 1e12, 1e12 + 1, None]


def mutated(random: Random) -> bytes:
    """A valid line with a few bytes changed, cut out or put in."""
    line = bytearray(random.choice(CORPUS).encode())
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        start = random.randrange(len(line) + 1)
        length = random.choice((0, 0, 1, 1, 5))
        line[start : start + length] = random.choice(TOKENS)
    return bytes(line)


def noise(random: Random) -> bytes:
    return random.randbytes(random.choice((0, 1, 10, 100)))


def hostile(random: Random) -> bytes:
    """JSON that is as good as any and means nothing, or too much."""
    deep = random.choice((5, 500, 5000))
    return random.choice(
        (
            b"[" * deep,
            b"[" * deep + b"]" * deep,
            b'{"x":' * deep,
            b'{"signal": ' + b"{}" + b', "at": 1}',
            b'{"signal": "play", "at": ' + b"1" * deep + b"}",
            b'{"signal": "' + b"\\u0000" * deep + b'", "at": 1}',
            b'{"signal": "pause", "at": 1, "x": ' + b"[" * deep + b"]" * deep + b"}",
        )
    )


def signal(random: Random) -> bytes:
    """A signal whose fields hold what they may hold just so, or just not."""
    record: dict[str, Any] = {"signal": random.choice(NAMES)}
    for field, values in FIELDS.items():
        if random.random() < 0.5:
            record[field] = random.choice(values)
    if random.random() < 0.9:
        record["player"] = random.choice(PLAYERS)
    often = random.random() < 0.95
    record["at"] = round(random.uniform(0, 1000), 2) if often else random.choice(TIMES)
    return json.dumps(record).encode()


def played(random: Random) -> Iterator[bytes]:
    """A while of more or less ordinary playback."""
    at, position, player = random.uniform(0, 1000), 0.0, random.choice(PLAYERS)
    for _ in range(random.randrange(80)):
        step = random.choice((0.25, 0.25, 0.25, 1.0, 3.0, 90.0))
        at += step
        position = max(0.0, position + step * random.choice((1, 1, 1, 1, 0, -1, 2, 20)))
        name = random.choice(("timeupdate",) * 40 + ("play", "playing") * 3 + NAMES)
        record: dict[str, Any] = {"signal": name, "at": at, "player": player}
        record |= {"position": position, "entry_id": "A", "duration": 60, "rate": 1.5, "on": True}
        record |= {"code": "E", "language": "en", "action": "share", "volume": 1, "slot": "midroll"}
        yield json.dumps(record).encode()


def hostile_trace(seed: int, count: int) -> bytes:
    random = Random(seed)
    single: list[Callable[[Random], bytes]] = [mutated, mutated, noise, hostile, signal, signal]
    lines: list[bytes] = []
    while len(lines) < count:
        if random.random() < 0.1:
            lines += played(random)
        else:
            lines += random.choice(single)(random).split(b"\n")
    return b"\n".join(lines[:count])


def records(log: Path) -> list[Any]:
    return list(map(json.loads, log.read_bytes().splitlines()))


def test_a_hundred_thousand_hostile_lines_end_in_complaints_and_a_right_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace, log = tmp_path / "trace", tmp_path / "log"
    trace.write_bytes(hostile_trace(1, LINES))

    assert main(["derive", str(trace), "-o", str(log), "--skip-bad"]) == 1

    err = capsys.readouterr().err
    place = re.escape(f"{trace}:")
    assert re.fullmatch(rf"(?:{place}\d+: [^\n]+\n)+{place} \d+ lines left out\n", err)
    assert LINES / 10 < err.count("\n") < LINES * 9 / 10
    events = records(log)
    assert len(events) > LINES / 100
    assert check(events) == []


@pytest.mark.parametrize(
    "policy",
    [
        ("frozen_after=1", "pause_grace=1", "error_repeats=1"),
        ("infer_seeks=false", "view_interval=null", "repeat_loaded=true"),
        ("replay_session=same", "reload_same_entry=keep", "max_intervals=1"),
        ("stall_grace=0", "pause_grace=0", "settle=0", "jump_tolerance=0", "resume_advance=0"),
    ],
)
def test_no_policy_makes_a_log_wrong(policy: tuple[str, ...], tmp_path: Path) -> None:
    trace, log = tmp_path / "trace", tmp_path / "log"
    trace.write_bytes(hostile_trace(2, LINES // 10))
    options = [word for field in policy for word in ("--policy", field)]

    assert main(["derive", str(trace), "-o", str(log), "--skip-bad", *options]) == 1
    assert main(["lint", str(log), *options]) == 0


def test_hostile_lines_can_be_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = tmp_path / "trace"
    trace.write_bytes(hostile_trace(3, LINES // 10))

    assert main(["explain", str(trace), "--skip-bad"]) == 1
    assert main(["explain", str(trace), "--skip-bad", "--json"]) == 1
    assert capsys.readouterr().out.count("did not fire") > 10


@pytest.mark.parametrize("command", ["lint", "check", "derive", "explain"])
def test_noise_is_wrong_input_and_no_more(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    random, path = Random(4), tmp_path / "noise"
    for make in (mutated, noise, hostile):
        for _ in range(100):
            path.write_bytes(make(random))
            assert main([command, str(path)]) in (0, 1, 2)
            assert len(capsys.readouterr().err.splitlines()) <= 1


def test_a_log_with_hostile_values_is_linted_to_the_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    random, path = Random(5), tmp_path / "log"
    values = [value for values in FIELDS.values() for value in values] + [[], {}, "PLAY", "s"]
    fields = ("event", "at", "player", "session", "index", "position", "duration", "rate")
    lines = [
        json.dumps({field: random.choice(values) for field in fields if random.random() < 0.9})
        for _ in range(LINES // 20)
    ]
    path.write_text("\n".join(line for line in lines if "000000000000000000000" not in line))

    assert main(["lint", str(path)]) == 1
    assert capsys.readouterr().err.endswith(" findings\n")


def test_what_is_left_out_leaves_nothing_behind(tmp_path: Path) -> None:
    whole, clean = tmp_path / "whole", tmp_path / "clean"
    lines = hostile_trace(6, LINES // 10).split(b"\n")
    whole.write_bytes(b"\n".join(lines))
    logs = [tmp_path / "log", tmp_path / "clean log"]

    assert main(["derive", str(whole), "-o", str(logs[0]), "--skip-bad"]) == 1
    clean.write_bytes(b"\n".join(line for line in lines if taken(line)))
    assert main(["derive", str(clean), "-o", str(logs[1])]) == 0
    assert logs[0].read_bytes() == logs[1].read_bytes()


def taken(line: bytes) -> bool:
    """True if a line is a signal."""
    try:
        parse_signal(line)
    except (LineError, SignalError):
        return False
    return True
