"""One session as an ``<svg>``: its head, the names of its events, the plot, bands and signals."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from .._times import clock, is_dated, wall_clock
from ..trace.explain import Entry, headline
from .axes import content_axis, quartiles, time_axis
from .canvas import FINE, at_moment, brief_number, fit, fit_lines, put, tip, window, write
from .frame import BAND, HEAD, PLOT, SIGNALS, Frame
from .layout import LANE, MOST_VIEWS, Label, event_counts, lanes_of, place, tier
from .model import SessionTimeline
from .thinning import MOST_SIGNALS, thin_bands, thin_events, thin_moments, thin_strokes

#: The width of a drawing unless one is asked for.
WIDTH = 1080.0


def draw_row(row: SessionTimeline, origin: float, full: float = WIDTH) -> ET.Element:
    """A session, ``full`` pixels wide (300 or more), without a style; ``origin``: see `facts`."""
    entries = thin_events(row.explanation.entries, Frame(row, full).time)
    labels = place(entries, Frame(row, full).time, short=Frame(row, full).narrow)
    said = facts(row, origin, labels)
    lines = fit_lines(said, full - 24.0, HEAD)
    frame = Frame(row, full, len(lines), lanes_of(labels))
    root = ET.Element("svg", width=brief_number(full), height=brief_number(frame.height))
    root.set("viewBox", f"0 0 {brief_number(full)} {brief_number(frame.height)}")
    root.set("class", "row")
    root.set("role", "img")
    root.set("aria-label", spoken(row, said))
    write(root, "title", fit(row.title, full - 24.0, 8.2), x=12, y=18)
    for index, line in enumerate(lines):
        write(root, "facts", line, x=12, y=35 + 15 * index)
    time_axis(root, frame)
    content_axis(root, frame)
    plot = window(root, "plot", x=frame.left, y=frame.top, width=frame.width, height=PLOT, air=5.0)
    _plot(plot, frame)
    quartiles(root, frame)
    _bands(root, frame)
    _signals(root, frame)
    _names(root, frame, labels)
    return root


def facts(row: SessionTimeline, origin: float, labels: list[Label]) -> list[str]:
    """The lines below the title: the session's totals, its id, when it started if that is known.

    ``origin`` is when the trace began (Unix time), if that is to be said.
    """
    said = list(row.describe())
    begins = row.start - origin
    if begins >= 0.05:
        said.append(f"starts {clock(begins, 0.1)} into the trace")
    said += event_counts(labels, len(row.explanation.entries))
    if row.summary.session:
        said.append(f"session id {row.summary.session}")
    if is_dated(row.start):
        said.append(f"starts {wall_clock(row.start)} UTC")
    return said


def spoken(row: SessionTimeline, said: list[str]) -> str:
    """The drawing in words, for those who do not see it."""
    reached = ", ".join(
        f"{mark.quartile} % " + ("did not fire" if mark.at is None else "fired")
        for mark in row.marks
    )
    return "; ".join(filter(None, (f"Timeline of {row.title}", *said, reached)))


def _plot(plot: ET.Element, frame: Frame) -> None:
    """Waits as shades, the way of the playhead, and where quartiles fired."""
    row, time, y = frame.row, frame.time, frame.content
    zoomed = put(plot, "g", "zoom")
    shades = [band for band in (*row.states, *row.interruptions) if band.name in _SHADED]
    for band in thin_bands(shades, time):
        x, end = time(band.start), time(band.end)
        put(zoomed, "rect", f"shade {band.name}", x=x, y=0, width=end - x, height=PLOT)
    for stroke in thin_strokes(row.strokes, time):
        points = " ".join(
            f"{brief_number(time(at), FINE)},{brief_number(y(p), FINE)}" for at, p in stroke.points
        )
        put(zoomed, "polyline", f"stroke {stroke.tread}").set("points", points)
    for mark in row.marks:
        if mark.at is not None and mark.position is not None:
            point = at_moment(plot, time(mark.at), y(mark.position))
            put(point, "circle", "reached", r=3.5)
            tip(point, f"PLAY_REACHED_{mark.quartile}\n{mark.why}", mark.at - row.start)


#: States and interruptions in which nothing is watched.
_SHADED = ("BUFFERING", "PAUSED", "FAILED", "ad")


def _bands(root: ET.Element, frame: Frame) -> None:
    """The states, and below them seeks and ads; even the shortest can be seen."""
    row, time = frame.row, frame.time
    height = 2 * BAND + 3
    bands = window(root, "bands", x=frame.left, y=frame.bands, width=frame.width, height=height)
    zoomed = put(bands, "g", "zoom")
    for y, each in ((0.0, row.states), (BAND + 3, row.interruptions)):
        for band in thin_bands(each, time):
            x, end = time(band.start), time(band.end)
            rect = put(zoomed, "rect", f"band {band.name}", x=x, y=y, width=end - x, height=BAND)
            words = f"{band.name} for {clock(band.end - band.start, 0.1)}"
            tip(rect, words, band.start - row.start)


def _signals(root: ET.Element, frame: Frame) -> None:
    """The lane of raw signals: a tick for each update, a taller one for all else."""
    row, time = frame.row, frame.time
    if not row.signals:
        return
    lane = window(
        root, "signals", x=frame.left, y=frame.signals, width=frame.width, height=SIGNALS, air=1.0
    )
    updates = thin_moments((at for at, name in row.signals if name == "timeupdate"), time)
    zoomed = put(lane, "g", "zoom")
    ticks = "".join(f"M{brief_number(x, FINE)} 3v5" for x in updates)
    if ticks:
        put(zoomed, "path", "update").set("d", ticks)
    others = [(at, name) for at, name in row.signals if name != "timeupdate"]
    if len(others) > MOST_SIGNALS // 3:
        pixels = {int(time(at)): (at, name) for at, name in reversed(others)}
        others = sorted(pixels.values())
    for at, name in others:
        mark = at_moment(lane, time(at), 0.0)
        put(mark, "line", "signal", y1=0, y2=SIGNALS)
        tip(mark, name, at - row.start)


def _names(root: ET.Element, frame: Frame, labels: list[Label]) -> None:
    """A mark for each event just above the plot, and the names above them."""
    height = frame.names_height
    part = window(
        root, "events", x=frame.left, y=frame.names, width=frame.width, height=height, air=2.0
    )
    part.set("data-height", brief_number(height))
    views = sum(label.name == "VIEW" for label in labels)
    base = height - 9.0
    # What says least is drawn first: it lies below.
    for label in sorted(labels, key=lambda label: -tier(label.entry.event.event)):
        event = label.entry.event
        at = at_moment(part, label.x, base)
        at.set("class", f"at event {family_of(event.event)}")
        at.set("data-tier", str(tier(event.event)))
        at.set("data-index", str(event.index))
        comb = event.event == "VIEW" and views > MOST_VIEWS
        put(at, "line", "mark", y1=2 if comb else -4, y2=4)
        text = write(at, "name", label.name, x=label.left - label.x, y=0)
        # The width is what was reckoned with, whatever the font.
        text.set("textLength", brief_number(label.width))
        text.set("lengthAdjust", "spacingAndGlyphs")
        if label.lane is None:
            text.set("visibility", "hidden")
        else:
            text.set("y", brief_number(-9 - LANE * label.lane))
            put(at, "line", "leader", y1=-4, y2=-9 - LANE * label.lane)
        tip(at, event_words(label.entry), event.at - frame.row.start)


def event_words(entry: Entry) -> str:
    """The event, and the signal and rule that it goes back to."""
    said = headline(entry.event)
    return f"{said}\n{entry.why}" if entry.event.rule else said


def family_of(name: str) -> str:
    """The family of an event, for its colour."""
    if name.startswith("PLAY_REACHED"):
        return "progress"
    if name.startswith("BUFFER"):
        return "wait"
    families = {"SEEK": "seek", "ERROR": "error", "VIEW": "view", "PAUSE": "rest", "RESUME": "rest"}
    lifecycle = ("WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY", "REPLAY")
    return "life" if name in lifecycle else families.get(name, "other")
