"""A destination with its name and tokens, for a sender."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from .auth import TokenSource
from .protocol import Destination


@attrs.frozen(kw_only=True)
class Route:
    """``name``: of the destination in the queue. ``tokens``: where its tokens come from.

    ``encoding_trouble`` says why its events are not encoded at the moment, None if they are.
    ``answered``, if there is one, is called with the session and the answer of each item that
    was delivered, in the thread of the sender.
    """

    name: str
    destination: Destination
    tokens: TokenSource | None = None
    encoding_trouble: Callable[[], str | None] = lambda: None
    answered: Callable[[str, bytes], object] | None = None

    def same_as(self, other: Route) -> bool:
        """True if both go to the same address with the same tokens."""
        if self.destination.address != other.destination.address:
            return False
        if self.tokens is None or other.tokens is None:
            return self.tokens is other.tokens
        return self.tokens.same_as(other.tokens)
