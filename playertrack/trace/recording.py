"""Raw recordings of players: what an adapter's translator needs to read them.

A recording has one JSON object a line: a callback, a command or a poll of the player, as it
came. A `Translator` turns these into signals, without a clock of its own: time is what the
records say. It is the pure half of an adapter, and what `playertrack derive --raw` runs.

The fields of a record are declared as annotations of a `Record`, and checked by `read`. No
compiled package takes part, so an adapter runs wherever Python does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import inf
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    NamedTuple,
    Protocol,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from ..errors import SignalError
from ..policy import Policy
from ..signals import Signal


class TranslationError(SignalError):
    """A record that cannot be translated; ``field`` names what is wrong with it."""


class Limits(NamedTuple):
    """The range of a number, both ends included; ``gt`` is an end that is not."""

    ge: float = -inf
    le: float = inf
    gt: float = -inf


#: A number that can be a time or a position, whatever its unit.
Number = Annotated[float, Limits(-1e12, 1e12)]

_REQUIRED: Any = object()


class _Key(NamedTuple):
    name: str
    default: Any


def key(name: str, default: Any = _REQUIRED) -> Any:
    """A field that has another name in the record, as ``play-state`` of a ``play_state``."""
    return _Key(name, default)


@dataclass_transform(eq_default=False, kw_only_default=True, field_specifiers=(key,))
class Record:
    """The fields of every record: ``t``, its time, and ``kind``, the player's own name for it.

    A subclass adds fields of the types float (an integer is taken, too), int, str, bool, None,
    Any, unions and lists of them, `Annotated` with `Limits`; what has a default may be missing.
    """

    t: Number
    kind: str

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({fields})"


class Command(Record):
    """A command with its arguments (``app.NAME``); the one that takes a text opens media."""

    args: list[Number | str] = key("args", [])


class Translator(Protocol):
    """Turns the records of one player into signals.

    ``policy`` is what suits the player; a record that cannot be is a `SignalError`.
    """

    policy: ClassVar[Policy]

    def translate(self, record: dict[str, Any]) -> Sequence[Signal]:
        """The signals that a record stands for."""

    def finish(self) -> Sequence[Signal]:
        """The signals that were held back; called when there are no more records."""


_R = TypeVar("_R", bound=Record)


def by_kind(shapes: Mapping[str, type[Record]]) -> Callable[[Record], type[Record]]:
    """The shape of a record by its kind; the program's commands have that of `Command`."""

    def shape(record: Record) -> type[Record]:
        return shapes.get(record.kind, Command if record.kind.startswith("app.") else Record)

    return shape


def read(record: dict[str, Any], base: type[_R], shape: Callable[[_R], type[_R]]) -> _R:
    """The record as ``shape`` says for what all have in common, its ``base``.

    Raises `TranslationError` naming the field that is missing or cannot be.
    """
    common = _make(record, base)
    wanted = shape(common)
    return common if wanted is base else _make(record, wanted)


def _make(record: dict[str, Any], cls: type[_R]) -> _R:
    made = cls.__new__(cls)
    for name, where, convert, default in _fields(cls):  # type: ignore[arg-type] # hashable
        value = record.get(where, _REQUIRED)
        if value is not _REQUIRED:
            try:
                value = convert(value)
            except _MismatchError as error:
                raise TranslationError(where, value, str(error)) from None
        elif (value := default) is _REQUIRED:
            message = f"{where} is missing: is this a recording of that player?"
            raise TranslationError(where, ..., message)
        setattr(made, name, value)
    return made


# ------------------------------------------------------------------------- types of fields


class _MismatchError(Exception):
    """A value is not what its field takes, which the message names."""


_Convert = Callable[[Any], Any]


@cache
def _fields(cls: Any) -> tuple[tuple[str, str, _Convert, Any], ...]:
    """Of each field: its name, its key in the record, how it is read, its default."""
    found = []
    for name, hint in get_type_hints(cls, include_extras=True).items():
        default = getattr(cls, name, _REQUIRED)
        where = name
        if isinstance(default, _Key):
            where, default = default
        found.append((name, where, _converter(hint), default))
    return tuple(found)


def _converter(hint: Any) -> _Convert:
    origin, args = get_origin(hint), get_args(hint)
    if hint is Any:
        return lambda value: value
    if origin is Annotated:
        limits = next((each for each in args[1:] if hasattr(each, "ge")), Limits())
        return _limited(_converter(args[0]), limits)
    if origin in (Union, UnionType):
        return _one_of([_converter(arg) for arg in args], " | ".join(map(_shown, args)))
    if origin is list:
        return _list_of(_converter(args[0]))
    if hint is float:
        return _number
    return _exactly(NoneType if hint is None else hint)


def _shown(hint: Any) -> str:
    if get_origin(hint) is Annotated:
        return _shown(get_args(hint)[0])
    return "null" if hint is NoneType else str(getattr(hint, "__name__", hint))


def _number(value: Any) -> float:
    if type(value) is int or type(value) is float:
        try:
            return float(value)
        except OverflowError:
            pass
    raise _MismatchError("a number")


def _exactly(kind: type) -> _Convert:
    """A value of that type and of no subclass: True is no integer."""
    name = _shown(kind)

    def convert(value: Any) -> Any:
        if type(value) is not kind:
            raise _MismatchError(name)
        return value

    return convert


def _limited(convert: _Convert, limits: Any) -> _Convert:
    lowest, highest, above = (
        -inf if limits.ge is None else limits.ge,
        inf if limits.le is None else limits.le,
        -inf if limits.gt is None else limits.gt,
    )
    allowed = f"a number above {above:g}" if above > lowest else f"a number from {lowest:g}"
    if highest < inf:
        allowed += f", up to {highest:g}"

    def checked(value: Any) -> Any:
        made = convert(value)
        if not (lowest <= made <= highest and (made > above or above == -inf)):
            raise _MismatchError(allowed)
        return made

    return checked


def _one_of(converters: Sequence[_Convert], shown: str) -> _Convert:
    """The first that takes it; what takes the value as it is goes before what changes it."""

    def convert(value: Any) -> Any:
        taken = []
        for each in converters:
            try:
                made = each(value)
            except _MismatchError:
                continue
            if type(made) is type(value):
                return made
            taken.append(made)
        if not taken:
            raise _MismatchError(shown)
        return taken[0]

    return convert


def _list_of(convert: _Convert) -> _Convert:
    def each(values: Any) -> list[Any]:
        if type(values) is not list:
            raise _MismatchError("a list")
        return [convert(value) for value in values]

    return each
