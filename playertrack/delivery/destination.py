"""Where events go, as the sender has to know it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import attrs

if TYPE_CHECKING:
    from ..destinations.kaltura.ks import KSProvider


def _nobody(session: str, body: bytes) -> None:
    """Nobody has to know what was answered."""


@runtime_checkable
class Learner(Protocol):
    """Makes requests, and learns from the answers to earlier ones."""

    def answered(self, session: str, body: bytes) -> None:
        """``body`` answered a request of ``session``; the thread of the sender says so."""


@attrs.frozen(kw_only=True)
class Target:
    """A destination: ``name`` in the queue, ``base`` address, whose KS goes with the events.

    ``endpoint`` is what its answers are judged as. ``answered`` is told the session and the
    answer of each event that was delivered, in the thread of the sender.
    """

    name: str
    endpoint: str
    base: str
    provider: KSProvider | None = None
    answered: Callable[[str, bytes], object] = _nobody
