"""Options of the wire format on which Kaltura's guide, servers and players disagree."""

from __future__ import annotations

from typing import Any, Self

import attrs

from .fields import WireError

_CHOICES = {
    "stats_form": ("form", "query"),
    "timestamp_unit": ("s", "ms"),
    "position_unit": ("s", "ms"),
    "kava_form": ("form", "json"),
}


def _checked(profile: WireProfile, field: attrs.Attribute[Any], value: object) -> None:
    if value not in _CHOICES[field.name]:
        raise WireError(field.name, value, " or ".join(_CHOICES[field.name]))


def _choice(default: str) -> Any:
    return attrs.field(default=default, validator=_checked)


@attrs.frozen(kw_only=True)
class WireProfile:
    """How requests are spelled; the defaults are the guide's. Raises `WireError`.

    >>> WireProfile() == WireProfile(stats_form="form")
    True
    """

    #: stats.collect: a ``form`` that is posted, with keys like ``event[field]``; or a ``query``
    #: that is got, with keys like ``event:field``, which log readers of old could see.
    stats_form: str = _choice("form")
    #: ``eventTimestamp``: the guide says seconds, every player of old sent milliseconds.
    timestamp_unit: str = _choice("s")
    #: ``currentPoint``: likewise.
    position_unit: str = _choice("s")
    #: The ``uiconfId`` of who has none; log readers of old threw events without one away.
    default_uiconf_id: int | None = None
    #: trackEvent: a ``form`` that is posted, or, as the plugin of Player v7 sends it, the ids
    #: in the query and all else in a body of ``json``.
    kava_form: str = _choice("form")

    @classmethod
    def legacy(cls) -> Self:
        """As the old players sent stats.collect."""
        return cls(stats_form="query", timestamp_unit="ms", position_unit="ms", default_uiconf_id=0)

    @classmethod
    def player_v7(cls) -> Self:
        """As the analytics plugin of Player v7 sends trackEvent."""
        return cls(kava_form="json")
