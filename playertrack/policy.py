"""Every tunable of the contract, with its default, unit and reason."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from math import inf
from typing import Any

import attrs

from ._words import did_you_mean
from .errors import PolicyError

_CHOICES = {"reload_same_entry": ("new", "keep"), "replay_session": ("new", "same")}
_MOST = 10**9
_COUNTS = {"error_repeats": 0, "max_intervals": 1}
_ABOVE_ZERO = frozenset(
    {"view_interval", "frozen_after", "max_natural_rate", "ad_timeout", "completion"}
)
_NULLABLE = frozenset({"view_interval", "frozen_after", "completion"})

#: Fields of an earlier contract, and what does their work now.
_GONE = {
    "end_grace": "pause_grace: every pause waits, and `ended` explains it away (R-pause)",
    "ad_pause_grace": "pause_grace: every pause waits, and an ad explains it away (R-pause)",
}


def _checked(policy: Policy, field: attrs.Attribute[Any], value: object) -> None:
    name = field.name
    if name in _CHOICES:
        if value not in _CHOICES[name]:
            raise PolicyError(name, value, " or ".join(_CHOICES[name]))
    elif isinstance(field.default, bool):
        if not isinstance(value, bool):
            raise PolicyError(name, value, "true or false")
    elif name in _COUNTS:
        least = _COUNTS[name]
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _MOST:
            raise PolicyError(name, value, f"a whole number from {least} to {_MOST}")
    elif name == "milestones":
        if not _ascending_percents(value):
            raise PolicyError(name, value, "whole percents from 1 to 100, ascending")
    else:
        _check_number(name, value)


def _check_number(name: str, value: object) -> None:
    off = ", or null for off" if name in _NULLABLE else ""
    if value is None and off:
        return
    if not isinstance(value, float) or not 0.0 <= value < inf:
        raise PolicyError(name, value, f"a number, 0 or more{off}")
    if name in _ABOVE_ZERO and value == 0.0:
        raise PolicyError(name, value, f"a number above 0{off}")
    if name == "completion" and value > 1.0:
        raise PolicyError(name, value, "a share above 0 and up to 1, or null for off")


def _ascending_percents(value: object) -> bool:
    return (
        isinstance(value, tuple)
        and all(isinstance(n, int) and not isinstance(n, bool) and 1 <= n <= 100 for n in value)
        and all(a < b for a, b in itertools.pairwise(value))
    )


def _as_tuple(value: Any) -> Any:
    """A list is what JSON has; a single percent is one too. The rest is left to the check."""
    return tuple(value) if isinstance(value, list) else value


def _as_float(value: Any) -> Any:
    """Whole numbers are fine where seconds are meant; anything else is left to the check."""
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return value
    return value


def _converters(cls: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    return [
        field.evolve(validator=_checked, converter=_as_tuple)
        if field.name == "milestones"
        else field.evolve(validator=_checked)
        if field.name in _COUNTS or isinstance(field.default, (bool, str))
        else field.evolve(validator=_checked, converter=_as_float)
        for field in fields
    ]


@attrs.frozen(kw_only=True, cache_hash=True, field_transformer=_converters)
class Policy:
    """How the engine judges; an adapter may start from other values for its player.

    Times are seconds, positions seconds of content. Raises `PolicyError` naming the field.

        >>> Policy(end_tolerance=1.5).end_tolerance
        1.5
        >>> Policy.from_mapping({"view_intervall": 5})
        Traceback (most recent call last):
        playertrack.errors.PolicyError: view_intervall: 5 is not allowed; expected a policy \
