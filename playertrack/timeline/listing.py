"""Lists beside a picture, as HTML: the events with their reasons, and the missing quartiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from xml.etree import ElementTree as ET

import attrs

from .._times import clock, wall_clock
from ..errors import shorten
from ..events import Event, to_record
from ..trace.explain import RULES, Entry
from ..trace.missing import Missing
from .elements import Child, el

#: A list of so many lines is shown whole, of a longer one only the first.
_WHOLE, _FIRST = 2000, 1000

_Item = TypeVar("_Item")

_COMMON = ("event", "at", "player", "session", "index", "entry_id", "position", "duration")


@attrs.frozen(kw_only=True)
class EventItem:
    """An event in the list: ``fields`` are its own, ``findings`` what is wrong with it.

    ``why`` says what caused it, ``rule`` is the contract's, ``line`` the signal's; each is
    empty or None where nobody knows. In the collector ``verdict`` is what it makes of the
    event, ``outcome`` is its answer, and ``request`` the fields that came.
    """

    name: str
    at: float
    index: int | None = None
    position: float | None = None
    fields: Mapping[str, Any] = attrs.field(factory=dict)
    rule: str = ""
    why: str = ""
    line: int | None = None
    findings: tuple[str, ...] = ()
    verdict: str = ""
    outcome: str = ""
    request: Mapping[str, str] = attrs.field(factory=dict)


def event_items(entries: Iterable[Entry]) -> Iterator[EventItem]:
    """Events that the engine derived, with their reasons."""
    for each in entries:
        yield item_of(each.event, each.line, each.why if each.event.rule else "")


def item_of(event: Event, line: int | None, why: str = "") -> EventItem:
    """An event as an item of the list."""
    record = to_record(event)
    return EventItem(
        name=event.event,
        at=event.at,
        index=event.index,
        position=event.position,
        fields={name: value for name, value in record.items() if name not in _COMMON},
        rule=event.rule,
        why=why.removesuffix(f" [{event.rule}]"),
        line=line,
    )


def listed(items: Sequence[_Item]) -> Sequence[_Item]:
    """The items that are shown, which may not be all: see `more`."""
    return items if len(items) <= _WHOLE else items[:_FIRST]


def event_list(items: Sequence[EventItem], start: float) -> ET.Element:
    """The events in order, as far as `listed`; times count from ``start`` (Unix time)."""
    verdicts = any(item.verdict for item in items)
    heads = ("time", "event", "position", "more", "verdict" if verdicts else "why")
    return table(heads, (_event(item, start) for item in listed(items)), "events")


def _event(item: EventItem, start: float) -> ET.Element:
    why: list[Child] = []
    if item.why:
        why.append(item.why)
    if item.rule:
        why += [" ", rule(item.rule)]
    if item.verdict:
        why.append(el("span", item.verdict, class_="right" if item.verdict == "good" else "wrong"))
    if item.outcome:
        why.append(el("span", f"answer: {item.outcome}", class_="outcome"))
    for finding in item.findings:
        why.append(el("span", finding, class_="wrong"))
    if item.request:
        fields = "\n".join(f"{k}={clipped(v)}" for k, v in item.request.items())
        why.append(el("details", el("summary", "request"), el("pre", fields)))
    cells: tuple[Child, ...] = (
        time(item.at, start),
        el("b", item.name),
        "" if item.position is None else clock(item.position, 0.01),
        words(item.fields),
        el("span", *why),
    )
    return line(
        cells,
        ("time", "event", "position", "more", "why"),
        data_event=item.name,
        data_index=item.index,
        data_at=f"{item.at - start:.3f}",
        data_line=item.line,
        data_verdict=item.verdict or None,
        class_="bad" if item.findings else None,
        tabindex=0,
    )


def missing_list(missing: Sequence[Missing], *, over: bool = True) -> ET.Element | None:
    """The milestones that did not fire, and why; until the session is ``over``, not yet."""
    if not missing:
        return None
    items = [
        el(
            "li",
            el("b", each.event if each.milestone is None else f"{each.milestone} %"),
            "" if each.point is None else f" (at {clock(each.point, 0.1)})",
            " did not fire: " if over else " has not fired yet: ",
            "; ".join(reason.text for reason in each.reasons),
        )
        for each in missing
    ]
    return el(
        "div",
        el("h3", "missing milestones" if over else "milestones to come"),
        el("ul", *items),
        class_="missing",
    )


def rule_list(rules: Iterable[str]) -> ET.Element | None:
    """A list of the cited rules with their meanings; links to them lead here."""
    cited = sorted({rule for rule in rules if rule})
    if not cited:
        return None
    pairs = [
        el("div", el("dt", rule, id=rule), el("dd", RULES.get(rule, "a rule of the contract")))
        for rule in cited
    ]
    return el("div", el("h3", "rules"), el("dl", *pairs, class_="rules"))


# ------------------------------------------------------------------------------- parts


def table(heads: Iterable[str], rows: Iterable[ET.Element], name: str) -> ET.Element:
    """A table with these headings."""
    head = el("thead", el("tr", *(el("th", each, scope="col") for each in heads)))
    return el("table", head, el("tbody", *rows), class_=name)


def line(
    cells: Iterable[Child], heads: Iterable[str], **attributes: str | float | None
) -> ET.Element:
    """A row of a table; narrow screens show its headings from ``data-label``."""
    made = [
        el("td", cell, class_=head, data_label=head)
        for cell, head in zip(cells, heads, strict=True)
    ]
    return el("tr", *made, **attributes)


def more(count: int) -> ET.Element | None:
    """A note for a list that is not shown whole; None for one that is."""
    if count <= _WHOLE:
        return None
    words = f"the first {_FIRST:,} are listed; copy the trace to see them all"
    return el("p", words, class_="note")


def time(at: float, start: float) -> ET.Element:
    """A time since ``start``; the time of day on hovering."""
    return el("time", clock(at - start, 0.001), title=f"{wall_clock(at)} UTC ({at:.3f})")


def rule(name: str) -> ET.Element:
    """A link to what a rule means."""
    return el("a", name, href=f"#{name}", class_="rule")


def words(fields: Mapping[str, Any]) -> str:
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
            said.append(f"{word} {clipped(value if isinstance(value, str) else shorten(value))}")
    return ", ".join(said)


def clipped(text: str, width: int = 300) -> str:
    """A text in at most ``width`` characters."""
    return text if len(text) <= width else f"{text[: width - 1]}…"
