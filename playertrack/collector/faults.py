"""Faults that the collector can inject on request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import attrs

from .._words import did_you_mean
from ..errors import FieldError
from .received import ENDPOINTS

KINDS = ("status", "delay", "cut", "html", "expired_ks", "invalid_ks", "lost")


class SwitchError(FieldError):
    """A fault that cannot be switched on as requested."""


def _one_of(*words: object) -> Any:
    def check(fault: Switch, field: attrs.Attribute[Any], value: object) -> None:
        if value not in words:
            known = [str(word) for word in words if word is not None]
            hint = did_you_mean(str(value), known)
            raise SwitchError(field.name, value, f"one of {', '.join(known)}{hint}")

    return check


def _number(least: float, most: float) -> Any:
    def check(fault: Switch, field: attrs.Attribute[Any], value: object) -> None:
        if value is None and field.default is None:
            return
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not (is_number and least <= cast("float", value) <= most):
            raise SwitchError(field.name, value, f"a number from {least:g} to {most:g}")

    return check


@attrs.define(kw_only=True, on_setattr=attrs.setters.NO_OP)
class Switch:
    """A fault, on until it happened ``times`` times (None: until it is switched off).

    ``kind``: ``status`` (answers ``status``, with ``retry_after`` if given), ``delay`` (answers
    as usual, ``seconds`` later), ``cut`` (takes the event; the answer breaks off), ``html`` (a
    captive portal's page with status 200), ``expired_ks`` (the KS of the request has expired
    from now on), ``invalid_ks`` (the same, and the answer repeats it), ``lost`` (takes the
    event; the connection is closed without an answer). ``after``: so many requests pass first.
    ``endpoint``: ``stats``, ``kava``, ``ks`` or ``report``, None for all. Raises `SwitchError`.
    """

    kind: str = attrs.field(validator=_one_of(*KINDS))
    endpoint: str | None = attrs.field(default=None, validator=_one_of(None, *ENDPOINTS))
    times: int | None = attrs.field(default=None, validator=_number(1, 1e9))
    after: int = attrs.field(default=0, validator=_number(0, 1e9))
    status: int = attrs.field(default=500, validator=_number(200, 599))
    seconds: float = attrs.field(default=1.0, validator=_number(0, 600))
    retry_after: float | str | None = None

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Switch:
        """The fault with these fields; an unknown one is a `SwitchError`."""
        names = [field.name for field in attrs.fields(cls)]
        if not isinstance(values, Mapping):
            raise SwitchError("fault", values, f"an object with {', '.join(names)}")
        for name in values:
            if name not in names:
                hint = did_you_mean(str(name), names)
                raise SwitchError(str(name), values[name], f"one of {', '.join(names)}{hint}")
        if "kind" not in values:
            raise SwitchError("kind", None, " or ".join(KINDS))
        return cls(**values)

    @classmethod
    def parse(cls, text: str) -> Switch:
        """As on a command line: ``KIND`` or ``KIND,NAME=VALUE,…``.

        >>> Switch.parse("status,status=503,times=2").status
        503
        """
        kind, *rest = text.split(",")
        values: dict[str, Any] = {"kind": kind}
        for each in rest:
            name, _, value = each.partition("=")
            values[name] = _value(value)
        return cls.from_mapping(values)

    def happens(self, endpoint: str) -> bool:
        """True if the fault affects this request, which is counted."""
        if self.endpoint not in (None, endpoint) or self.times == 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


def _value(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def switches(values: Any) -> list[Switch]:
    """The faults of a JSON value: one object, or a list of them. Raises `SwitchError`."""
    found: Iterable[Any] = values if isinstance(values, list) else [values]
    return [Switch.from_mapping(each) for each in found]
