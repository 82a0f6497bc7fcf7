"""A player's state as bytes, and back (R-pure).

MessagePack, versioned, without names for what is nearly always there: the fields of every
player first, those that are rarely set only if one of them is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter
from typing import Any

import attrs
import msgspec

from .errors import SnapshotError
from .pending import Cadence, Drag, OpenAd, OpenSeek, OpenStall, Stay, Tally, Waiting
from .playback import Diagnostic, Playback, Setup, State
from .playhead import Elapsed, Run, pace_of
from .policy import Policy
from .session import Media, SessionIds, Summary, shared

#: Written first; another number is another layout.
VERSION = 1

_ALWAYS = (
    "player",
    "state",
    "position",
    "moved_at",
    "slack",
    "heard_at",
    "event_at",
    "session",
    "ordinal",
    "index",
    "requested",
    "first_played",
    "join_time",
    "joined",
    "span_from",
    "played",
    "viewed",
    "fired",
)
_SELDOM = {
    "elapsed": None,
    **{
        field.name: field.default
        for field in attrs.fields(Playback)
        if field.default is not attrs.NOTHING
        and field.name not in (*_ALWAYS, "elapsed", "media", "limit", "now", "cause", "out")
    },
}
_DEFAULTS = tuple(_SELDOM.values())

_get_always = attrgetter(*_ALWAYS)
_get_seldom = attrgetter(*_SELDOM)
_encode = msgspec.msgpack.Encoder().encode


class _Seldom(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """The types of the fields that are seldom set, in their order."""

    elapsed: Elapsed | None
    offset: float
    previous: str | None
    joining: float | None
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


class _Always(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    version: int
    setup: msgspec.Raw
    media: msgspec.Raw
    rate: float
    player: str | None
    state: State
    position: float | None
    moved_at: float
    slack: float
    heard_at: float | None
    event_at: float
    session: str | None
    ordinal: int
    index: int
    requested: bool
    first_played: bool
    join_time: float | None
    joined: float
    span_from: float
    played: float
    viewed: int
    fired: int
    seldom: _Seldom | None


_decode = msgspec.msgpack.Decoder(_Always).decode


def save(pb: Playback) -> bytes:
    """The whole state of a player, small enough to send around."""
    seldom = _get_seldom(pb)
    return _encode(
        (
            VERSION,
            _setup_bytes(pb.setup),
            _media_bytes(pb.media),
            pb.pace.rate,
            *_get_always(pb),
            None if seldom == _DEFAULTS else seldom,
        )
    )


def load(
    pb: Playback, data: bytes, ids: SessionIds, diagnose: Callable[[Diagnostic], None] | None
) -> None:
    """Put the state of ``data`` into ``pb``; `SnapshotError` if it is none."""
    try:
        saved = _decode(data)
        if saved.version != VERSION:
            raise SnapshotError(f"a snapshot of version {saved.version}; this is {VERSION}")
        setup = _setup(bytes(saved.setup), ids, diagnose)
        media = _media(bytes(saved.media))
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        if isinstance(error, SnapshotError):
            raise
        raise SnapshotError(f"not a snapshot: {error}") from error
    pb.setup, pb.media, pb.pace = setup, media, pace_of(setup.policy, saved.rate)
    for name in _ALWAYS:
        setattr(pb, name, getattr(saved, name))
    if saved.seldom is None:
        for name, value in _SELDOM.items():
            setattr(pb, name, value)
    else:
        for name in _SELDOM:
            setattr(pb, name, getattr(saved.seldom, name))
        probe = None if pb.ad is None else pb.ad.probe
        in_seek = None if pb.seek is None else pb.seek.run
        for run in (pb.run, probe, in_seek):
            if run is not None:
                run.pace = pace_of(setup.policy, run.pace.rate)
    pb.now = 0.0
    pb.cause = pb.out = None


@lru_cache(maxsize=64)
def _setup_bytes(setup: Setup) -> msgspec.Raw:
    return msgspec.Raw(_encode((setup.policy.changes(), setup.entry_id)))


@lru_cache(maxsize=64)
def _setup(data: bytes, ids: SessionIds, diagnose: Callable[[Diagnostic], None] | None) -> Setup:
    changes, entry_id = msgspec.msgpack.decode(data, type=tuple[dict[str, Any], str | None])
    return Setup(Policy.from_mapping(changes), ids, entry_id, diagnose)


@lru_cache(maxsize=1024)
def _media_bytes(media: Media | None) -> msgspec.Raw:
    return msgspec.Raw(_encode(None if media is None else attrs.astuple(media)))


@lru_cache(maxsize=1024)
def _media(data: bytes) -> Media | None:
    fields = msgspec.msgpack.decode(
        data, type=tuple[str | None, float | None, bool, bool, bool, bool] | None
    )
    return None if fields is None else shared(Media(*fields))
