"""A long trace through `playertrack derive`, against merely decoding its lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from . import viewers
from .measuring import FULL, Row, Scale, children_time, in_turns
from .starting import COMMAND, child

#: Each line into a flat struct, which is quicker than into a dict.
_DECODE = """\
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


def rows(scale: Scale) -> Iterator[Row]:
    with TemporaryDirectory() as folder:
        trace, events = str(Path(folder, "trace.jsonl")), str(Path(folder, "events.jsonl"))
        with Path(trace).open("wb") as file:
            file.writelines(viewers.lines(scale.lines))
        timings = in_turns(
            scale.runs,
            {
                "derive": child(*COMMAND, "derive", trace, "-o", events),
                "decode": child(sys.executable, "-c", _DECODE, trace),
                "decode into dicts": child(sys.executable, "-c", _DECODE_DICT, trace),
            },
            clock=children_time,
        )
        made = Path(events).read_bytes().count(b"\n")
    yield Row(
        "playertrack derive / msgspec decoding the same lines",
        timings.ratio("derive", "decode"),
        at_most=3 if scale == FULL else None,  # of a short trace the start is too large a part
        note=f"{scale.lines:,} lines, {made:,} events",
    )
    yield Row("the same, decoded into dicts", timings.ratio("derive", "decode into dicts"))
