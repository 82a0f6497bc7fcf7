"""The chosen session: its picture, events, signals, and why a quartile is missing, as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from ..errors import shorten
from ..timeline.svg import WIDTH, draw_row
from ..timeline.time_format import clock
from ..trace.explain import RULES
from .detail import Detail, EventItem, SignalItem
from .elements import Child, el
from .rows import SessionRow
from .times import wall_clock

#: So many events and signals are listed; the rest are in the export.
MOST_LISTED = 2000

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
        _picture(detail, width),
        _quartiles(detail),
        _findings(detail),
        _events(detail),
        _signals(detail),
        _diagnostics(detail),
        _rules(detail),
        id="session",
        aria_label="session",
        data_session_id=row.session,
        tabindex=-1,
    )


def _head(row: SessionRow, detail: Detail) -> ET.Element:
    facts: list[tuple[str, Child]] = [
        ("session", el("code", row.session)),
        ("player", None if row.player is None else el("bdi", _cut(row.player, 1000))),
        ("entry", None if row.entry_id is None else el("bdi", _cut(row.entry_id, 1000))),
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
    return el("div", draw_row(detail.row, detail.row.start, width), class_="drawing")


def _quartiles(detail: Detail) -> ET.Element | None:
    if not detail.missing:
        return None
    items = [
        el(
            "li",
            el("b", f"{each.quartile} %"),
            "" if each.point is None else f" (at {clock(each.point, 0.1)})",
            " did not fire: ",
            "; ".join(reason.text for reason in each.reasons),
        )
        for each in detail.missing
    ]
    return el("div", el("h3", "missing quartiles"), el("ul", *items), class_="missing")


def _findings(detail: Detail) -> ET.Element | None:
    if not detail.findings:
        return None
    items = [el("li", each) for each in detail.findings[:MOST_LISTED]]
    return el("div", el("h3", "what is wrong"), el("ul", *items, class_="wrong"))


def _events(detail: Detail) -> ET.Element:
    heads = ("time", "event", "position", "more", "why")
    items = detail.events[:MOST_LISTED]
    rows = [_event(item, detail) for item in items]
    return el(
        "div",
        el("h3", f"events ({len(detail.events):,})"),
        _more(len(detail.events)),
        _table(heads, rows, "events"),
    )


def _event(item: EventItem, detail: Detail) -> ET.Element:
    why: list[Child] = []
    if item.why:
        why.append(item.why)
    if item.rule:
        why += [" ", _rule(item.rule)]
    if item.verdict:
        why.append(el("span", item.verdict, class_="right" if item.verdict == "good" else "wrong"))
    if item.outcome:
        why.append(el("span", f"answer: {item.outcome}", class_="outcome"))
    for finding in item.findings:
        why.append(el("span", finding, class_="wrong"))
    if item.request:
        fields = "\n".join(f"{k}={_cut(v)}" for k, v in item.request.items())
        why.append(el("details", el("summary", "request"), el("pre", fields)))
    cells: tuple[Child, ...] = (
        _time(item.at, detail.start),
        el("b", item.name),
        "" if item.position is None else clock(item.position, 0.01),
        _words(item.fields),
        el("span", *why),
    )
    return _line(
        cells,
        ("time", "event", "position", "more", "why"),
        data_event=item.name,
        data_index=item.index,
        data_at=f"{item.at - detail.start:.3f}",
        data_line=item.line,
        data_verdict=item.verdict or None,
        class_="bad" if item.findings else None,
        tabindex=0,
    )


def _signals(detail: Detail) -> ET.Element | None:
    if not detail.signals:
        return None
    rows = [_signal(item, detail) for item in detail.signals[:MOST_LISTED]]
    return el(
        "div",
        el("h3", f"signals ({len(detail.signals):,})"),
        _more(len(detail.signals)),
        _table(("line", "time", "signal", "position", "more"), rows, "signals"),
    )


def _signal(item: SignalItem, detail: Detail) -> ET.Element:
    signal = item.signal
    cells: tuple[Child, ...] = (
        str(item.line),
        _time(signal.at, detail.start),
        signal.name,
        "" if signal.position is None else clock(signal.position, 0.01),
        _words(item.fields),
    )
    return _line(
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
        _line(
            (_time(each.at, detail.start), each.kind, each.signal, each.message, _rule(each.rule)),
            ("time", "kind", "signal", "what", "rule"),
            data_at=f"{each.at - detail.start:.3f}",
        )
        for each in detail.diagnostics[:MOST_LISTED]
    ]
    return el(
        "div",
        el("h3", f"diagnostics ({len(detail.diagnostics):,})"),
        _table(("time", "kind", "signal", "what", "rule"), rows, "diagnostics"),
    )


def _rules(detail: Detail) -> ET.Element | None:
    cited = dict.fromkeys(each.rule for each in detail.events if each.rule)
    cited |= dict.fromkeys(each.rule for each in detail.diagnostics)
    if not cited:
        return None
    pairs = [
        el("div", el("dt", rule, id=rule), el("dd", RULES.get(rule, "a rule of the contract")))
        for rule in sorted(cited)
    ]
    return el("div", el("h3", "rules"), el("dl", *pairs, class_="rules"))


# ------------------------------------------------------------------------------- parts


def _table(heads: Iterable[str], rows: Iterable[ET.Element], name: str) -> ET.Element:
    head = el("thead", el("tr", *(el("th", each, scope="col") for each in heads)))
    return el("table", head, el("tbody", *rows), class_=name)


def _line(
    cells: Iterable[Child], heads: Iterable[str], **attributes: str | float | None
) -> ET.Element:
    made = [
        el("td", cell, class_=head, data_label=head)
        for cell, head in zip(cells, heads, strict=True)
    ]
    return el("tr", *made, **attributes)


def _more(count: int) -> ET.Element | None:
    if count <= MOST_LISTED:
        return None
    words = f"the first {MOST_LISTED:,} are listed; copy the trace to see them all"
    return el("p", words, class_="note")


def _time(at: float, start: float) -> ET.Element:
    return el("time", clock(at - start, 0.001), title=f"{wall_clock(at)} UTC ({at:.3f})")


def _rule(rule: str) -> ET.Element:
    return el("a", rule, href=f"#{rule}", class_="rule")


def _words(fields: Mapping[str, Any]) -> str:
    """Fields in words, without those that say nothing."""
    said = []
    for name, value in fields.items():
        if value is None or value is False or value == "":
            continue
        word = name.replace("_", " ")
        if value is True:
            said.append(word)
        elif isinstance(value, float):
            said.append(f"{word} {value:.3f}".rstrip("0").rstrip("."))
        else:
            said.append(f"{word} {_cut(value if isinstance(value, str) else shorten(value))}")
    return ", ".join(said)


def _cut(text: str, width: int = 300) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
