"""A player's state as bytes, and back (R-pure).

Versioned MessagePack: first the fields that every player has, in a fixed order and without names;
then, by name, those that only this player has, usually none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import inf, isfinite
from operator import attrgetter
from typing import Any, get_type_hints

import attrs

from .._msgspec import msgspec
from ..errors import SnapshotError
from ..policy import Policy
from .context import Diagnostic, Setup
from .playback import Playback
from .playhead import Elapsed
from .session import Media, SessionIds, Summary, known
from .state import (
    BUFFERING,
    CLOSED,
    IDLE,
    PAUSED,
    PAUSING,
    READY,
    RESUMING,
    SELDOM,
    STALLING,
    PlayerState,
    State,
)

#: Written first; another number is another layout.
VERSION = 3


_Layout = tuple[
    int,  # version
    bytes,  # setup and media, which many players share (see `_Common`)
    str | None,  # player
    State,
    float | None,  # position
    float,  # moved_at
    float,  # slack
    float,  # rate
    Elapsed | None,
    float,  # now
    float,  # event_at
    str | None,  # session
    int,  # ordinal
    int,  # index
    float | None,  # join_time
    float,  # span_from
    float,  # played
    int,  # viewed
    bytes,  # fired
    float,  # lacking
    dict[str, msgspec.Raw] | None,  # what `state.SELDOM` declares, by name
]

_MEDIALESS = (IDLE, READY, CLOSED)

#: What a player must have in some states.
_NEEDS = {
    STALLING: {"stall_open"},
    BUFFERING: {"stall_open"},
    PAUSING: {"stay", "waiting"},
    PAUSED: {"stay"},
    RESUMING: {"stay"},
}

_Common = tuple[
    dict[str, Any],  # what differs from the default policy
    str | None,  # entry_id to assume
    tuple[str | None, float | None, bool, bool, bool, bool] | None,  # media
]

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Layout).decode
_decode_seldom = {"offset": msgspec.msgpack.Decoder(float).decode} | {
    name: msgspec.msgpack.Decoder(hint).decode
    for name, hint in get_type_hints(PlayerState).items()
    if name in SELDOM and SELDOM[name].saved
}
_decode_common = msgspec.msgpack.Decoder(_Common).decode


def save(pb: Playback) -> bytes:
    """The whole state of a player, small enough to send around; equal states, equal bytes."""
    pb.catch_up()
    pace, fired, seldom = pb.pace, pb.fired, pb.tidy()
    if seldom:
        seldom = {name: seldom[name] for name in _decode_seldom if name in seldom}
    if pace.offset:
        seldom = {"offset": pace.offset, **seldom}
    return _encode(
        (
            VERSION,
            _common_bytes(pace._setup, pb.media),
            pb.player,
            pb.state,
            pb.position,
            pb.moved_at,
            pb.slack,
            pace.rate,
            pb.elapsed,
            pb.now,
            pb.event_at,
            pb.session,
            pb.sessions_left + (pb.session is not None),
            pb.index,
            pb.join_time,
            pb.span_from,
            pb.played,
            pb.viewed,
            fired.to_bytes((fired.bit_length() + 7) // 8, "little") if fired else b"",
            pb.lacking,
            seldom or None,
        )
    )


def load(
    pb: Playback,
    data: bytes,
    ids: SessionIds,
    diagnose: Callable[[Diagnostic], None] | None,
    on_summary: Callable[[Summary], None] | None,
) -> None:
    """Put the state of ``data`` into ``pb``; `SnapshotError` if it is none."""
    try:
        (
            version,
            common,
            pb.player,
            pb.state,
            pb.position,
            pb.moved_at,
            pb.slack,
            rate,
            pb.elapsed,
            pb.now,
            pb.event_at,
            pb.session,
            ordinal,
            pb.index,
            pb.join_time,
            pb.span_from,
            pb.played,
            pb.viewed,
            fired,
            lacking,
            seldom,
        ) = _decode(data)
        if version != VERSION:
            raise SnapshotError(f"a snapshot of version {version}; this is version {VERSION}")
        pb.fired = int.from_bytes(fired, "little") if fired else 0
        setup, pb.media = _common(common, ids, diagnose, on_summary)
        own = {name: _decode_seldom[name](raw) for name, raw in seldom.items()} if seldom else {}
        if lacking:
            own["lacking"] = lacking
        if left := ordinal - (pb.session is not None):
            own["sessions_left"] = left
        offset = own.pop("offset", 0.0) if own else 0.0
    except SnapshotError:
        raise
    except KeyError as error:
        raise SnapshotError(f"not a snapshot: there is no {error}") from error
    except (msgspec.MsgspecError, ValueError) as error:
        raise SnapshotError(f"not a snapshot: {error}") from error
    _check(pb, rate, offset, own)
    pb.pace = setup.pace(rate, offset)
    pb.out = None
    pb.cause = ""
    if own:
        pb.__dict__.update(own)
        for run in pb.runs():
            run.pace = pb.pace


def _check(pb: Playback, rate: float, offset: float, own: Mapping[str, Any]) -> None:
    """Refuse what no player can be."""
    state = pb.state
    numbers = offset + pb.moved_at + pb.slack + pb.span_from + pb.played + (pb.position or 0.0)
    if state is not IDLE or pb.now != -inf:  # until its first signal
        numbers += pb.now
    if not (0.0 < rate < inf and isfinite(numbers)):
        raise SnapshotError("not a snapshot: a number in it cannot be")
    if pb.media is None and state not in _MEDIALESS:
        raise SnapshotError(f"not a snapshot: {state.value} without media")
    needs = _NEEDS.get(state)
    if needs is not None and not needs <= own.keys():
        raise SnapshotError(f"not a snapshot: something is missing that {state.value} has")


_media_fields = attrgetter(
    *(field.name for field in attrs.fields(Media) if field.init and field.name != "milestones")
)


@lru_cache(maxsize=1024)
def _common_bytes(setup: Setup, media: Media | None) -> bytes:
    fields = None if media is None else _media_fields(media)
    return _encode((setup.policy.changes(), setup.entry_id, fields))


@lru_cache(maxsize=1024)
def _common(
    data: bytes,
    ids: SessionIds,
    diagnose: Callable[[Diagnostic], None] | None,
    on_summary: Callable[[Summary], None] | None,
) -> tuple[Setup, Media | None]:
    changes, entry_id, fields = _decode_common(data)
    policy = Policy.from_mapping(changes)
    media = None if fields is None else known(*fields, milestones=policy.milestones)
    return _setup(policy, ids, entry_id, diagnose, on_summary), media


#: One setup for players with different media, as in a `Fleet`.
_setup = lru_cache(maxsize=64)(Setup)
