"""Decodes the lines of a trace quickly: a `timeupdate` needs no signal to be made.

Most lines leave no doubt: a signal that is known, with the fields that it needs and no other.
Those are decoded straight into structs. A line that is in any doubt is left to the careful way
(`codec.parse_entry`), which knows what to say of it.
"""

from __future__ import annotations

from contextlib import suppress
from functools import reduce
from operator import or_
from typing import Annotated, Any

import attrs

from .._msgspec import msgspec
from ..errors import SignalError
from ..signals import MAX_AT, MAX_SEQ, SIGNALS, Signal

#: The number of a signal among those of its player.
Seq = Annotated[int, msgspec.Meta(ge=0, le=MAX_SEQ)]

UNSET = msgspec.UNSET


class Line(msgspec.Struct, gc=False, tag_field="signal", kw_only=True):
    """A line of a trace: player and number, and as many fields of the signal as are given."""

    player: str | None = None
    seq: Seq | None = None


class Update(Line, tag="timeupdate"):
    """A `timeupdate`; no more has to be checked."""

    at: Annotated[float, msgspec.Meta(ge=-MAX_AT, le=MAX_AT)]
    position: Annotated[float, msgspec.Meta(ge=0.0)]


def _struct(name: str, cls: Any) -> Any:
    """The struct of a signal, which will itself check what is in the fields."""
    fields = [
        (field.name, Any) if field.default is attrs.NOTHING else (field.name, Any, UNSET)
        for field in attrs.fields(cls)
    ]
    return msgspec.defstruct(name, fields, bases=(Line,), tag=name, gc=False, kw_only=True)


_STRUCTS = [_struct(name, cls) for name, cls in SIGNALS.items() if name != "timeupdate"]
_FIELDS: dict[type[Line], tuple[str, list[str]]] = {
    struct: (name, [field for field in struct.__struct_fields__ if field not in ("player", "seq")])
    for struct in _STRUCTS
    for name in [struct.__struct_config__.tag]
}
_FIELDS[Update] = ("timeupdate", ["at", "position"])
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(reduce(or_, _STRUCTS, Update))

#: What the decoder may raise.
ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def decode(text: bytes, count: int) -> list[Line | None]:
    """The ``count`` lines of ``text``; None where one cannot be decoded or leaves a doubt.

    The decoder does not mind keys that are there twice or that it does not know. Those show in
    the colons, of which a line has one a key and never fewer, so it is enough to count those of
    all the lines together, and to look closer only when there are too many.
    """
    found = _all_decoded(text, count)
    if found is not None:
        others = [line for line in found if type(line) is not Update]
        least = 5 * len(found) - 3 * len(others) + sum(map(_more, others))
        least -= [line.player for line in found].count(None)
        least -= [line.seq for line in found].count(None)
        if text.count(b":") == least:
            return found  # type: ignore[return-value] # as long as nobody adds a None
    lines = text.split(b"\n")
    each = map(_decoded, lines) if found is None else found
    return [
        line if line is not None and one.count(b":") == _colons(line) else None
        for line, one in zip(each, lines, strict=True)
    ]


def _all_decoded(text: bytes, count: int) -> list[Line] | None:
    """The lines at once; None if that is not possible or a line is not one object."""
    # Where one object ends and another begins is in no object: so no line break is in one.
    if text.count(b'}\n{"') == count - 1:
        with suppress(*ERRORS):
            found: list[Line] = _decoder.decode_lines(text)
            if len(found) == count:
                return found
    return None


def _decoded(line: bytes) -> Line | None:
    with suppress(*ERRORS):
        found: Line = _decoder.decode(line)
        return found
    return None


def _colons(line: Line) -> int:
    """How many colons the line has if it has each of its fields once, and none in its strings."""
    return (
        (3 if type(line) is Update else _more(line))
        + (line.player is not None)
        + (line.seq is not None)
    )


def _more(line: Line) -> int:
    """How many colons a line has besides those of player and seq, if it is no `Update`."""
    return 1 + sum(getattr(line, field) is not UNSET for field in _FIELDS[type(line)][1])


def signal_of(line: Line) -> Signal | None:
    """The signal in a line; None if one of its fields is invalid."""
    name, names = _FIELDS[type(line)]
    fields = {field: value for field in names if (value := getattr(line, field)) is not UNSET}
    try:
        return SIGNALS[name](**fields)
    except SignalError:
        return None
