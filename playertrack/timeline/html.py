"""A timeline as a page: the drawings, with zoom, and the events with their reasons.

One file that loads nothing: it contains its styles and its script, and nothing else may run in it
(Content-Security-Policy), whatever names a trace has. It is readable without script, too.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from xml.etree import ElementTree as ET

from .elements import Child, el, html
from .listing import event_items, event_list, missing_list, more, rule_list
from .model import SessionTimeline, Timeline
from .row_svg import draw_row
from .style import PAGE, STYLE, TOOLS
from .svg import MOST_ROWS, left_out, legend_svg

#: The width of the drawing for phones.
_PHONE = 360.0


def to_html(timeline: Timeline, title: str = "timeline") -> str:
    """The page, named ``title``; of more than `MOST_ROWS` sessions the first are drawn."""
    rows = timeline.rows[:MOST_ROWS]
    sections = [_section(row, timeline.start) for row in rows]
    keys = [
        legend_svg([each for section in sections for each in section.iter("svg")], width)
        for width in (1080.0, _PHONE)
    ]
    note = left_out(timeline)
    return page(
        title,
        el("p", note, class_="note") if note else None,
        el("div", keys[0], class_="drawing wide"),
        el("div", keys[1], class_="drawing phone"),
        *sections,
        rule_list(each.event.rule for row in rows for each in row.explanation.entries),
    )


def to_comparison(pictures: Mapping[str, SessionTimeline], title: str, words: str = "") -> str:
    """A page with the pictures of one session beside each other, below ``words``."""
    sections = [
        el("section", el("h2", name), el("div", draw_row(row, row.start, 640.0), class_="drawing"))
        for name, row in pictures.items()
    ]
    entries = [
        (name, event_items(row.explanation.entries), row.start) for name, row in pictures.items()
    ]
    lists = [
        el("section", el("h2", f"events: {name}"), event_list(tuple(items), start))
        for name, items, start in entries
    ]
    return page(
        title,
        el("pre", words) if words else None,
        el("div", *sections, class_="beside"),
        el("div", *lists, class_="beside"),
        rule_list(each.event.rule for row in pictures.values() for each in row.explanation.entries),
    )


def page(title: str, *content: Child) -> str:
    """A page of its own with drawings."""
    header = el(
        "header",
        el("h1", title),
        el("button", "light / dark", type="button", id="themes", hidden=True),
    )
    body = el("div", header, el("main", *content), el("div", id="tip", hidden=True))
    body.set("class", "playertrack-timeline")
    style, script = STYLE + PAGE + TOOLS, script_text()
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src blob: data:"
    )
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="viewport", content="width=device-width"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", title),
        el("style", style),
    )
    made = el("html", head, el("body", body, el("script", script)), lang="en")
    return "<!DOCTYPE html>\n" + html(made) + "\n"


def script_text(*, alone: bool = True) -> str:
    """The script of a drawing on a page: its layout when zoomed, and its tools.

    ``alone``: the page is this module's, and the script finds the drawings by itself.
    """
    names = ("layout.js", "page.js", "start.js") if alone else ("layout.js", "page.js")
    return "\n".join(files(__package__).joinpath(name).read_text("utf-8") for name in names)


def _section(row: SessionTimeline, origin: float) -> ET.Element:
    entries = row.explanation.entries
    return el(
        "section",
        el("h2", row.title, class_="aloud"),
        el("div", draw_row(row, origin), class_="drawing wide"),
        el("div", draw_row(row, origin, _PHONE), class_="drawing phone"),
        missing_list(row.explanation.missing),
        el(
            "details",
            el("summary", f"events ({len(entries):,}), and why they came"),
            more(len(entries)),
            event_list(tuple(event_items(entries)), row.start),
        ),
        aria_label=row.title,
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
