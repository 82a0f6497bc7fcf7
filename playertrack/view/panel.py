"""The selected session: its picture, events, signals, and why a quartile is missing, as HTML."""

from __future__ import annotations

from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from .._times import clock, wall_clock
from ..timeline.elements import Child, el
from ..timeline.listing import (
    clipped,
    event_list,
    line,
    listed,
    missing_list,
    more,
    rule,
    rule_list,
    table,
    time,
    words,
)
from ..timeline.row_svg import WIDTH, draw_row
from ..timeline.svg import legend_svg
from .detail import Detail, SignalItem
from .machine_diagram import machine_diagram
from .rows import SessionRow

#: So many signals are listed of a session that is not over, the last ones.
_LATEST = 500

#: What a session can be copied as, and the words for it.
EXPORTS = {
    "trace": "trace",
    "case": "conformance case",
    "pytest": "pytest",
    "events": "events",
}


def empty(words: str = "") -> ET.Element:
    """The panel while no session is chosen."""
    return el("section", el("p", words) if words else None, id="session", aria_label="session")


def panel(row: SessionRow, detail: Detail, width: float = WIDTH) -> ET.Element:
    """The panel of a session, its picture ``width`` pixels wide."""
    return el(
        "section",
        _head(row, detail),
        None if detail.state is None else machine_diagram(detail.state),
        _picture(detail, width),
        missing_list(detail.missing, over=detail.over),
        _findings(detail),
        _events(detail),
        _signals(detail),
        _diagnostics(detail),
        rule_list(
            [each.rule for each in detail.events] + [each.rule for each in detail.diagnostics]
        ),
        id="session",
        aria_label="session",
        data_session_id=row.session,
        tabindex=-1,
    )


def _head(row: SessionRow, detail: Detail) -> ET.Element:
    facts: list[tuple[str, Child]] = [
        ("session", el("code", row.session)),
        ("player", None if row.player is None else el("bdi", clipped(row.player, 1000))),
        ("entry", None if row.entry_id is None else el("bdi", clipped(row.entry_id, 1000))),
        ("start", f"{wall_clock(row.start)} UTC"),
        ("length", clock(row.length, 0.1)),
        ("in", detail.source or None),
    ]
    if detail.row is not None:
        facts.append(("summary", ", ".join(detail.row.describe())))
    pairs = [
        el("div", el("dt", name), el("dd", value)) for name, value in facts if value is not None
    ]
    where = urlencode({"session": row.session, "number": row.number}, errors="replace")
    copies = [
        el("button", words, type="button", data_copy=f"view/export?as={name}&{where}")
        for name, words in EXPORTS.items()
        if detail.signals or name == "events"
    ]
    return el(
        "div",
        el("h2", "session"),
        el("a", "back to the list", href="#list", class_="back"),
        el("dl", *pairs, class_="facts"),
        el("p", "copy as ", *copies, el("span", id="copied", role="status"), class_="copies"),
        class_="head",
    )


def _picture(detail: Detail, width: float) -> ET.Element | None:
    if detail.row is None:
        return None
    drawn = draw_row(detail.row, detail.row.start, width)
    return el("div", drawn, legend_svg([drawn], width), class_="drawing")


def _findings(detail: Detail) -> ET.Element | None:
    if not detail.findings:
        return None
    items = [el("li", each) for each in listed(detail.findings)]
    return el("div", el("h3", "what is wrong"), el("ul", *items, class_="wrong"))


def _events(detail: Detail) -> ET.Element:
    return el(
        "div",
        el("h3", f"events ({len(detail.events):,})"),
        more(len(detail.events)),
        event_list(detail.events, detail.start),
    )


def _signals(detail: Detail) -> ET.Element | None:
    if not detail.signals:
        return None
    count = len(detail.signals)
    if detail.over:
        items, note = listed(detail.signals), more(count)
    else:  # what comes is looked for at the end
        items, note = detail.signals[-_LATEST:], None
        if count > _LATEST:
            note = el("p", f"the last {_LATEST:,} are listed", class_="note")
    rows = [_signal(item, detail) for item in items]
    return el(
        "div",
        el("h3", f"signals ({count:,})"),
        note,
        table(("line", "time", "signal", "position", "more"), rows, "signals"),
    )


def _signal(item: SignalItem, detail: Detail) -> ET.Element:
    signal = item.signal
    cells: tuple[Child, ...] = (
        str(item.line),
        time(signal.at, detail.start),
        signal.name,
        "" if signal.position is None else clock(signal.position, 0.01),
        words(item.fields),
    )
    return line(
        cells,
        ("line", "time", "signal", "position", "more"),
        data_signal=signal.name,
        data_line=item.line,
        data_at=f"{signal.at - detail.start:.3f}",
        tabindex=0,
    )


def _diagnostics(detail: Detail) -> ET.Element | None:
    if not detail.diagnostics:
        return None
    rows = [
        line(
            (time(each.at, detail.start), each.kind, each.signal, each.message, rule(each.rule)),
            ("time", "kind", "signal", "what", "rule"),
            data_at=f"{each.at - detail.start:.3f}",
        )
        for each in listed(detail.diagnostics)
    ]
    return el(
        "div",
        el("h3", f"diagnostics ({len(detail.diagnostics):,})"),
        table(("time", "kind", "signal", "what", "rule"), rows, "diagnostics"),
    )
