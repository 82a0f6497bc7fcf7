"""report.getTable: what is asked, and the rows of the answer (wire, 7; guide, 10.2)."""

from __future__ import annotations

from typing import Any

import attrs

from ...errors import PlayertrackError, shorten
from .destination import Pairs


class ReportError(PlayertrackError):
    """An answer that is no table."""


@attrs.frozen(kw_only=True)
class ReportQuery:
    """A page of a report over some time; ``since`` and ``until`` are Unix seconds.

    ``report_type`` 38 is the content and who made it. ``entries`` narrow it down. ``order`` is
    a column, with ``-`` before it for the largest first. Values lose the ``delimiter``, so it
    should be one that is seldom.
    """

    since: int
    until: int
    report_type: int = 38
    entries: tuple[str, ...] = ()
    order: str = ""
    page_size: int = 30
    page_index: int = 1
    delimiter: str = "|"

    def pairs(self) -> Pairs:
        """The parameters besides ``ks`` and ``format``."""
        found = [
            ("reportType", str(self.report_type)),
            ("reportInputFilter[objectType]", "KalturaEndUserReportInputFilter"),
            ("reportInputFilter[fromDate]", str(self.since)),
            ("reportInputFilter[toDate]", str(self.until)),
            ("reportInputFilter[entryIdIn]", ",".join(self.entries)),
            ("pager[pageSize]", str(self.page_size)),
            ("pager[pageIndex]", str(self.page_index)),
            ("order", self.order),
            ("responseOptions[objectType]", "KalturaReportResponseOptions"),
            ("responseOptions[delimiter]", self.delimiter),
        ]
        return [(name, value) for name, value in found if value]


def rows(answer: Any, delimiter: str) -> list[dict[str, str]]:
    """The rows of a table, each by the names of its columns; raises `ReportError`.

    A table without a header has no rows.

    >>> rows({"header": "a|b", "data": "1|2;3|4;"}, "|")
    [{'a': '1', 'b': '2'}, {'a': '3', 'b': '4'}]
    """
    if not isinstance(answer, dict):
        raise ReportError(f"the answer is no table: {shorten(answer)}")
    header, data = answer.get("header"), answer.get("data") or ""
    if header is None:
        return []
    if not isinstance(header, str) or not isinstance(data, str):
        raise ReportError("the header or the data of the table are no text")
    names = header.split(delimiter)
    lines = data.split(";")
    if not lines[-1]:
        lines.pop()  # each row ends with a semicolon
    return [_row(names, line.split(delimiter)) for line in lines]


def _row(names: list[str], cells: list[str]) -> dict[str, str]:
    if len(names) != len(cells):
        raise ReportError(f"a row has {len(cells)} columns, the header {len(names)}")
    return dict(zip(names, cells, strict=True))
