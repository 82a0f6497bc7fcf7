"""A timeline for a terminal: the same picture in characters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from textwrap import wrap as fill

import attrs

from .._times import clock, is_dated, wall_clock
from .._words import counted
from .layout import Scale, label_of, ticks
from .model import Band, SessionTimeline, Timeline

#: Sessions drawn, events listed of each.
MOST_ROWS, _MOST_EVENTS = 20, 40

_HEIGHT = 9
_MARGIN = 10  # left of the plot


@attrs.frozen
class _Characters:
    """The characters to draw with; ``states`` in the order of the words in `_WORDS`."""

    treads: dict[str, str]
    axis: str
    corner: str
    level: str
    fired: str
    missed: str
    seen: str
    unseen: str
    dash: str


_TREADS = ("played", "still", "jumped", "skimmed")
_UNICODE = _Characters(
    dict(zip(_TREADS, "●─┊∘", strict=True)), "│", "└", "─", "●", "○", " █▓▒░", "·", "·"
)
_ASCII = _Characters(
    dict(zip(_TREADS, "*-:o", strict=True)), "|", "+", "-", "x", "o", " #%&@", ".", "-"
)

#: The character of each state and interruption in the band below the plot, and what it means.
_BANDS = {
    "IDLE": (".", "not started"),
    "READY": (".", "not started"),
    "LOADED": (".", "not started"),
    "STARTING": ("s", "starting"),
    "PLAYING": ("=", "playing"),
    "PAUSING": ("=", "playing"),
    "STALLING": ("~", "waiting for data"),
    "BUFFERING": ("~", "waiting for data"),
    "PAUSED": ("p", "paused"),
    "RESUMING": ("p", "paused"),
    "ENDED": ("e", "ended"),
    "FAILED": ("!", "failed"),
    "seek": (">", "seek"),
    "ad": ("A", "ad"),
}


def to_text(timeline: Timeline, width: int = 80, *, ascii_only: bool = False) -> str:
    """The timeline in lines of at most ``width`` characters (60 or more), without a last newline.

    ``ascii_only`` is for terminals that know nothing else.
    """
    look = _ASCII if ascii_only else _UNICODE
    lines: list[str] = []
    for row in timeline.rows[:MOST_ROWS]:
        lines += _row(row, timeline.start, max(width, 60), look)
        lines.append("")
    if not timeline.rows:
        return "no session: nothing was played"
    if len(timeline.rows) > MOST_ROWS:
        more = len(timeline.rows) - MOST_ROWS
        lines.append(f"not drawn: {counted(more, 'more session')}")
    text = "\n".join(line.rstrip()[:width] for line in lines).rstrip("\n")
    return text.encode("ascii", "replace").decode() if ascii_only else text


def _row(row: SessionTimeline, origin: float, width: int, look: _Characters) -> Iterator[str]:
    columns = width - _MARGIN - 2
    time = Scale(row.start, max(row.end, row.start + 0.5), columns - 1)
    yield from _title(row, origin, look, width)
    low, high = row.span
    content = Scale(high, low, _HEIGHT - 1)
    step, _ = ticks(low, high, 5)
    sign = "+" if row.origin else ""
    grid = _plot(row, time, content, columns, look)
    for number, line in enumerate(grid):
        named = number in (0, (_HEIGHT - 1) // 2, _HEIGHT - 1)
        position = high - (high - low) * number / (_HEIGHT - 1) - row.origin
        where = sign + clock(position, min(step, 1)) if named else ""
        yield f"{where:>{_MARGIN - 2}} {look.axis}{''.join(line)}"
    yield f"{'':{_MARGIN - 1}}{look.corner}{look.level * columns}"
    yield f"{'time':>{_MARGIN - 2}}  {_axis(row, time, columns)}"
    bands = _band_line(row.states, time, columns)
    yield f"{'state':>{_MARGIN - 2}}  {bands}"
    laid_over = _band_line(row.interruptions, time, columns)
    if row.interruptions:  # on a line of their own: the shortest takes a cell
        yield f"{'seek, ad':>{_MARGIN - 2}}  {laid_over}"
    used = dict.fromkeys(bands + laid_over)
    meanings = dict.fromkeys(_BANDS[name] for name in _BANDS if _BANDS[name][0] in used)
    yield f"{'':{_MARGIN}}" + "  ".join(f"{sign} {word}" for sign, word in meanings)
    yield ""
    yield f"{'watched':>{_MARGIN - 2}}  {_watched(row, columns, look)}"
    yield f"{'position':>{_MARGIN - 2}}  {_position_axis(row, columns)}"
    for mark in row.marks:
        if mark.at is None:
            head = f"{look.missed} {mark.quartile} %".rjust(_MARGIN - 2) + "  "
            yield from _wrapped(mark.why, head, width)
        else:
            fired = f"at {clock(mark.at - row.start, 0.1)}"
            yield f"{look.fired} {mark.quartile} %".rjust(_MARGIN - 2) + f"  {fired}"
    yield from _events(row)


def _title(row: SessionTimeline, origin: float, look: _Characters, width: int) -> Iterator[str]:
    said = [row.title]
    if row.start > origin:
        said.append(f"starts {clock(row.start - origin, 0.1)} into the trace")
    yield from _wrapped(f" {look.dash} ".join([*said, *row.describe()]), "", width)
    said = [f"starts {wall_clock(row.start)} UTC"] if is_dated(row.start) else []
    said.append(f"session id {row.summary.session}")
    yield f" {look.dash} ".join(said)


def _plot(
    row: SessionTimeline, time: Scale, content: Scale, columns: int, look: _Characters
) -> list[list[str]]:
    """The way of the playhead; what was played lies over what was not."""
    grid = [[" "] * columns for _ in range(_HEIGHT)]
    order = {tread: rank for rank, tread in enumerate(("jumped", "still", "skimmed", "played"))}
    for stroke in sorted(row.strokes, key=lambda stroke: order[stroke.tread]):
        sign = look.treads[stroke.tread]
        for (a, p), (b, q) in pairwise(stroke.points):
            x, end = time(a), time(b)
            # A live stream may have been left for anywhere, however far.
            y, bottom = (min(max(content(each), 0.0), _HEIGHT - 1.0) for each in (p, q))
            steps = max(1, round(2 * max(abs(end - x), abs(bottom - y))))
            for i in range(steps + 1):
                column = min(max(round(x + (end - x) * i / steps), 0), columns - 1)
                line = round(y + (bottom - y) * i / steps)
                grid[line][column] = sign
    return grid


def _wrapped(text: str, head: str, width: int) -> Iterator[str]:
    """``text`` after ``head``, in lines that keep words whole."""
    yield from fill(
        text, width, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
    )


def _axis(row: SessionTimeline, time: Scale, columns: int) -> str:
    """The times below the plot, from the start of the session."""
    step, times = ticks(0.0, time.high - row.start, max(columns // 12, 2))
    return _labels([(time(row.start + each), clock(each, step)) for each in times], columns)


def _position_axis(row: SessionTimeline, columns: int) -> str:
    """The positions below the bar of what was watched, which has a scale of its own."""
    low, high = row.span
    scale, sign = Scale(low, high, columns - 1), "+" if row.origin else ""
    step, positions = ticks(low - row.origin, high - row.origin, max(columns // 12, 2))
    return _labels(
        [(scale(each + row.origin), sign + clock(each, step)) for each in positions], columns
    )


def _labels(labels: Iterable[tuple[float, str]], columns: int) -> str:
    line = [" "] * columns
    free = 0
    for at, words in labels:
        left = min(round(at), columns - len(words))
        if left >= free:
            line[left : left + len(words)] = words
            free = left + len(words) + 1
    return "".join(line)


def _band_line(bands: Iterable[Band], time: Scale, columns: int) -> str:
    """The bands, column by column; a rare one shows even if it was short."""
    line = [" "] * columns
    common = ("PLAYING", "LOADED", "READY", "ENDED")
    for band in sorted(bands, key=lambda band: band.name not in common):
        first = min(int(time(band.start)), columns - 1)
        last = max(min(round(time(band.end)), columns - 1), first)
        line[first : last + 1] = _BANDS[band.name][0] * (last - first + 1)
    return "".join(line)


def _watched(row: SessionTimeline, columns: int, look: _Characters) -> str:
    low, high = row.span
    scale = Scale(low, high, columns)
    line = [look.unseen] * columns
    for each in row.watched:
        first, last = (
            int(scale(each.start)),
            max(round(scale(each.end)), int(scale(each.start)) + 1),
        )
        for column in range(first, min(last, columns)):
            line[column] = look.seen[min(each.times, 4)]
    return "".join(line)


def _events(row: SessionTimeline) -> Iterator[str]:
    entries: Sequence[tuple[float, str]] = [
        (each.event.at, label_of(each.event))
        for each in row.explanation.entries
        if each.event.event != "VIEW"
    ]
    for at, name in entries[:_MOST_EVENTS]:
        yield f"{clock(at - row.start, 0.01):>12}  {name}"
    if len(entries) > _MOST_EVENTS:
        yield f"{'':14}and {len(entries) - _MOST_EVENTS} more events"
