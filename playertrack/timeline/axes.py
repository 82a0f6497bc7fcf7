"""The axes of a drawing: the time below, the content at the left, the quartiles."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from .._times import clock, is_dated, wall_clock
from .canvas import FINE, brief_number, put, tip, write
from .frame import BAR, PLOT, Frame
from .layout import ticks
from .model import Mark
from .thinning import thin_stretches


def time_axis(root: ET.Element, frame: Frame) -> None:
    """The time of the session, and at what time of day it began."""
    time, row = frame.time, frame.row
    axis = ET.SubElement(root, "g", transform=f"translate({brief_number(frame.left)},0)")
    axis.set("class", "axis")
    axis.set("data-left", brief_number(frame.left))
    axis.set("data-span", brief_number(time.high - time.low, 3))
    axis.set("data-width", brief_number(time.length))
    axis.set("data-most", str(most_ticks(time.length)))
    axis.set("data-top", brief_number(frame.top))
    axis.set("data-bottom", brief_number(frame.top + PLOT))
    axis.set("data-y", brief_number(frame.ticks))
    step, times = ticks(0.0, time.high - row.start, most_ticks(time.length))
    for seconds in times:
        x = time(row.start + seconds)
        if x <= time.length + 0.5:
            put(axis, "line", "grid", x1=x, x2=x, y1=frame.top, y2=frame.top + PLOT)
            write(axis, "tick", clock(seconds, step), x=x, y=frame.ticks, anchor="middle")
    words = "time since the start"
    if is_dated(row.start):
        since = wall_clock(row.start)
        words = f"time since {since[11:] if frame.narrow else since} UTC"
    x = frame.left + frame.width / 2
    write(root, "axis-title", words, x=x, y=frame.ticks + 15, anchor="middle")


def most_ticks(length: float) -> int:
    """How many times an axis of that many pixels has room for."""
    return max(round(length / 85), 3)


def content_axis(root: ET.Element, frame: Frame) -> None:
    """The positions, and how often each stretch of the content was played."""
    row, y = frame.row, frame.content
    low, high = row.span
    group = put(root, "g", "content")
    group.set("transform", f"translate(0,{brief_number(frame.top)})")
    origin, sign = row.origin, "+" if row.origin else ""
    group.set("data-low", brief_number(low - origin, FINE))
    group.set("data-high", brief_number(high - origin, FINE))
    group.set("data-sign", sign)
    group.set("data-height", brief_number(PLOT))
    group.set("data-x", brief_number(frame.left - 8))
    step, positions = ticks(low - origin, high - origin, 5)
    for position in positions:
        at = y(position + origin) + 3.5
        write(group, "tick", sign + clock(position, step), x=frame.left - 8, y=at, anchor="end")
    if not frame.narrow:
        title = write(group, "axis-title", "position", x=0, y=0, anchor="middle")
        title.set("transform", f"translate(11,{brief_number(PLOT / 2)}) rotate(-90)")
    put(group, "rect", "frame", x=frame.left, y=0, width=frame.width, height=PLOT)
    bar = frame.right + 8
    put(group, "rect", "unseen", x=bar, y=0, width=BAR, height=PLOT)
    for each in thin_stretches(row.watched, y):
        top, bottom = max(y(each.end), 0.0), min(y(each.start), PLOT)
        classes = f"seen times{min(each.times, 4)}"
        height = max(bottom - top, 0.5)
        rect = put(group, "rect", classes, x=bar, y=top, width=BAR, height=height)
        times = "once" if each.times == 1 else f"{each.times} times"
        shown_start, shown_end = clock(each.start - origin, 0.1), clock(each.end - origin, 0.1)
        tip(rect, f"content {sign}{shown_start} to {sign}{shown_end}: played {times}")
    put(group, "rect", "shown", x=bar - 2, y=0, width=BAR + 4, height=PLOT, visibility="hidden")


def quartiles(root: ET.Element, frame: Frame) -> None:
    """The points of the quartiles, and whether each fired: beside the bar, or below it all."""
    group = put(root, "g", "quartiles")
    for index, (mark, at) in enumerate(zip(frame.row.marks, _spread(frame), strict=True)):
        each = put(group, "g", "quartile" if mark.at is None else "quartile fired")
        bar = frame.right + 8 + BAR
        if mark.point is not None:
            level = frame.content(mark.point)
            if 0.0 <= level <= PLOT:
                y = frame.top + level
                line = put(each, "line", "level", x1=frame.left, x2=bar, y1=y, y2=y)
                line.set("data-y", brief_number(level, FINE))
        if frame.narrow:
            x, y = frame.left + 4, frame.ticks + 32 + 16 * index
        else:
            x, y = bar + 12, frame.top + at
        put(each, "circle", "dot", cx=x, cy=y, r=3.5)
        write(each, "name", _words(mark, frame), x=x + 10, y=y + 4)
        tip(each, f"PLAY_REACHED_{mark.quartile} {_when(mark, frame)}\n{mark.why}")


def _words(mark: Mark, frame: Frame) -> str:
    return f"{mark.quartile} % {_when(mark, frame)}"


def _when(mark: Mark, frame: Frame) -> str:
    if mark.at is None:
        return "did not fire"
    return f"at {clock(mark.at - frame.row.start, 0.1)}"


def _spread(frame: Frame) -> list[float]:
    """Where the names of the quartiles stand: at their points, within the plot and apart."""
    y, step = frame.content, 14.0
    marks = [
        PLOT * (1 - mark.quartile / 100) if mark.point is None else y(mark.point)
        for mark in frame.row.marks
    ]
    last = PLOT
    for index, at in enumerate(marks):  # upwards
        marks[index] = last = min(at, last)
        last -= step
    last = 0.0
    for index in reversed(range(len(marks))):
        marks[index] = last = max(marks[index], last)
        last += step
    return marks
