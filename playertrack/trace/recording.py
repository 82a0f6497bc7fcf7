"""Raw recordings of players: what an adapter's translator needs to read them.

A recording has one JSON object a line: a callback, a command or a poll of the player, as it
came. A `Translator` turns these into signals, without a clock of its own: time is what the
records say. It is the pure half of an adapter, and what `playertrack derive --raw` runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Protocol, TypeVar

import msgspec

from ..errors import SignalError
from ..policy import Policy
from ..signals import Signal

#: A number that can be a time or a position, whatever its unit.
Number = Annotated[float, msgspec.Meta(ge=-1e12, le=1e12)]


class TranslationError(SignalError):
    """A record that cannot be translated; ``field`` names what is wrong with it."""


class Record(msgspec.Struct, kw_only=True):
    """What every record has: ``t``, its time, and ``kind``, the player's own name for it."""

    t: Number
    kind: str


class Command(Record):
    """A command with its arguments (``app.NAME``); the one that takes a text opens media."""

    args: list[Number | str] = []


class Translator(Protocol):
    """Turns the records of one player into signals.

    ``policy`` is what suits the player; a record that cannot be is a `SignalError`.
    """

    policy: ClassVar[Policy]

    def translate(self, record: dict[str, Any]) -> Sequence[Signal]:
        """The signals that a record stands for."""

    def finish(self) -> Sequence[Signal]:
        """What was held back, when there are no more records."""


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
    try:
        return msgspec.convert(record, shape(msgspec.convert(record, base)))
    except msgspec.ValidationError as error:
        # "Expected `float`, got `str` - at `$.t`", or "Object missing required field `t`"
        _, *wanted, path, _ = str(error).split("`")
        field = path.removeprefix("$.").partition("[")[0]
        allowed = wanted[0] if wanted else "a value: is this a recording of that player?"
        raise TranslationError(field, record.get(field), allowed) from None
