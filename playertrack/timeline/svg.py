"""A timeline as SVG.

Written with the standard library's ElementTree, which does the escaping: of the libraries that
write SVG one is not kept any more, and the others give a class for each element and no more,
where what is hard here (scales, names that do not overlap) is ours anyway.

A drawing needs no network and no script. Colours follow the theme: ``data-theme`` of an element
around it, else what the viewer's system prefers. What belongs to an element (an event and why
it came, a state and how long it was) is its ``<title>``, which browsers show on hovering.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from ..trace.explain import Told, headline
from .layout import LANE, Label, Scale, count, lanes_of, place, ticks, tier
from .model import Mark, Row, Timeline
from .style import STYLE
from .time_format import clock

#: Sessions drawn; who has more chooses some.
MOST_ROWS = 100

#: The width of a drawing unless one is asked for.
WIDTH = 1080.0

_LEFT, _RIGHT = 64.0, 168.0
_PLOT = 150.0  # the height of the plot
_BAND = 9.0
_BAR = 14.0  # the width of the bar of what was watched
_AIR = 5.0  # around it, for what lies on its edge
_FOOT = 56.0  # below the plot: bands, axis, and air

#: Digits of a pixel: of hours that are zoomed into, seconds are to be told apart.
_FINE = 4

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_svg(timeline: Timeline, width: float = WIDTH) -> str:
    """The drawing as one SVG document: every session below the other, at most `MOST_ROWS`.

    ``width`` is in pixels, 600 or more.
    """
    rows = [draw_row(row, timeline.start, width) for row in timeline.rows[:MOST_ROWS]]
    y = sum(float(row.get("height", 0)) for row in rows)
    meaning, lines = legend(rows, y, width)
    note = left_out(timeline)
    height = y + 14 + 16 * lines + (16 if note else 0)
    root = ET.Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_n(width)} {_n(height)}",
        width=_n(width),
        height=_n(height),
        role="img",
    )
    root.set("class", "playertrack-timeline")
    root.set("aria-label", f"timeline of {len(timeline.rows)} playback sessions")
    ET.SubElement(root, "style").text = STYLE
    _add(root, "rect", "paper", width="100%", height="100%")
    y = 0.0
    for row in rows:
        row.set("y", _n(y))
        y += float(row.get("height", 0))
        root.append(row)
    root.append(meaning)
    if note:
        _text(root, "note", note, x=12, y=height - 8)
    return ET.tostring(root, encoding="unicode")


def left_out(timeline: Timeline) -> str:
    """What to say where not all sessions are drawn, or none is there."""
    if not timeline.rows:
        return "no session: nothing was played"
    more = len(timeline.rows) - MOST_ROWS
    return f"{more} more sessions are not drawn" if more > 0 else ""


def draw_row(row: Row, origin: float, full: float = WIDTH) -> ET.Element:
    """One session as an ``<svg>`` of its own, without a style; ``origin`` is the trace's start."""
    width = full - _LEFT - _RIGHT
    time = Scale(row.start, max(row.end, row.start + 0.5), width)
    labels = place(row.story.told, time)
    top = 46.0 + LANE * lanes_of(labels)
    height = top + _PLOT + _FOOT
    root = ET.Element("svg", width=_n(full), height=_n(height))
    root.set("viewBox", f"0 0 {_n(full)} {_n(height)}")
    root.set("class", "row")
    _head(root, row, origin, labels, full)
    axis = ET.SubElement(root, "g", transform=f"translate({_n(_LEFT)},{_n(top)})")
    axis.set("class", "axis")
    _time_axis(axis, row, time)
    _content(root, row, top, full - _RIGHT)
    plot = _window(root, "plot", top, _PLOT, width, _AIR)
    _plot(plot, row, time)
    bands = _window(root, "bands", top + _PLOT + 4, 2 * _BAND + 4, width)
    zoomed = _add(bands, "g", "zoom")
    for y, each in ((0.0, row.states), (_BAND + 3, row.interruptions)):
        for band in each:
            x, end = time(band.start), time(band.end)
            rect = _add(zoomed, "rect", f"band {band.name}", x=x, y=y, width=end - x, height=_BAND)
            _tip(rect, f"{band.name} for {clock(band.end - band.start, 0.1)}", band.start, row)
    _names(root, row, labels, top, width)
    return root


