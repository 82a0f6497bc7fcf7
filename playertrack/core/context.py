"""The set-up of a player, and the engine's messages for people."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from ..policy import Policy
from .playhead import Pace
from .session import SessionIds, Summary, offline_ids

#: Rates remembered; a player that never repeats one must not fill the memory.
_MOST_PACES = 64


@attrs.frozen
class Diagnostic:
    """Something the engine ignored, inferred or repaired; for people, never an exception.

    ``kind``: ``ignored`` (it meant nothing here), ``inferred`` (nobody said so),
    ``repaired`` (it was impossible as reported) or ``limit`` (something was forgotten).
    """

    kind: str
    at: float
    player: str | None
    rule: str
    signal: str
    message: str


def _is_policy(_: object, __: object, value: object) -> None:
    if not isinstance(value, Policy):
        raise TypeError(f"policy: expected a Policy, as in Policy(settle=2.0), got {value!r}")


@attrs.frozen(eq=False)
class Setup:
    """The set-up of a player, which never changes; players that share it keep it once."""

    policy: Policy = attrs.field(default=Policy(), validator=_is_policy)
    ids: SessionIds = offline_ids
    entry_id: str | None = None
    diagnose: Callable[[Diagnostic], None] | None = None
    on_summary: Callable[[Summary], None] | None = None
    _paces: dict[float, Pace] = attrs.field(factory=dict, init=False)

    def pace(self, rate: float, offset: float = 0.0) -> Pace:
        """The `Pace` of ``rate``, one object for all players of this setup.

        One whose clock was set back by an ``offset`` (s) has a pace of its own.
        """
        if offset:
            return Pace.of(self.policy, rate, self, offset)
        pace = self._paces.get(rate)
        if pace is None:
            if len(self._paces) >= _MOST_PACES:
                self._paces.clear()
            pace = self._paces[rate] = Pace.of(self.policy, rate, self)
        return pace
