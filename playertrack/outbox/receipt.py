"""The receipt that a caller gets for an event."""

from __future__ import annotations

from threading import Condition


class Receipt:
    """Says how far an event got by now.

    ``state`` is ``waiting``, then ``durable`` (it outlives a crash and a power cut), ``memory``
    (it is queued, but the disk does not take it, or is not to), ``unmapped`` (it means nothing
    to the destination), ``rejected`` (it can never be sent), ``dropped`` (too much was waiting)
    or ``closed`` (the queue was).
    """

    __slots__ = ("_changed", "state")

    def __init__(self, changed: Condition) -> None:
        self.state = "waiting"
        self._changed = changed

    @classmethod
    def of(cls, state: str) -> Receipt:
        """One for an event that does not come to the queue now."""
        receipt = cls(Condition())
        receipt.state = state
        return receipt

    def __repr__(self) -> str:
        return f"<Receipt {self.state}>"

    @property
    def durable(self) -> bool:
        """True if the event outlives the process, so that it will be delivered."""
        return self.state == "durable"

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is no longer ``waiting``, at most ``timeout`` seconds; gives `durable`."""
        with self._changed:
            self._changed.wait_for(lambda: self.state != "waiting", timeout)
        return self.durable