def _head(root: ET.Element, row: Row, origin: float, labels: list[Label], full: float) -> None:
    """Which session it is, and what it amounts to."""
    _text(root, "title", row.title, x=12, y=20)
    said = list(row.describe())
    begins = row.start - origin
    if begins >= 0.05:
        said.insert(0, f"begins {clock(begins, 0.1)} into the trace")
    said += count(labels)
    _text(root, "facts", " · ".join(said), x=full - 12, y=20, anchor="end")


def _time_axis(axis: ET.Element, row: Row, time: Scale) -> None:
    step, times = ticks(0.0, time.high - row.start, round(time.length / 85))
    axis.set("data-left", _n(_LEFT))
    axis.set("data-span", _n(time.high - time.low, 3))
    axis.set("data-width", _n(time.length))
    for seconds in times:
        x = time(row.start + seconds)
        if x <= time.length + 0.5:
            _add(axis, "line", "grid", x1=x, x2=x, y1=0, y2=_PLOT)
            _text(axis, "tick", clock(seconds, step), x=x, y=_PLOT + 40, anchor="middle")


def _content(root: ET.Element, row: Row, top: float, right: float) -> None:
    """The axis of content, what was watched of it, and the quartiles."""
    low, high = row.span
    y = _height(row)
    group = _add(root, "g", "content")
    group.set("transform", f"translate(0,{_n(top)})")
    origin, sign = row.origin, "+" if row.origin else ""
    group.set("data-low", _n(low - origin, _FINE))
    group.set("data-high", _n(high - origin, _FINE))
    group.set("data-sign", sign)
    group.set("data-height", _n(_PLOT))
    step, positions = ticks(low - origin, high - origin, 5)
    for position in positions:
        at = y(position + origin) + 3.5
        _text(group, "tick", sign + clock(position, step), x=_LEFT - 8, y=at, anchor="end")
    _add(group, "rect", "frame", x=_LEFT, y=0, width=right - _LEFT, height=_PLOT)
    _add(group, "rect", "unseen", x=right + 8, y=0, width=_BAR, height=_PLOT)
    for each in row.watched:
        top_, bottom = max(y(each.end), 0.0), min(y(each.start), _PLOT)
        rect = _add(
            group,
            "rect",
            f"seen times{min(each.times, 4)}",
            x=right + 8,
            y=top_,
            width=_BAR,
            height=max(bottom - top_, 0.5),
        )
        times = "once" if each.times == 1 else f"{each.times} times"
        begin, end = clock(each.start - origin, 0.1), clock(each.end - origin, 0.1)
        what = f"content {sign}{begin} to {sign}{end}: played {times}"
        ET.SubElement(rect, "title").text = what
    _add(
        group, "rect", "shown", x=right + 6, y=0, width=_BAR + 4, height=_PLOT, visibility="hidden"
    )
    for mark, at in zip(row.marks, _spread(row), strict=True):
        _quartile(group, row, mark, at, right)


def _spread(row: Row) -> list[float]:
    """Where the names of the quartiles stand: at their points, within the plot and apart."""
    y, step = _height(row), 14.0
    marks = [
        _PLOT * (1 - mark.quartile / 100) if mark.point is None else y(mark.point)
        for mark in row.marks
    ]
    last = _PLOT
    for index, at in enumerate(marks):  # upwards
        marks[index] = last = min(at, last)
        last -= step
    last = 0.0
    for index in reversed(range(len(marks))):
        marks[index] = last = max(marks[index], last)
        last += step
    return marks


