"""report.getTable over what was received (guide, 10.2; reference, section 6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from .params import ApiCall
from .received import KAVA, Received, number_in
from .replies import Reply, found, refused

_COLUMNS = (
    *("object_id", "entry_name", "count_plays", "sum_time_viewed", "avg_time_viewed"),
    *("count_loads", "load_play_ratio"),
)
#: Of each quartile, a quarter of the duration counts as watched.
_QUARTILES = {f"PLAY_REACHED_{q}" for q in (25, 50, 75, 100)}
_MOST_ROWS = 12_000


def report_table(call: ApiCall, received: Iterable[Received]) -> Reply:
    """The answer to report.getTable: a row for each entry that was played.

    Time is in minutes, guessed from quartiles as the reports do it.
    """
    for name in ("reportType", "reportInputFilter", "pager"):
        if name not in call.params:
            return refused("MISSING_MANDATORY_PARAMETER", PARAM_NAME=name)
    for name in ("reportInputFilter", "pager"):
        if call.fields(name) is None:
            return refused("PROPERTY_VALIDATION_WRONG_FORMAT", PROP=name)
    options = call.fields("responseOptions") or {}
    delimiter = options.get("delimiter") or ","
    rows = _rows(call.fields("reportInputFilter") or {}, received)
    if not rows:
        return found({"objectType": "KalturaReportTable"})
    if call.text("order") == "count_plays":
        rows.reverse()
    page = _page(call.fields("pager") or {}, rows)
    return found(
        {
            "header": delimiter.join(_COLUMNS),
            "data": "".join(_line(row, delimiter) for row in page),
            "totalCount": len(rows),
            "objectType": "KalturaReportTable",
        }
    )


def _rows(wanted: Mapping[str, str], received: Iterable[Received]) -> list[list[str]]:
    """A row for each entry, the most played first."""
    entries = set(filter(None, wanted.get("entryIdIn", "").split(",")))
    since, until = number_in(wanted.get("fromDate")), number_in(wanted.get("toDate"))
    plays: Counter[str] = Counter()
    loads: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for each in received:
        at = each.at if each.endpoint == KAVA else each.happened_at
        if (
            not each.accepted
            or (entries and each.entry_id not in entries)
            or (since is not None and at < since)
            or (until is not None and at > until)
        ):
            continue
        plays[each.entry_id] += each.event == "PLAY"
        loads[each.entry_id] += each.event == "MEDIA_LOADED"
        if each.event in _QUARTILES:
            duration = number_in(each.fields.get("duration")) or 0.0
            seconds[each.entry_id] += round(duration / 4)
    return [
        [
            *(entry, entry, str(count), _decimal(seconds[entry] / 60)),
            _decimal(seconds[entry] / 60 / count if count else 0),
            *(str(loads[entry]), _decimal(count / loads[entry] if loads[entry] else 0)),
        ]
        for entry, count in plays.most_common()
        if count or loads[entry]
    ]


def _page(pager: Mapping[str, str], rows: list[list[str]]) -> list[list[str]]:
    size = min(int(number_in(pager.get("pageSize")) or 30), _MOST_ROWS)
    index = max(1, int(number_in(pager.get("pageIndex")) or 1))
    return rows[(index - 1) * size : index * size]


def _line(row: list[str], delimiter: str) -> str:
    """Join a row; a separator inside a cell becomes a space, since there is no escape."""
    cells = [cell.replace(delimiter, " ").replace(";", " ") for cell in row]
    return f"{delimiter.join(cells)};"


def _decimal(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
