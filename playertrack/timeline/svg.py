"""A timeline as SVG.

A drawing needs no network and no script. Colours follow the theme: ``data-theme`` of an element
around it, else what the viewer's system prefers. What belongs to an element (an event and why
it came, a state and how long it was) is its ``<title>``, which browsers show on hovering.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

from .._words import counted
from .canvas import brief_number, put, write
from .model import Timeline
from .row_svg import WIDTH, draw_row
from .style import STYLE

#: Sessions drawn; who has more chooses some.
MOST_ROWS = 100


def to_svg(timeline: Timeline, width: float = WIDTH) -> str:
    """The drawing as one SVG document: every session below the other, at most `MOST_ROWS`.

    ``width`` is in pixels, 300 or more.
    """
    rows = [draw_row(row, timeline.start, width) for row in timeline.rows[:MOST_ROWS]]
    y = sum(float(row.get("height", 0)) for row in rows)
    meaning, lines = legend(rows, y, width)
    note = left_out(timeline)
    height = y + 14 + 16 * lines + (16 if note else 0)
    root = ET.Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {brief_number(width)} {brief_number(height)}",
        width=brief_number(width),
        height=brief_number(height),
        role="img",
    )
    root.set("class", "playertrack-timeline")
    root.set("aria-label", f"timeline of {counted(len(timeline.rows), 'playback session')}")
    ET.SubElement(root, "style").text = STYLE
    put(root, "rect", "paper", width="100%", height="100%")
    y = 0.0
    for row in rows:
        row.set("y", brief_number(y))
        y += float(row.get("height", 0))
        root.append(row)
    root.append(meaning)
    if note:
        write(root, "note", note, x=12, y=height - 8)
    return ET.tostring(root, encoding="unicode")


def left_out(timeline: Timeline) -> str:
    """A note where not all sessions are drawn, or none is there."""
    if not timeline.rows:
        return "no session: nothing was played"
    more = len(timeline.rows) - MOST_ROWS
    said = f"not drawn: {counted(more, 'more session')}; `playertrack view` shows all"
    return said if more > 0 else ""


#: What the legend says of what; the classes are those of the drawing.
_LEGEND = (
    ("stroke played", "played"),
    ("stroke jumped", "jumped"),
    ("stroke still", "stood still"),
    ("stroke skimmed", "too fast to watch"),
    ("band LOADED", "not started"),
    ("band STARTING", "starting"),
    ("band PLAYING", "playing"),
    ("band PAUSED", "paused"),
    ("band BUFFERING", "waiting for data"),
    ("band FAILED", "failed"),
    ("band ENDED", "ended"),
    ("band seek", "seek"),
    ("band ad", "ad"),
    ("seen times1", "watched"),
    ("seen times2", "watched again"),
    ("signal", "signal"),
)


def legend_svg(rows: Sequence[ET.Element], width: float = WIDTH) -> ET.Element:
    """The legend of ``rows`` as an ``<svg>`` of its own."""
    meaning, lines = legend(rows, 0.0, width)
    height = brief_number(12 + 16 * lines)
    root = ET.Element("svg", width=brief_number(width), height=height)
    root.set("viewBox", f"0 0 {brief_number(width)} {height}")
    root.set("class", "key")
    root.set("aria-hidden", "true")
    root.append(meaning)
    return root


def legend(rows: Iterable[ET.Element], y: float, width: float) -> tuple[ET.Element, int]:
    """The meanings of the colours in ``rows``, and the number of lines they take."""
    used = {each.get("class") for row in rows for each in row.iter()}
    group = ET.Element("g", transform=f"translate({brief_number(12)},{brief_number(y + 14)})")
    group.set("class", "legend")
    x, line = 0.0, 0
    for classes, words in _LEGEND:
        if classes not in used:
            continue
        if x + 30 + 6.3 * len(words) > width - 12:
            x, line = 0.0, line + 1
        y = 16.0 * line
        if classes.startswith("stroke"):
            points = f"{brief_number(x)},{brief_number(y)} {brief_number(x + 16)},{brief_number(y)}"
            put(group, "polyline", classes).set("points", points)
        elif classes == "signal":
            put(group, "line", classes, x1=x + 6, x2=x + 6, y1=y - 4, y2=y + 4)
        else:
            put(group, "rect", classes, x=x, y=y - 4, width=12, height=9)
        write(group, "tick", words, x=x + 20, y=y + 4)
        x += 30 + 6.3 * len(words)
    return group, line + 1
