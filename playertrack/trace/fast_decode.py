"""Decodes the lines of a trace quickly: a `timeupdate` needs no signal to be made.

Most lines are plain: a known signal, with the fields that it needs and no others. These are
decoded straight into structs. Any other line is left to the careful decoder
(`codec.parse_entry`), which has the error messages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, reduce
from operator import attrgetter, or_
from typing import Annotated, Any, cast

import attrs

from .._msgspec import msgspec
from ..errors import SignalError
from ..signals import MAX_AT, MAX_SEQ, SIGNALS, Signal

_AT = Annotated[float, msgspec.Meta(ge=-MAX_AT, le=MAX_AT)]
_POSITION = Annotated[float, msgspec.Meta(ge=0.0)]
#: The number of a signal among those of its player.
_SEQ = Annotated[int, msgspec.Meta(ge=0, le=MAX_SEQ)]

UNSET = msgspec.UNSET
asdict = msgspec.structs.asdict


class Line(msgspec.Struct, gc=False, tag_field="signal", kw_only=True):
    """A line of a trace: as many fields of the signal as are given."""


class Update(Line, tag="timeupdate"):
    """A `timeupdate`; no more has to be checked."""

    at: _AT
    position: _POSITION
    player: str | None = None
    seq: _SEQ | None = None


#: What a field may hold, which the signal will itself check.
_FLAT = str | int | float | bool | None


def _struct(name: str, cls: Any) -> Any:
    """The struct of a signal."""
    fields: list[Any] = [
        (field.name, _FLAT) if field.default is attrs.NOTHING else (field.name, _FLAT, UNSET)
        for field in attrs.fields(cls)
    ]
    fields += [("player", str | None, None), ("seq", _SEQ | None, None)]
    return msgspec.defstruct(name, fields, bases=(Line,), tag=name, gc=False, kw_only=True)


def _optional(cls: Any) -> list[str]:
    return [field.name for field in attrs.fields(cls) if field.default is not attrs.NOTHING]


_STRUCTS = [_struct(name, cls) for name, cls in SIGNALS.items() if name != "timeupdate"]
#: By the struct of a line the class of its signal, and the fields that it can be without.
_KINDS: dict[type[Line], tuple[type[Signal], list[str]]] = {
    struct: (cls, _optional(cls))
    for struct in [Update, *_STRUCTS]
    for cls in [SIGNALS[struct.__struct_config__.tag]]
}
_values: dict[type[Line], Callable[[Line], tuple[Any, ...]]] = {
    struct: attrgetter(*struct.__struct_fields__) for struct in _KINDS
}

#: What the decoder may raise.
ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def _any_line(update: Any) -> Any:
    """The type of a line, if updates are of that one."""
    return reduce(or_, _STRUCTS, update)


_decode_any: Callable[[bytes], Any] = msgspec.json.Decoder(_any_line(Update)).decode

#: What is put between two lines to decode them at once. The ``null`` shows where one ends; the
#: newline stays, as no string may hold one.
_END = b",null,\n"


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
    def _decode(self) -> Callable[[bytes], list[Line | None]]:
        lines: Any = list[_any_line(self.update) | None]  # type: ignore[misc] # known only here
        decode: Callable[[bytes], list[Line | None]] = msgspec.json.Decoder(lines).decode
        return decode

    def decode(self, block: bytes) -> list[Line] | None:
        """All lines of ``block``; None if an update is not of this form, or anything is in doubt.

        They are decoded as one array. If each line is a value there are as many as lines, and the
        ends between them. No end can hide in a value: where an object is not closed there is no
        place for a ``null`` without a key, a string has no newline, and there are no arrays, as
        no field takes one and the colons show that there is no other field.
        """
        array = block.replace(b"\n", _END)
        try:
            found = self._decode(b"[%b]" % array)
        except ERRORS:
            return None
        if (len(found) - 1) * (len(_END) - 1) != 2 * (len(array) - len(block)):
            return None
        lines, update = cast("list[Line]", found[::2]), self.update
        others = [line for line in lines if type(line) is not update]
        if None in others:
            return None
        least = self._colons * (len(lines) - len(others)) + sum(map(_colons, others))
        return lines if block.count(b":") == least else None


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

    def decode(self, block: bytes) -> Sequence[Line | None]:
        """The lines of ``block`` as structs; None where one cannot be decoded or is in doubt.

        The decoder does not mind keys that are there twice, nor, unless it is of an update, one
        that it does not know. Those show in the colons, of which a line has one a key and never
        fewer, so it is enough to count those of all the lines together, and to look closer only
        when there are too many.
        """
        for form in self._forms:
            found = form.decode(block)
            if found is not None:
                if self.update is not form.update:
                    self.update = form.update
                    self._forms.remove(form)
                    self._forms.insert(0, form)  # the next lines will be of it, too
                return found
        self.update = Update
        return list(map(_carefully_decoded, block.split(b"\n")))


def _carefully_decoded(line: bytes) -> Line | None:
    try:
        found: Line = _decode_any(line)
        colons = line.count(b":")
        if colons == _colons(found) or (b"\\" not in line and colons == _flat_colons(line)):
            return found
    except ERRORS:
        pass
    return None


#: Decodes a line whose keys may be any, as long as nothing is nested.
_decode_flat = msgspec.json.Decoder(dict[str, str | float | bool | None]).decode


def _flat_colons(line: bytes) -> int:
    """As `_colons`, of a line without escapes: it may have unknown keys, and colons in strings."""
    record = _decode_flat(line)
    if None in (record.get("player", ""), record.get("seq", 0)):
        return -1  # they can be left out, but not null
    texts = [text for text in record.values() if type(text) is str]
    return len(record) + "".join([*record, *texts]).count(":")


def _colons(line: Any) -> int:
    """How many colons the line has if it has each of its fields once, and none in its strings."""
    values = _values[type(line)](line)
    return 1 + len(values) - values.count(UNSET) - (line.player is None) - (line.seq is None)


def signal_of(line: Line) -> Signal | None:
    """The signal in a line; None if one of its fields is invalid."""
    kind, optional = _KINDS[type(line)]
    fields = asdict(line)
    del fields["player"], fields["seq"]
    for name in optional:
        if fields[name] is UNSET:
            del fields[name]
    try:
        return kind(**fields)
    except SignalError:
        return None
