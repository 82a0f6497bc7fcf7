"""Decodes the lines of a trace quickly: a `timeupdate` needs no signal to be made.

Most lines leave no doubt: a signal that is known, with the fields that it needs and no other.
Those are decoded straight into structs. A line that is in any doubt is left to the careful way
(`codec.parse_entry`), which knows what to say of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property, reduce
from operator import or_
from typing import Annotated, Any

import attrs

from .._msgspec import msgspec
from ..errors import SignalError
from ..signals import MAX_AT, MAX_SEQ, SIGNALS, Signal

_AT = Annotated[float, msgspec.Meta(ge=-MAX_AT, le=MAX_AT)]
_POSITION = Annotated[float, msgspec.Meta(ge=0.0)]
#: The number of a signal among those of its player.
_SEQ = Annotated[int, msgspec.Meta(ge=0, le=MAX_SEQ)]

UNSET = msgspec.UNSET


class Line(msgspec.Struct, gc=False, tag_field="signal", kw_only=True):
    """A line of a trace: as many fields of the signal as are given."""


class Update(Line, tag="timeupdate"):
    """A `timeupdate`; no more has to be checked."""

    at: _AT
    position: _POSITION
    player: str | None = None
    seq: _SEQ | None = None


def _struct(name: str, cls: Any) -> Any:
    """The struct of a signal, which will itself check what is in the fields."""
    fields: list[Any] = [
        (field.name, Any) if field.default is attrs.NOTHING else (field.name, Any, UNSET)
        for field in attrs.fields(cls)
    ]
    fields += [("player", str | None, None), ("seq", _SEQ | None, None)]
    return msgspec.defstruct(name, fields, bases=(Line,), tag=name, gc=False, kw_only=True)


_STRUCTS = [_struct(name, cls) for name, cls in SIGNALS.items() if name != "timeupdate"]
_FIELDS: dict[type[Line], tuple[str, list[str]]] = {
    struct: (name, [field for field in struct.__struct_fields__ if field not in ("player", "seq")])
    for struct in [Update, *_STRUCTS]
    for name in [struct.__struct_config__.tag]
}

#: What the decoder may raise.
ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def _decoder(update: Any) -> Callable[[bytes], Any]:
    decode: Callable[[bytes], Any] = msgspec.json.Decoder(reduce(or_, _STRUCTS, update)).decode
    return decode


_decode_any = _decoder(Update)


class _Form:
    """A form of updates: with a player or without, with a number or without.

    ``update`` is a struct of just the fields that such an update has; each is one colon.
    """

    def __init__(self, *more: tuple[str, Any]) -> None:
        fields = [("at", _AT), ("position", _POSITION), *more]
        lacking = {name: None for name in ("player", "seq") if name not in dict(more)}
        self.update: Any = msgspec.defstruct(
            "Update",
            fields,
            bases=(Line,),
            namespace=lacking,
            tag="timeupdate",
            gc=False,
            forbid_unknown_fields=True,
        )
        self._colons = 1 + len(fields)

    @cached_property
    def _decode(self) -> Callable[[bytes], Any]:
        return _decoder(self.update)

    def decode(self, lines: Sequence[bytes]) -> list[Line] | None:
        """All ``lines``; None if an update is not of this form, or anything leaves a doubt."""
        try:
            found: list[Line] = list(map(self._decode, lines))
        except ERRORS:
            return None
        others = [line for line in found if type(line) is not self.update]
        least = self._colons * (len(found) - len(others)) + sum(map(_colons, others))
        return found if b"".join(lines).count(b":") == least else None


#: The forms, the usual one first.
_FORMS = [
    _Form(("player", str)),
    _Form(),
    _Form(("player", str), ("seq", _SEQ)),
    _Form(("seq", _SEQ)),
]


class LineDecoder:
    """Decodes the lines of a trace, whose updates are nearly always of one form.

    ``update``: the type of the updates that were decoded last.
    """

    def __init__(self) -> None:
        self.update: type[Any] = Update
        self._forms = _FORMS.copy()

    def decode(self, lines: Sequence[bytes]) -> Sequence[Line | None]:
        """The ``lines`` as structs; None where one cannot be decoded or leaves a doubt.

        The decoder does not mind keys that are there twice, nor, unless it is of an update, one
        that it does not know. Those show in the colons, of which a line has one a key and never
        fewer, so it is enough to count those of all the lines together, and to look closer only
        when there are too many.
        """
        for form in self._forms:
            found = form.decode(lines)
            if found is not None:
                if self.update is not form.update:
                    self.update = form.update
                    self._forms.remove(form)
                    self._forms.insert(0, form)  # the next lines will be of it, too
                return found
        self.update = Update
        return [_carefully_decoded(line) for line in lines]


def _carefully_decoded(line: bytes) -> Line | None:
    with suppress(*ERRORS):
        found: Line = _decode_any(line)
        if line.count(b":") == _colons(found):
            return found
    return None


def _colons(line: Any) -> int:
    """How many colons the line has if it has each of its fields once, and none in its strings."""
    given = sum(getattr(line, field) is not UNSET for field in _FIELDS[type(line)][1])
    return 1 + given + (line.player is not None) + (line.seq is not None)


def signal_of(line: Line) -> Signal | None:
    """The signal in a line; None if one of its fields is invalid."""
    name, names = _FIELDS[type(line)]
    fields = {field: value for field in names if (value := getattr(line, field)) is not UNSET}
    try:
        return SIGNALS[name](**fields)
    except SignalError:
        return None