field; did you mean view_interval?
    """

    # --- what moves the state
    #: An advance of this much (s of content) shows that playback runs: it implies `playing`
    #: and ends a stall. Less may be a decoder that shows its first frames (R-implied-playing).
    resume_advance: float = 0.2
    #: A stall shorter than this (s) is not felt, and players send many (R-stall).
    stall_grace: float = 0.25
    #: How long (s) a pause must last to count: players pause themselves before `ended`, an
    #: ad or a seek, and for a moment in a bad network (R-pause).
    pause_grace: float = 0.3
    #: A position this near the end or the start (s of content) is there (R-end, R-loop).
    end_window: float = 0.5
    #: A playhead that stands still this long (s) is a stall; null is off. For players that
    #: report no stalls (R-frozen).
    frozen_after: float | None = None
    #: A linear ad that sent nothing for so long (s) is over (R-ad-lost).
    ad_timeout: float = 120.0

    # --- what counts as natural playback
    #: J, the slack of a natural move (s of content): positions are coarse, clocks jitter.
    jump_tolerance: float = 0.5
    #: A step back of up to this (s) is jitter, not a seek (R-jitter).
    back_tolerance: float = 0.25
    #: For so long (s) a completed seek waits for what may still be part of it, and the
    #: playhead may still settle after a seek or stall (R-seek, R-settle) …
    settle: float = 1.0
    #: … by up to this (s of content): players land on keyframes and segments.
    snap: float = 10.0
    #: Of each stall and each standstill this much (s) counts as playing: players go on from
    #: their buffer unseen (R-natural).
    stall_credit: float = 3.0
    #: The longest silence (s) over which playback is believed: machines sleep (R-natural).
    max_gap: float = 60.0
    #: Above this speed content is seen but not watched (R-fast).
    max_natural_rate: float = 4.0
    #: How far before the duration (s of content) the last update may lie, beyond the time
    #: that passed: tracks are of unlike length (R-last-stretch). An end that comes earlier
    #: is an error (R-end-early).
    end_tolerance: float = 2.0
    #: Whether a jump is a seek that the player did not report (R-silent-seek).
    infer_seeks: bool = True

    # --- what is reported
    #: The whole percents of the duration that are reported when they are played over, each
    #: once: PLAY_REACHED_n (R-milestones).
    milestones: tuple[int, ...] = (25, 50, 75, 100)
    #: The share of the duration (above 0, up to 1) of which COMPLETED says that it was
    #: watched; null is off (R-milestones).
    completion: float | None = None
    #: A VIEW for each so many seconds of play time; null is off (R-view).
    view_interval: float | None = 10.0
    #: Report an `ended` far before the end as an error (R-end-early).
    report_early_end: bool = True
    #: How often the same error code is reported in a session (R-error).
    error_repeats: int = 5

    # --- sessions
    #: What the same entry loaded again after PLAY is: a ``new`` session, or it is ``keep``-ing
    #: the one it has (R-loaded).
    reload_same_entry: str = "new"
    #: Whether a replay is a ``new`` session, or the ``same`` as in Player v7 (R-replay).
    replay_session: str = "new"
    #: Whether MEDIA_LOADED is repeated after REPLAY (R-replay).
    repeat_loaded: bool = False

    # --- limits
    #: An `at` up to so far back (s) is jitter; further back the clock was set (R-order).
    max_backstep: float = 2.0
    #: How many watched intervals are kept; beyond it the shortest is forgotten (I-total).
    max_intervals: int = 10_000

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Policy:
        """The default policy with ``values`` by field name; an unknown name is a `PolicyError`."""
        if not isinstance(values, Mapping):
            raise PolicyError("policy", values, "a Policy, or a mapping of its fields")
        names = {field.name for field in attrs.fields(cls)}
        for name, value in values.items():
            if name in _GONE:
                raise PolicyError(name, value, _GONE[name])
            if name not in names:
                hint = did_you_mean(str(name), sorted(names))
                raise PolicyError(str(name), value, f"a policy field{hint}")
        return cls(**values)

    def changes(self) -> dict[str, Any]:
        """The fields that differ from the default."""
        return {
            field.name: getattr(self, field.name)
            for field in attrs.fields(type(self))
            if getattr(self, field.name) != field.default
        }
