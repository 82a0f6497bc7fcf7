"""The filters and the table of sessions, and the page around them, as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from .._times import clock, wall_clock
from ..errors import FieldError
from ..events import QUARTILES
from ..timeline.elements import el, html
from .library import Library
from .rows import PAGE, TROUBLES, Query, RowPage, SessionRow, select

#: The columns: the word for `Query.order`, and the heading.
_COLUMNS = (
    ("player", "player"),
    ("entry", "entry"),
    ("start", "start (UTC)"),
    ("length", "length"),
    ("watched", "watched"),
    ("quartiles", "quartiles"),
    ("stalls", "stalls"),
    ("errors", "errors"),
    ("verdict", "verdict"),
)
_LONGEST = 200  # characters of a name in the table


def filters(fields: Mapping[str, str]) -> ET.Element:
    """The form of filters, filled in from the address."""
    times = "Unix seconds, or ISO 8601 in UTC"
    return el(
        "form",
        _field("text", "text", fields, type="search"),
        _field("player", "player", fields),
        _field("entry", "entry", fields),
        _field("from", "started from", fields, placeholder="2026-11-01T20:15", title=times),
        _field("to", "to", fields, placeholder="2026-11-01T21:00", title=times),
        _troubles(fields.get("trouble", "")),
        el("button", "clear", type="reset", class_="quiet"),
        id="filters",
        role="search",
        autocomplete="off",
    )


def _field(name: str, label: str, fields: Mapping[str, str], **more: str) -> ET.Element:
    value = fields.get(name) or None
    return el("label", el("span", label), el("input", name=name, value=value, **more))


def _troubles(chosen: str) -> ET.Element:
    options = [el("option", "all sessions", value="", selected=not chosen)]
    for each in TROUBLES:
        words = "any trouble" if each == "any" else each
        options.append(el("option", words, value=each, selected=each == chosen))
    return el("label", el("span", "trouble"), el("select", *options, name="trouble"))


def session_table(library: Library, fields: Mapping[str, str]) -> ET.Element:
    """The table and what there is to say of it: how many rows matched, the pages."""
    try:
        query = Query.read({"sort": "-start" if library.live else "start", **fields})
    except FieldError as error:
        return el("div", el("p", str(error), class_="problem", role="alert"), id="sessions")
    page = select(library.rows, query)
    chosen, number = fields.get("session", ""), fields.get("number", "")
    body = el("tbody", *(_row(row, chosen, number) for row in page.rows))
    return el(
        "div",
        _status(library, page, fields),
        el("table", _head(query, fields), body) if page.rows else None,
        _pages(page, fields),
        id="sessions",
        data_version=library.version,
    )


def _status(library: Library, page: RowPage, fields: Mapping[str, str]) -> ET.Element:
    noun = "session" if page.total == 1 else "sessions"
    if page.matched == page.total:
        words = f"{page.total:,} {noun}"
    else:
        words = f"{page.matched:,} of {page.total:,} {noun}"
    if page.pages > 1:
        last = min(page.first + PAGE - 1, page.matched)
        words += f", {page.first:,} to {last:,} of them here"
    if library.note:
        words += f"; {library.note}"
    elif not page.total:
        words = "no sessions yet: they appear here as they come" if library.live else "no sessions"
    problems = [el("p", each, class_="problem", role="alert") for each in library.problems[:20]]
    return el("div", el("p", words, id="count", role="status"), *problems)


def _head(query: Query, fields: Mapping[str, str]) -> ET.Element:
    cells = []
    for name, words in _COLUMNS:
        now = query.order or ""
        same = now.removeprefix("-") == name
        down = same and not now.startswith("-")
        link = el("a", words, href=_address(fields, sort=f"-{name}" if down else name, page=""))
        order = ("descending" if now.startswith("-") else "ascending") if same else None
        cells.append(el("th", link, scope="col", aria_sort=order, class_=name))
    return el("thead", el("tr", *cells))


def _row(row: SessionRow, chosen: str, number: str) -> ET.Element:
    verdict = "good" if not row.bad else f"{row.bad} bad"
    here = row.session == chosen and (not row.twin or number == str(row.number))
    cells = (
        ("player", _name(row.player)),
        ("entry", _name(row.entry_id)),
        ("start", wall_clock(row.start)),
        ("length", clock(row.length, 0.1)),
        ("watched", _bar(row.watched)),
        ("quartiles", _quartiles(row)),
        ("stalls", str(row.stalls)),
        ("errors", str(row.errors)),
        ("verdict", verdict),
    )
    headings = dict(_COLUMNS)
    classes = {
        "stalls": "wrong" if row.stalls else None,
        "errors": "wrong" if row.errors else None,
        "verdict": "wrong" if row.bad else "right",
    }
    return el(
        "tr",
        *(
            el(
                "td",
                el("span", inner, class_=classes.get(name)) if isinstance(inner, str) else inner,
                class_=name,
                data_label=headings[name],
            )
            for name, inner in cells
        ),
        data_session=row.session,
        data_number=row.number if row.twin else None,
        tabindex=0,
        aria_selected="true" if here else "false",
        class_="chosen" if here else None,
    )


def _name(value: str | None) -> ET.Element:
    if value is None:
        return el("span", "\N{EN DASH}", class_="none")
    shown = value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"
    return el("bdi", shown, title=value[:1000] if shown != value else None)


def _bar(share: float | None) -> ET.Element:
    """The watched share as a bar, and as a number."""
    if share is None:
        return el("span", "\N{EN DASH}", class_="none")
    percent = f"{100 * share:.0f} %"
    bar = el(
        "svg",
        el("rect", class_="unseen", width=100, height=8),
        el("rect", class_="seen", width=f"{100 * share:.1f}", height=8),
        class_="bar",
        viewBox="0 0 100 8",
        preserveAspectRatio="none",
        aria_hidden="true",
    )
    return el("span", bar, f" {percent}", class_="share")


def _quartiles(row: SessionRow) -> ET.Element:
    """A dot for each quartile, full if it fired, and in words for who cannot see them."""
    if not row.quartiles and not row.missing:
        return el("span", "\N{EN DASH}", class_="none")
    names = sorted({*QUARTILES, *row.quartiles})
    fired = [f"{name} %" for name in names if name in row.quartiles]
    missed = [f"{name} %" for name in names if name not in row.quartiles]
    words = "; ".join(
        f"{what} {', '.join(which)}"
        for what, which in (("fired", fired), ("did not fire", missed))
        if which
    )
    dots = el(
        "svg",
        *(
            el(
                "circle",
                cx=6 + 14 * place,
                cy=6,
                r=4.5,
                class_="fired" if name in row.quartiles else "missed" if row.missing else "open",
            )
            for place, name in enumerate(names)
        ),
        class_="dots",
        viewBox=f"0 0 {14 * len(names)} 12",
        width=14 * len(names),
        height=12,
        role="img",
        aria_label=words,
    )
    return el("span", dots, title=words)


def _pages(page: RowPage, fields: Mapping[str, str]) -> ET.Element | None:
    if page.pages == 1:
        return None
    links = []
    for words, number in (
        ("first", 1),
        ("previous", page.page - 1),
        ("next", page.page + 1),
        ("last", page.pages),
    ):
        there = 1 <= number <= page.pages and number != page.page
        href = _address(fields, page=str(number)) if there else None
        links.append(el("a", words, href=href, aria_disabled=None if there else "true"))
    where = el("span", f"page {page.page:,} of {page.pages:,}")
    return el("nav", *links[:2], where, *links[2:], class_="pages", aria_label="pages of sessions")


def _address(fields: Mapping[str, str], **changes: str) -> str:
    """The address of the page with some fields changed; empty ones are left out."""
    return "?" + urlencode({k: v for k, v in {**fields, **changes}.items() if v}, errors="replace")


def document(library: Library, fields: Mapping[str, str], panel: ET.Element) -> str:
    """The whole page, as readable without a script."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", f"{library.title} - playertrack"),
        el("link", rel="icon", href="view/icon.svg", type="image/svg+xml"),
        el("link", rel="stylesheet", href="view/page.css"),
        el("script", src="view/timeline.js", defer=True),
        el("script", src="view/page.js", type="module"),
    )
    content = el(
        "div",
        el(
            "header",
            el("h1", el("a", "playertrack", href="./"), " ", el("bdi", library.title)),
            el("span", id="live", hidden=True),
            el("button", "light / dark", type="button", id="themes", hidden=True, class_="quiet"),
        ),
        el(
            "main",
            el(
                "section",
                el("h2", "sessions"),
                filters(fields),
                session_table(library, fields),
                aria_label="sessions",
                id="list",
            ),
            panel,
        ),
        el("div", id="tip", hidden=True),
        class_="playertrack-timeline page",
    )
    return "<!DOCTYPE html>\n" + html(el("html", head, el("body", content), lang="en"))
