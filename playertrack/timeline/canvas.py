"""SVG elements, with numbers as short as they go and text that XML can hold."""

from __future__ import annotations

import re
from unicodedata import east_asian_width
from xml.etree import ElementTree as ET

from .._times import clock

#: Digits of a pixel: zoomed into hours, two events a second apart stay apart.
FINE = 4

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """``text`` without what XML cannot hold: traces may have anything in their names."""
    return _FORBIDDEN.sub("\ufffd", text)


def brief_number(value: float, digits: int = 1) -> str:
    """A number as short as it goes."""
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def put(parent: ET.Element, tag: str, classes: str, **numbers: float | str) -> ET.Element:
    """A new element in ``parent``, with attributes that are numbers of pixels."""
    given = {key: v if isinstance(v, str) else brief_number(v, FINE) for key, v in numbers.items()}
    return ET.SubElement(parent, tag, {"class": classes, **given})


def write(
    parent: ET.Element, classes: str, words: str, *, x: float, y: float, anchor: str = "start"
) -> ET.Element:
    """A line of text in ``parent``."""
    text = put(parent, "text", classes, x=x, y=y)
    if anchor != "start":
        text.set("text-anchor", anchor)
    text.text = xml_text(words)
    return text


def tip(element: ET.Element, words: str, seconds: float | None = None) -> None:
    """Add the words to show on hovering; ``seconds`` is when it was, since the start."""
    title = ET.SubElement(element, "title")
    title.text = xml_text(words if seconds is None else f"{clock(seconds, 0.01)}  {words}")


def at_moment(parent: ET.Element, x: float, y: float) -> ET.Element:
    """A group at a moment in time: zooming moves it and does not stretch it."""
    group = put(parent, "g", "at")
    group.set("transform", f"translate({brief_number(x, FINE)},{brief_number(y, FINE)})")
    group.set("data-x", brief_number(x, FINE))
    return group


def window(
    root: ET.Element,
    name: str,
    *,
    x: float,
    y: float,
    width: float,
    height: float,
    air: float = 0.0,
) -> ET.Element:
    """A part of a drawing that shows nothing beyond its bounds; ``air`` is shown around it."""
    width, height = width + 2 * air, height + 2 * air
    part = put(root, "svg", name, x=x - air, y=y - air, width=width, height=height)
    part.set("viewBox", " ".join(map(brief_number, (-air, -air, width, height))))
    return part


def fit(text: str, width: float, character: float) -> str:
    """``text``, cut with an ellipsis if it is wider than ``width`` pixels."""
    room = width - character
    for index, each in enumerate(text):
        wide = east_asian_width(each) in "WF"
        room -= character * (1.8 if wide else 1.0)
        if room < 0 and index < len(text) - 1:
            return f"{text[:index]}…"
    return text


def fit_lines(parts: list[str], width: float, character: float) -> list[str]:
    """The parts with a dot between them, in as few lines as fit; one too long alone is cut."""
    lines: list[str] = []
    for part in parts:
        longer = f"{lines[-1]} · {part}" if lines else part
        if lines and len(longer) * character <= width:
            lines[-1] = longer
        else:
            lines.append(fit(part, width, character))
    return lines
