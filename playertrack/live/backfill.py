"""A whole playback in one call, for callers that know only which parts were watched.

A back end has no player: it knows that of an entry of 100 s the parts from 0 to 60 and from
80 to 100 were watched. The engine receives the signals that a player would send, so the same
rules hold: a quartile fires only where it was watched over, and a gap is a SEEK.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from time import time

from ..core.engine import Engine
from ..core.session import SessionIds, random_ids
from ..errors import FieldError, shorten
from ..events import Event
from ..policy import Policy
from ..signals import Close, Ended, Loaded, Play, Playing, Ready, Seek, Signal, TimeUpdate
from ..sinks import Sink

#: A playhead that is reported this often (s) is exact enough to say when a quartile was reached.
_STEP = 1.0
#: The longest media, and the most that can be watched of it in one call (s).
_LONGEST = 7 * 86_400.0


class WatchError(FieldError):
    """Watched parts that are impossible."""


def report_view(
    entry_id: str,
    *,
    duration: float,
    watched: Iterable[tuple[float, float]],
    at: float | None = None,
    sinks: Iterable[Sink] = (),
    player: str | None = None,
    policy: Policy = Policy(),
    ids: SessionIds = random_ids,
) -> list[Event]:
    """Report that ``watched`` was watched of ``entry_id``; gives the events.

        report_view("1_abc", duration=100, watched=[(0, 60), (80, 100)], sinks=[sink])

    ``watched`` are stretches of the media, from and to (s), in the order in which they were
    watched at normal speed; one that begins before the end of the one before it was sought
    back to. ``at`` is when playback began (Unix time, s), without it so that it ends now.

    Each of ``sinks`` gets each event. It is waited until a sink that has a queue has made them
    durable; delivering them goes on, and who closes the sink knows how it ended. Raises
    `WatchError` or `SignalError`, which name what cannot be, before any sink has an event.
    """
    sinks = tuple(sinks)
    parts = _checked(duration, watched)
    if at is None:
        at = time() - sum(end - start for start, end in parts)
    engine = Engine(player, policy=policy, ids=ids, entry_id=entry_id)
    events = [
        event
        for signal in _signals(entry_id, float(duration), parts, at)
        for event in engine.feed(signal)
    ]
    for sink in sinks:
        receipts = [sink.emit(event) for event in events]
        for receipt in receipts[-1:]:
            wait = getattr(receipt, "wait", None)  # only a queue has something to wait for
            if wait is not None:
                wait()
    return events


def parse_watched(text: str) -> list[tuple[float, float]]:
    """The stretches of ``A-B,A-B,…`` (s), as a command line has them; raises `WatchError`.

    >>> parse_watched("0-60,80-100")
    [(0.0, 60.0), (80.0, 100.0)]
    """
    parts = []
    for part in text.split(","):
        start, _, end = part.partition("-")
        try:
            parts.append((float(start), float(end)))
        except ValueError:
            raise WatchError("watched", part, "A-B in seconds, as in 0-60,80-100") from None
    return parts


def _checked(
    duration: float, watched: Iterable[tuple[float, float]]
) -> Sequence[tuple[float, float]]:
    if not (_is_number(duration) and 0 < duration <= _LONGEST):
        raise WatchError("duration", duration, f"seconds, above 0 and up to {_LONGEST:.0f}")
    parts: list[tuple[float, float]] = []
    for part in watched:
        try:
            start, end = part
        except (TypeError, ValueError):
            raise WatchError("watched", part, "a pair: from and to, in seconds") from None
        if not (_is_number(start) and _is_number(end) and 0 <= start < end):
            raise WatchError("watched", part, "from and to in seconds, the first the smaller")
        if end > duration:
            allowed = f"no more than the duration, which is {shorten(duration)}"
            raise WatchError("watched", part, allowed)
        if parts and parts[-1][1] == start:
            start = parts.pop()[0]  # it went on
        parts.append((float(start), float(end)))
    if not parts:
        raise WatchError("watched", parts, "one stretch at least, as (0.0, 60.0)")
    total = sum(end - start for start, end in parts)
    if total > _LONGEST:
        raise WatchError("watched", total, f"up to {_LONGEST:.0f} s in one call")
    return parts


def _positions(start: float, end: float, duration: float) -> list[float]:
    """The positions to report on the way: one now and then, and each quartile."""
    steps = {start + n * _STEP for n in range(1, int((end - start) / _STEP) + 1)}
    quartiles = {duration * quartile / 100 for quartile in (25, 50, 75)}
    return sorted(each for each in steps | quartiles | {end} if start < each <= end)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def _signals(
    entry_id: str, duration: float, parts: Sequence[tuple[float, float]], at: float
) -> Iterator[Signal]:
    """The signals that a player would have sent."""
    yield Ready(at=at)
    yield Loaded(at=at, entry_id=entry_id, duration=duration, position=parts[0][0])
    playing = False
    for number, (start, end) in enumerate(parts):
        if number:
            yield Seek(at=at, position=start)
        if not playing:
            yield Play(at=at)
            yield Playing(at=at)
        for position in _positions(start, end, duration):
            yield TimeUpdate(at=at + position - start, position=position)
        at += end - start
        playing = end < duration
        if not playing:
            yield Ended(at=at, position=duration)
    yield Close(at=at)
