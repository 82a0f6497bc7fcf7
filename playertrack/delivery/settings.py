"""The settings of the sender: the numbers of the retry policy and of the transport (wire, 4)."""

from __future__ import annotations

from typing import Any

import attrs

from ..errors import FieldError


class DeliveryError(FieldError):
    """A setting of the delivery that cannot be used."""


def _at_least(least: float) -> Any:
    def check(settings: object, field: attrs.Attribute[Any], value: float) -> None:
        if not value >= least:
            raise DeliveryError(field.name, value, f"a number, {least:g} or more")

    return attrs.validators.and_(attrs.validators.instance_of((int, float)), check)


def _number(default: float, least: float = 0.0) -> Any:
    return attrs.field(default=default, validator=_at_least(least))


@attrs.frozen(kw_only=True)
class DeliverySettings:
    """Times are in seconds. Raises `DeliveryError`.

    ``retries`` further tries follow a failed one, after ``base``, ``base * factor``, … each
    longer by up to the part ``jitter`` of it. Then the destination is down: a probe goes out
    after ``probe_first``, and each next one after twice the time, up to ``probe_most``. What
    waited meanwhile then goes out at ``drain_rate`` requests a second at most. An event that
    a server answers with errors in ``give_up_after`` such rounds becomes a dead letter (0:
    never). ``max_in_flight`` sessions are sent at once; ``timeout`` is for a whole request,
    ``connect_timeout`` for its connection; every ``report_every`` the log says how many events
    were delivered. ``allow_http`` allows http to any host, where it is
    else for this machine alone.
    """

    retries: int = _number(3)
    base: float = _number(1.0)
    factor: float = _number(2.0, 1.0)
    jitter: float = _number(0.0)
    probe_first: float = _number(30.0)
    probe_most: float = _number(300.0)
    drain_rate: float = _number(20.0, 0.001)
    give_up_after: int = _number(0)
    max_in_flight: int = _number(8, 1)
    timeout: float = _number(10.0, 0.001)
    connect_timeout: float = _number(5.0, 0.001)
    report_every: float = _number(300.0, 0.001)
    allow_http: bool = False


DEFAULT_SETTINGS = DeliverySettings()
