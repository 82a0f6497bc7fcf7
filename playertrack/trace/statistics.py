"""Statistics of a fleet of players: the numbers that the field uses, by group.

``join_time_p50``, ``join_time_p95``: seconds from the request to the first frame, ads excluded
(video startup time), linear between ranks. ``rebuffer_ratio``: time spent waiting for data, of the
time spent playing or waiting (CTA-2066, Conviva; the start and seeks are no rebuffering).
``rebuffer_frequency``: waits a minute of play time (Mux; 60 times Media3's ``getRebufferRate``).
``completion``: plays that reached the end by playing, of those with a known duration.
``watched_share``: of the duration, watched at least once, the mean of the plays. ``retention``: for
each percent of the duration the share of the plays that played over it; None where that is not
known. Sums over a group are divided, not ratios averaged, as Media3's ``PlaybackStats.merge`` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from .plays import PERCENTS, SessionTotals


@attrs.frozen
class Stats:
    """The numbers of one group; None where nothing is known. Times are seconds."""

    group: Any
    sessions: int
    plays: int
    join_time_p50: float | None
    join_time_p95: float | None
    play_time: float | None
    rebuffers: int
    rebuffer_time: float
    rebuffer_ratio: float | None
    rebuffer_frequency: float | None
    seeks: int
    errors: int
    completion: float | None
    watched_share: float | None
    retention: tuple[float | None, ...]


def grouped(plays: Iterable[SessionTotals], by: str | None = None) -> list[Stats]:
    """The numbers of all plays, or of each group of them, the largest first.

    ``by`` is what they are grouped by: ``day``, ``entry_id`` or any other field that they have.
    """
    groups: dict[Any, list[SessionTotals]] = {}
    for play in plays:
        groups.setdefault(None if by is None else play.property(by), []).append(play)
    found = [stats_of(group, members) for group, members in groups.items()]
    if by == "day":
        return sorted(found, key=lambda each: str(each.group))
    return sorted(found, key=lambda each: (-each.plays, str(each.group)))


def stats_of(group: Any, members: Sequence[SessionTotals]) -> Stats:
    """The numbers of some sessions."""
    plays = [play for play in members if play.played]
    timed = [play.play_time for play in plays if play.play_time is not None]
    play_time = sum(timed) if timed else None
    rebuffers = sum(play.stall_count for play in plays)
    waited = sum((play.stall_time for play in plays), 0.0)
    joins = sorted(play.join_time for play in plays if play.join_time is not None)
    return Stats(
        group=group,
        sessions=len(members),
        plays=len(plays),
        join_time_p50=percentile(joins, 50),
        join_time_p95=percentile(joins, 95),
        play_time=play_time,
        rebuffers=rebuffers,
        rebuffer_time=waited,
        rebuffer_ratio=waited / (play_time + waited) if play_time else None,
        rebuffer_frequency=60.0 * rebuffers / play_time if play_time else None,
        seeks=sum(play.seek_count for play in plays),
        errors=sum(play.error_count for play in members),
        completion=_mean([float(play.ended) for play in plays if play.ended is not None]),
        watched_share=_mean([play.watched for play in plays if play.watched is not None]),
        retention=tuple(
            _mean([float(play.retention[p]) for play in plays if p in play.retention])
            for p in PERCENTS
        ),
    )


def percentile(ranked: Sequence[float], percent: float) -> float | None:
    """The percentile of numbers in ascending order, linear between ranks; None of none.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 50), percentile([1.0, 2.0], 95)
    (2.5, 1.95)
    """
    if not ranked:
        return None
    place = (len(ranked) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (ranked[above] - ranked[below]) * (place - below)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