def _quartile(group: ET.Element, row: Row, mark: Mark, y: float, right: float) -> None:
    fired = mark.at is not None
    each = _add(group, "g", "quartile fired" if fired else "quartile")
    if mark.point is not None:
        level = _height(row)(mark.point)
        if 0.0 <= level <= _PLOT:
            _add(each, "line", "level", x1=_LEFT, x2=right + 8 + _BAR, y1=level, y2=level)
    _add(each, "circle", "dot", cx=right + 8 + _BAR + 12, cy=y, r=3.5)
    when = "did not fire" if mark.at is None else f"at {clock(mark.at - row.start, 0.1)}"
    _text(each, "name", f"{mark.quartile} % {when}", x=right + 8 + _BAR + 22, y=y + 4)
    told = f"PLAY_REACHED_{mark.quartile} {when}\n{mark.why}"
    ET.SubElement(each, "title").text = clean(told)


def _plot(plot: ET.Element, row: Row, time: Scale) -> None:
    """Waits as shades, the way of the playhead, and where quartiles fired."""
    y = _height(row)
    zoomed = _add(plot, "g", "zoom")
    for band in (*row.states, *row.interruptions):
        if band.name in ("BUFFERING", "PAUSED", "FAILED", "ad"):
            x, end = time(band.start), time(band.end)
            _add(zoomed, "rect", f"shade {band.name}", x=x, y=0, width=end - x, height=_PLOT)
    for stroke in row.strokes:
        points = " ".join(f"{_n(time(at), _FINE)},{_n(y(p), _FINE)}" for at, p in stroke.points)
        _add(zoomed, "polyline", f"stroke {stroke.tread}").set("points", points)
    for mark in row.marks:
        if mark.at is not None and mark.position is not None:
            point = _at(plot, time(mark.at), y(mark.position))
            _add(point, "circle", "reached", r=3.5)
            _tip(point, f"PLAY_REACHED_{mark.quartile}\n{mark.why}", mark.at, row)


def _names(root: ET.Element, row: Row, labels: list[Label], top: float, width: float) -> None:
    """A mark for each event just above the plot, and the names above them."""
    height = top - 28.0
    window = _window(root, "events", 28.0, height, width, 2.0)
    window.set("data-height", _n(height))
    # What says least is drawn first: it lies below.
    for label in sorted(labels, key=lambda label: -tier(label.told.event.event)):
        event = label.told.event
        base = height - 9.0
        at = _at(window, label.x, base)
        at.set("class", f"at event {kind_of(event.event)}")
        at.set("data-tier", str(tier(event.event)))
        at.set("data-index", str(event.index))
        _add(at, "line", "mark", y1=-4, y2=4)
        text = _text(at, "name", label.name, x=label.left - label.x, y=0)
        # The width is what was reckoned with, whatever the font.
        text.set("textLength", _n(label.width))
        text.set("lengthAdjust", "spacingAndGlyphs")
        if label.lane is None:
            text.set("visibility", "hidden")
        else:
            text.set("y", _n(-9 - LANE * label.lane))
            _add(at, "line", "leader", y1=-4, y2=-9 - LANE * label.lane)
        _tip(at, explained(label.told), event.at, row)


def explained(told: Told) -> str:
    """The event, and the signal and rule that it goes back to."""
    return f"{headline(told.event)}\n{told.why}"


def kind_of(name: str) -> str:
    """The family of an event, for its colour."""
    if name.startswith("PLAY_REACHED"):
        return "progress"
    if name.startswith("BUFFER"):
        return "wait"
    families = {"SEEK": "seek", "ERROR": "error", "VIEW": "view", "PAUSE": "rest"}
    lifecycle = ("WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY", "REPLAY")
    return "life" if name in lifecycle else families.get(name, "other")


