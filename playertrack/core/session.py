"""A session: its id, its media, and its totals."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import sha1
from uuid import NAMESPACE_URL, uuid4

import attrs

from ..errors import PlayertrackError

#: Makes a session id from the player's id, the session's ordinal (from 1) and the ``at`` of
#: its first event: 1 to 50 characters, no commas or control characters (R-ids).
SessionIds = Callable[[str | None, int, float], str]

_LONGEST_ID = 50

_NAMESPACE = NAMESPACE_URL.bytes
#: The digit of a UUID that says how it was made, by that of the digest: two bits of it are set.
_VARIANT = {digit: f"{int(digit, 16) & 3 | 8:x}" for digit in "0123456789abcdef"}


def offline_ids(player: str | None, ordinal: int, at: float) -> str:
    """The same id for the same signals, wherever they are derived (R-ids).

    >>> offline_ids(None, 1, 1700000000.0)
    '666cf48a-ad9a-573c-ad1a-73fed9b967d7'
    """
    name = f"playertrack:{player or ''}:{ordinal}:{round(at * 1000)}"
    # As `uuid.uuid5`, which takes ten times as long.
    text = sha1(_NAMESPACE + name.encode(), usedforsecurity=False).hexdigest()
    variant = _VARIANT[text[16]]
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"


def random_ids(player: str | None, ordinal: int, at: float) -> str:
    """A new random id each time, for live players (R-ids)."""
    return str(uuid4())


def checked_id(session: str) -> str:
    """The id, if one that a collector can take; a `PlayertrackError` blames the factory."""
    if (
        isinstance(session, str)
        and 1 <= len(session) <= _LONGEST_ID
        and session.isprintable()
        and "," not in session
    ):
        return session
    raise PlayertrackError(
        f"the session id factory gave {session!r}; "
        "an id has 1 to 50 characters, no commas, no control characters (R-ids)"
    )


@attrs.frozen(eq=False)
class Media:
    """The media as `loaded` named it; made by `known`. ``provisional``: unnamed yet (R-complete).

    ``end`` is the duration where it is one to measure by: known, and not live. ``points``
    are the ``milestones`` and the positions that reach them, none without an end (R-duration).
    """

    entry_id: str | None = None
    duration: float | None = None
    live: bool = False
    dvr: bool = False
    loop: bool = False
    provisional: bool = False
    milestones: tuple[int, ...] = ()

    end: float | None = attrs.field(init=False)
    points: tuple[tuple[int, float], ...] = attrs.field(init=False)

    @end.default
    def _end(self) -> float | None:
        return None if self.live else self.duration

    @points.default
    def _points(self) -> tuple[tuple[int, float], ...]:
        end = self.end
        return () if end is None else tuple((q, end * q / 100) for q in self.milestones)

    @property
    def seekable(self) -> bool:
        """Live media without a window to seek in know no seeks (R-seek-live)."""
        return self.dvr or not self.live


@lru_cache(maxsize=1024)
def known(
    entry_id: str | None,
    duration: float | None = None,
    live: bool = False,
    dvr: bool = False,
    loop: bool = False,
    provisional: bool = False,
    milestones: tuple[int, ...] = (),
) -> Media:
    """The `Media` of these; a thousand players of one entry keep it once."""
    return Media(entry_id, duration, live, dvr, loop, provisional, milestones)


@attrs.frozen(kw_only=True)
class Summary:
    """The totals of a session.

    Times are seconds: ``join_time`` from the request to the first frame (None before it),
    ``play_time`` of the viewer's life spent playing, ``stall_time`` waiting, ``unique_time``
    of content watched at least once; ``watched`` are those intervals. ``completion`` is the
    share of the duration that was watched (0 to 1), None without a duration. ``quartiles``
    are the milestones that were reached, ``completed`` says that COMPLETED was reported,
    ``position`` is the playhead.
    """

    player: str | None
    session: str | None
    ordinal: int
    entry_id: str | None
    duration: float | None
    live: bool
    join_time: float | None
    play_time: float
    stall_count: int
    stall_time: float
    seek_count: int
    error_count: int
    watched: tuple[tuple[float, float], ...]
    unique_time: float
    completion: float | None
    quartiles: tuple[int, ...]
    completed: bool
    position: float | None
