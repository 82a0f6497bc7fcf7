"""A player's state as bytes, and back (R-pure).

MessagePack, versioned: what every player has, in a fixed order and without names; then by
name what this one has besides, most of the time nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import inf, isfinite
from operator import attrgetter
from typing import Any, TypedDict

import attrs
import msgspec

from .errors import SnapshotError
from .pending import Cadence, Drag, OpenAd, OpenSeek, OpenStall, Stay, Tally, Waiting
from .playback import DEFAULTS, Playback, State
from .playhead import Elapsed, Run
from .policy import Policy
from .session import Media, SessionIds, Summary, shared
from .setting import Diagnostic, Setup

#: Written first; another number is another layout.
VERSION = 1


class _Seldom(TypedDict, total=False):
    """The types of what a player has only now and then (see `Playback`)."""

    offset: float
    joining: float | None
    joined: float
    watched: list[float] | None
    tally: Tally | None
    first: bool
    rebase: bool
    stale: bool
    deaf: bool
    landing: float | None
    restart: float | None
    run: Run | None
    waiting: Waiting | None
    drag: Drag | None
    stay: Stay | None
    stall_open: OpenStall | None
    seek: OpenSeek | None
    ad: OpenAd | None
    overlay: int
    wanted: str | None
    cadence: Cadence | None
    passed: dict[str, Any] | None
    errors: dict[str, tuple[int, float]] | None
    last_summary: Summary | None


_Layout = tuple[
    int,  # version
    msgspec.Raw,  # setup
    msgspec.Raw,  # media
    str | None,  # player
    State,
    float | None,  # position
    float,  # moved_at
    float,  # slack
    float,  # rate
    Elapsed | None,
    float | None,  # last_at
    float,  # event_at
    str | None,  # session
    int,  # ordinal
    int,  # index
    bool,  # requested
    bool,  # first_played
    float | None,  # join_time
    float,  # span_from
    float,  # played
    int,  # viewed
    int,  # fired
    _Seldom | None,
]

#: What a player has in each state in which it has media.
_NO_NEEDS: frozenset[str] = frozenset()
_NEEDS = {
    State.LOADED: _NO_NEEDS,
    State.STARTING: _NO_NEEDS,
    State.PLAYING: _NO_NEEDS,
    State.STALLING: frozenset({"stall_open"}),
    State.BUFFERING: frozenset({"stall_open"}),
    State.ENDING: frozenset({"stay", "waiting"}),
    State.PAUSED: frozenset({"stay"}),
    State.RESUMING: frozenset({"stay"}),
    State.ENDED: _NO_NEEDS,
    State.FAILED: _NO_NEEDS,
}

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Layout).decode


def save(pb: Playback) -> bytes:
    """The whole state of a player, small enough to send around; equal states, equal bytes."""
    seldom = pb.tidy()
    if seldom:
        seldom = {name: seldom[name] for name in DEFAULTS if name in seldom}
    return _encode(
        (
            VERSION,
            _setup_bytes(pb.setup),
            _media_bytes(pb.media),
            pb.player,
            pb.state,
            pb.position,
            pb.moved_at,
            pb.slack,
            pb.pace.rate,
            pb.elapsed,
            pb.last_at,
            pb.event_at,
            pb.session,
            pb.ordinal,
            pb.index,
            pb.requested,
            pb.first_played,
            pb.join_time,
            pb.span_from,
            pb.played,
            pb.viewed,
            pb.fired,
            seldom or None,
        )
    )


def load(
    pb: Playback, data: bytes, ids: SessionIds, diagnose: Callable[[Diagnostic], None] | None
) -> Mapping[str, Any]:
    """Put the state of ``data`` into ``pb``; `SnapshotError` if it is none.

    Returns what it has besides what every player has.
    """
    try:
        (
            version,
            setup,
            media,
            pb.player,
            pb.state,
            pb.position,
            pb.moved_at,
            pb.slack,
            rate,
            pb.elapsed,
            pb.heard_at,
            pb.event_at,
            pb.session,
            pb.ordinal,
            pb.index,
            pb.requested,
            pb.first_played,
            pb.join_time,
            pb.span_from,
            pb.played,
            pb.viewed,
            pb.fired,
            seldom,
        ) = _decode(data)
        if version != VERSION:
            raise SnapshotError(f"a snapshot of version {version}; this is version {VERSION}")
        pb.setup = _setup(bytes(setup), ids, diagnose)
        pb.media = _media(bytes(media))
    except SnapshotError:
        raise
    except (msgspec.MsgspecError, ValueError) as error:
        raise SnapshotError(f"not a snapshot: {error}") from error
    numbers = pb.moved_at + pb.slack + pb.span_from + pb.played + (pb.position or 0.0)
    if not (0.0 < rate < inf and isfinite(numbers + (pb.heard_at or 0.0))):
        raise SnapshotError("not a snapshot: a number in it cannot be")
    if pb.media is None and pb.state in _NEEDS:
        raise SnapshotError(f"not a snapshot: {pb.state.value} without media")
    if not _NEEDS.get(pb.state, _NO_NEEDS) <= (seldom or {}).keys():
        raise SnapshotError(f"not a snapshot: something is missing that {pb.state.value} has")
    pb.pace = pb.setup.pace(rate)
    pb.limit = pb.out = None
    pb.now = 0.0
    pb.cause = ""
    if seldom is None:
        return {}
    pb.__dict__.update(seldom)
    for run in pb.runs():
        run.pace = pb.pace
    return pb.__dict__


@lru_cache(maxsize=64)
def _setup_bytes(setup: Setup) -> msgspec.Raw:
    return msgspec.Raw(_encode((setup.policy.changes(), setup.entry_id)))


@lru_cache(maxsize=64)
def _setup(data: bytes, ids: SessionIds, diagnose: Callable[[Diagnostic], None] | None) -> Setup:
    changes, entry_id = msgspec.msgpack.decode(data, type=tuple[dict[str, Any], str | None])
    return Setup(Policy.from_mapping(changes), ids, entry_id, diagnose)


_media_fields = attrgetter(*(field.name for field in attrs.fields(Media) if field.init))


@lru_cache(maxsize=1024)
def _media_bytes(media: Media | None) -> msgspec.Raw:
    return msgspec.Raw(_encode(None if media is None else _media_fields(media)))


@lru_cache(maxsize=1024)
def _media(data: bytes) -> Media | None:
    fields = msgspec.msgpack.decode(
        data, type=tuple[str | None, float | None, bool, bool, bool, bool] | None
    )
    return None if fields is None else shared(Media(*fields))