#: What the legend says of what; the classes are those of the drawing.
_LEGEND = (
    ("stroke played", "played"),
    ("stroke jumped", "jumped"),
    ("stroke still", "stood still"),
    ("stroke skimmed", "too fast to watch"),
    ("band LOADED", "not begun"),
    ("band STARTING", "starting"),
    ("band PLAYING", "playing"),
    ("band PAUSED", "paused"),
    ("band BUFFERING", "waiting for data"),
    ("band FAILED", "failed"),
    ("band ENDED", "ended"),
    ("band seek", "seek"),
    ("band ad", "ad"),
    ("seen times1", "watched"),
    ("seen times2", "again"),
)


def legend_svg(rows: Sequence[ET.Element]) -> ET.Element:
    """The legend of ``rows`` as an ``<svg>`` of its own."""
    meaning, lines = legend(rows, 0.0, WIDTH)
    height = _n(12 + 16 * lines)
    root = ET.Element("svg", width=_n(WIDTH), height=height, viewBox=f"0 0 {_n(WIDTH)} {height}")
    root.append(meaning)
    return root


def legend(rows: Sequence[ET.Element], y: float, width: float) -> tuple[ET.Element, int]:
    """What the colours mean that are in ``rows``, and in how many lines."""
    used = {each.get("class") for row in rows for each in row.iter()}
    group = ET.Element("g", transform=f"translate({_n(12)},{_n(y + 14)})")
    group.set("class", "legend")
    x, line = 0.0, 0
    for classes, words in _LEGEND:
        if classes not in used:
            continue
        if x + 30 + 6.3 * len(words) > width - 12:
            x, line = 0.0, line + 1
        y = 16.0 * line
        if classes.startswith("stroke"):
            _add(group, "polyline", classes).set("points", f"{_n(x)},{_n(y)} {_n(x + 16)},{_n(y)}")
        else:
            _add(group, "rect", classes, x=x, y=y - 4, width=12, height=9)
        _text(group, "tick", words, x=x + 20, y=y + 4)
        x += 30 + 6.3 * len(words)
    return group, line + 1


# ------------------------------------------------------------------------------- elements


def _height(row: Row) -> Scale:
    low, high = row.span
    return Scale(high, low, _PLOT)


def _window(
    root: ET.Element, name: str, y: float, height: float, width: float, air: float = 0.0
) -> ET.Element:
    """A part of the drawing that shows nothing beyond its bounds, as an inner ``<svg>`` does.

    ``air`` is shown around it.
    """
    width, height = width + 2 * air, height + 2 * air
    window = _add(root, "svg", name, x=_LEFT - air, y=y - air, width=width, height=height)
    window.set("viewBox", f"{_n(-air)} {_n(-air)} {_n(width)} {_n(height)}")
    return window


def _at(parent: ET.Element, x: float, y: float) -> ET.Element:
    """A group at a moment in time: zooming moves it and does not stretch it."""
    group = _add(parent, "g", "at")
    group.set("transform", f"translate({_n(x, _FINE)},{_n(y, _FINE)})")
    group.set("data-x", _n(x, _FINE))
    return group


def _add(parent: ET.Element, tag: str, classes: str, **numbers: float | str) -> ET.Element:
    given = {key: v if isinstance(v, str) else _n(v, _FINE) for key, v in numbers.items()}
    return ET.SubElement(parent, tag, {"class": classes, **given})


def _text(
    parent: ET.Element, classes: str, words: str, *, x: float, y: float, anchor: str = "start"
) -> ET.Element:
    text = _add(parent, "text", classes, x=x, y=y)
    if anchor != "start":
        text.set("text-anchor", anchor)
    text.text = clean(words)
    return text


def _tip(element: ET.Element, words: str, at: float, row: Row) -> None:
    title = ET.SubElement(element, "title")
    title.text = clean(f"{clock(at - row.start, 0.01)}  {words}")


def clean(text: str) -> str:
    """``text`` without what XML cannot hold: traces may have anything in their names."""
    return _FORBIDDEN.sub("\ufffd", text)


def _n(number: float, digits: int = 1) -> str:
    """A number as short as it goes."""
    text = f"{number:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
