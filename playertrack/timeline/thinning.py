"""Thins out what a picture cannot show: one mark of each kind stays for a pixel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ..trace.explain import Entry
from .layout import Scale, tier
from .model import Band, Stretch
from .strokes import Stroke, Tread

#: Beyond so many of them things are thinned: events, strokes, bands, stretches, signals.
MOST_EVENTS, MOST_STROKES, MOST_BANDS, MOST_STRETCHES, MOST_SIGNALS = 1500, 1500, 1000, 300, 1500


def thin_events(entries: Sequence[Entry], time: Scale) -> Sequence[Entry]:
    """One event of each name a pixel, of the names that say least one in three pixels or more."""
    if len(entries) <= MOST_EVENTS:
        return entries
    kept = list(entries)
    for coarse in (1, 2, 4, 8, 16, 32):
        seen = set()
        kept = []
        for each in entries:
            name = each.event.event
            size = coarse * (1 + tier(name))
            key = (name, int(time(each.event.at) / size))
            if key not in seen:
                seen.add(key)
                kept.append(each)
        if len(kept) <= min(MOST_EVENTS, 2.0 * time.length):
            break
    return kept


def thin_strokes(all_: Sequence[Stroke], time: Scale) -> Sequence[Stroke]:
    """Strokes that are narrower than a pixel become one upright stroke a pixel and tread."""
    if len(all_) <= MOST_STROKES and sum(len(each.points) for each in all_) <= 4 * MOST_STROKES:
        return all_
    columns: dict[tuple[Tread, int], tuple[float, float, float]] = {}
    kept: list[Stroke] = []
    for stroke in all_:
        first, last = stroke.points[0], stroke.points[-1]
        if time(last[0]) - time(first[0]) >= 1.0 and len(stroke.points) < 100:
            kept.append(stroke)
            continue
        for (a, p), (b, q) in zip(stroke.points, stroke.points[1:], strict=False):
            key = (stroke.tread, int(time(a)))
            at, low, high = columns.get(key, (a, p, p))
            columns[key] = (at, min(low, p, q), max(high, p, q))
            if time(b) - time(a) >= 1.0:
                kept.append(Stroke(stroke.tread, ((a, p), (b, q))))
    upright = (
        Stroke(tread, ((at, low), (at, high))) for (tread, _), (at, low, high) in columns.items()
    )
    return [*kept, *upright]


def thin_bands(all_: Sequence[Band], time: Scale) -> Sequence[Band]:
    """Bands that are narrower than a pixel: in a pixel the usual one, and on it the rarest two."""
    if len(all_) <= MOST_BANDS:
        return all_
    common = Counter(band.name for band in all_)
    narrow: dict[int, dict[str, Band]] = {}
    kept = []
    for band in all_:
        if time(band.end) - time(band.start) >= 2.0:
            kept.append(band)
        else:
            narrow.setdefault(int(time(band.start)), {}).setdefault(band.name, band)
    for found in narrow.values():
        usual, *others = sorted(found.values(), key=lambda band: -common[band.name])
        kept += [usual, *others[-2:]]
    return kept


def thin_stretches(all_: Sequence[Stretch], content: Scale) -> Sequence[Stretch]:
    """Stretches of content that are smaller than a pixel: the most played one of each pixel."""
    if len(all_) <= MOST_STRETCHES:
        return all_
    best: dict[int, Stretch] = {}
    kept = []
    for each in all_:
        row = int(content(each.start))
        if abs(content(each.start) - content(each.end)) >= 1.0:
            kept.append(each)
        elif row not in best or best[row].times < each.times:
            best[row] = each
    return [*kept, *best.values()]


def thin_moments(times: Iterable[float], time: Scale) -> list[float]:
    """Moments, in pixels: all of them if they are few, else one a pixel."""
    pixels = [time(at) for at in times]
    if len(pixels) <= MOST_SIGNALS:
        return pixels
    return sorted({float(int(x)) for x in pixels})
