"""Long traces through `playertrack derive`, against merely decoding their lines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from . import viewers
from .measuring import Row, Scale, children_time, in_turns
from .starting import COMMAND, child

#: Each line into a flat struct, which is quicker than into a dict.
DECODE = """\
import sys
import msgspec

class Line(msgspec.Struct, gc=False):
    signal: str
    at: float
    position: float | None = None
    player: str | None = None

decode = msgspec.json.Decoder(Line).decode
with open(sys.argv[1], "rb") as lines:
    for line in lines:
        decode(line)
"""

_DECODE_DICT = """\
import sys
import msgspec

decode = msgspec.json.Decoder().decode
with open(sys.argv[1], "rb") as lines:
    for line in lines:
        decode(line)
"""


#: The traces, by what is unusual about them: how players report, the policy, the target.
_TRACES: dict[str, tuple[viewers.Habit, dict[str, Any], float]] = {
    "friendly": (viewers.FRIENDLY, {}, 3.5),
    "positions on a grid of 0.12 s, late callbacks": (viewers.COARSE, {}, 6.0),
    "a clock set back near the start": (viewers.SET_BACK, {}, 4.5),
    "the updates and policy of VLC": (viewers.VLC, viewers.VLC_POLICY, 6.0),
}


def rows(scale: Scale) -> Iterator[Row]:
    with TemporaryDirectory() as folder:
        for name, (habit, policy, target) in _TRACES.items():
            yield from _trace(scale, Path(folder), name, habit, policy, target)


def _trace(
    scale: Scale,
    folder: Path,
    name: str,
    habit: viewers.Habit,
    policy: Mapping[str, Any],
    target: float,
) -> Iterator[Row]:
    trace, events, start = (
        str(folder / file) for file in ("trace.jsonl", "events.jsonl", "start.jsonl")
    )
    with Path(trace).open("wb") as file:
        file.writelines(viewers.lines(scale.lines, habit))
    Path(start).write_bytes(next(viewers.lines(1, habit)))
    fields = [f"--policy={field}={json.dumps(value)}" for field, value in policy.items()]
    timings = in_turns(
        2 * scale.runs,  # the yardstick takes a fraction of a second, in which a machine may change
        {
            "start": child(*COMMAND, "derive", start, "-o", events, *fields),
            "derive": child(*COMMAND, "derive", trace, "-o", events, *fields),
            "start to decode": child(sys.executable, "-c", DECODE, start),
            "decode": child(sys.executable, "-c", DECODE, trace),
            "decode into dicts": child(sys.executable, "-c", _DECODE_DICT, trace),
        },
        clock=children_time,
    )
    made = Path(events).read_bytes().count(b"\n")
    yield Row(
        f"playertrack derive / msgspec decoding the same lines: {name}",
        timings.ratio("derive", "decode", "start", "start to decode"),
        at_most=target,
        note=f"{scale.lines:,} lines, {made:,} events",
    )
    if habit is viewers.FRIENDLY:
        yield Row("the same, start included", timings.ratio("derive", "decode"))
        yield Row(
            "the same, decoded into dicts",
            timings.ratio("derive", "decode into dicts", "start", "start to decode"),
        )
