"""The rows of the table of sessions, and how they are filtered and sorted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf
from typing import Any

import attrs

from .._times import unix_time
from ..errors import FieldError

#: What may be wrong with a session; ``any`` is one of them.
TROUBLES = ("any", "error", "stall", "missing quartile", "bad event")

#: Rows of a page.
PAGE = 200
_LONGEST = 200  # characters of a filter


@attrs.frozen(kw_only=True)
class SessionRow:
    """A session in the table.

    ``number`` is its place in the library; ``twin`` says that another row has the same id.
    ``watched`` is the share of the duration that was watched (0 to 1, None without a duration),
    ``missing`` says that it was played and not all
    milestones of the policy fired, ``bad`` counts its findings. Times are Unix times (s).
    """

    number: int
    session: str
    player: str | None
    entry_id: str | None
    start: float
    end: float
    watched: float | None
    quartiles: tuple[int, ...]
    stalls: int
    errors: int
    events: int
    bad: int
    missing: bool
    source: str = ""
    twin: bool = False

    @property
    def length(self) -> float:
        """How long it took (s)."""
        return self.end - self.start

    def has(self, trouble: str) -> bool:
        """True if the session has that trouble, one of `TROUBLES`."""
        match trouble:
            case "error":
                return self.errors > 0
            case "stall":
                return self.stalls > 0
            case "missing quartile":
                return self.missing
            case "bad event":
                return self.bad > 0
        return self.missing or self.errors + self.stalls + self.bad > 0


#: What the table can be sorted by.
ORDERS: dict[str, Callable[[SessionRow], Any]] = {
    "player": lambda row: (row.player or "", row.start),
    "entry": lambda row: (row.entry_id or "", row.start),
    "start": lambda row: row.start,
    "length": lambda row: row.length,
    "watched": lambda row: -1.0 if row.watched is None else row.watched,
    "quartiles": lambda row: len(row.quartiles),
    "stalls": lambda row: row.stalls,
    "errors": lambda row: row.errors,
    "verdict": lambda row: row.bad,
}


@attrs.frozen(kw_only=True)
class Query:
    """Which rows are wanted; the fields are those of the address.

    ``player`` and ``entry`` choose the rows of exactly that name if there are any, else those
    that have the text in it, in any case. ``since`` and ``until`` (Unix time, s) bound the
    start of a session. ``order`` is one of `ORDERS`, with ``-`` before it the other way round,
    None is by start. ``page`` counts from 1.
    """

    text: str = ""
    player: str = ""
    entry: str = ""
    since: float | None = None
    until: float | None = None
    trouble: str = ""
    order: str | None = None
    page: int = 1

    @classmethod
    def read(cls, fields: Mapping[str, str]) -> Query:
        """The query of an address; raises `FieldError` for a time or a word that is none."""
        trouble = fields.get("trouble", "").strip()
        if trouble and trouble not in TROUBLES:
            raise FieldError("trouble", trouble, ", ".join(TROUBLES))
        order = fields.get("sort") or None
        if order is not None and order.removeprefix("-") not in ORDERS:
            raise FieldError("sort", order, ", ".join(ORDERS))
        page = fields.get("page", "1")
        return cls(
            text=fields.get("text", "").strip()[:_LONGEST],
            player=fields.get("player", "").strip()[:_LONGEST],
            entry=fields.get("entry", "").strip()[:_LONGEST],
            since=_time("from", fields),
            until=_time("to", fields),
            trouble=trouble,
            order=order,
            page=int(page) if page.isascii() and page.isdigit() and len(page) < 9 else 1,
        )


def _time(name: str, fields: Mapping[str, str]) -> float | None:
    text = fields.get(name, "").strip()
    try:
        return unix_time(text) if text else None
    except ValueError:
        expected = "Unix seconds or ISO 8601, as in 2026-11-01T20:15:00Z"
        raise FieldError(name, text, expected) from None


@attrs.frozen
class RowPage:
    """The ``rows`` of ``page`` (from 1); ``matched`` is how many there are in all, of ``total``."""

    rows: Sequence[SessionRow]
    matched: int
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, 1 at least."""
        return max(1, -(-self.matched // PAGE))

    @property
    def first(self) -> int:
        """The number of the first row among those that matched, from 1."""
        return (self.page - 1) * PAGE + 1


def select(rows: Sequence[SessionRow], query: Query) -> RowPage:
    """The page of ``rows`` that ``query`` wants."""
    found: Sequence[SessionRow] = rows
    if query.player:
        found = _named(found, query.player, lambda row: row.player)
    if query.entry:
        found = _named(found, query.entry, lambda row: row.entry_id)
    if query.text:
        text = query.text.casefold()
        found = [row for row in found if text in _words(row)]
    if query.trouble:
        found = [row for row in found if row.has(query.trouble)]
    if query.since is not None or query.until is not None:
        since = -inf if query.since is None else query.since
        until = inf if query.until is None else query.until
        found = [row for row in found if since <= row.start <= until]
    order = query.order or "start"
    found = sorted(found, key=ORDERS[order.removeprefix("-")], reverse=order.startswith("-"))
    pages = max(1, -(-len(found) // PAGE))
    page = min(max(query.page, 1), pages)
    return RowPage(found[(page - 1) * PAGE : page * PAGE], len(found), len(rows), page)


def _named(
    rows: Iterable[SessionRow], name: str, of: Callable[[SessionRow], str | None]
) -> list[SessionRow]:
    exact, near, folded = [], [], name.casefold()
    for row in rows:
        value = of(row)
        if value == name:
            exact.append(row)
        elif value is not None and folded in value.casefold():
            near.append(row)
    return exact or near


def _words(row: SessionRow) -> str:
    return f"{row.player or ''} {row.entry_id or ''} {row.session} {row.source}".casefold()
