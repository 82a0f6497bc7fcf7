"""A batch: the records of one media element that a page posts together."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from playertrack import PlayertrackError
from playertrack.errors import shorten

#: How old (s) a record may be when it is posted; a page keeps no more than some thousand.
OLDEST = 3600.0


class BatchError(PlayertrackError, ValueError):
    """A body that is no batch, or a record in it that cannot be taken."""


class Batch(msgspec.Struct, kw_only=True, frozen=True):
    """Records of one player: ``first`` is the number of the first, the others follow.

    ``sent`` is the page's time (ms) when it was posted, in the time of the records, and
    ``more`` whether there were more of them by then, which are to follow. ``entry`` is the
    entry of the media at that time, if the page named one.
    """

    player: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    first: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    sent: Annotated[float, msgspec.Meta(ge=0, le=1e12)]
    records: list[dict[str, Any]]
    more: bool = False
    entry: Annotated[str, msgspec.Meta(max_length=500)] | None = None

    def check(self, record: dict[str, Any]) -> None:
        """Raise `BatchError` if ``record`` is later than the batch, or much too old."""
        t = record.get("t")
        if not isinstance(t, int | float) or self.sent - OLDEST * 1000 <= t <= self.sent:
            return  # a time that is no number is reported when the record is read
        raise BatchError(
            f"t: {shorten(t)} is not within the {OLDEST:g} s before sent, {self.sent!r}"
        )


_decoder = msgspec.json.Decoder(Batch)


def read_batch(body: bytes) -> Batch:
    """The batch of a body; raises `BatchError`, whatever the bytes are."""
    try:
        batch = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise BatchError(f"the body is no batch: {error}") from None
    except RecursionError:
        raise BatchError("the body is no batch: it is nested too deep") from None
    if not batch.player.isprintable():
        raise BatchError("player: an id has no control characters")
    return batch
