"""``python -m benchmarks``: measure, print one table, fail if a target is missed."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from importlib import import_module
from importlib.metadata import version

import attrs

from .measuring import FULL, QUICK, Row

#: Modules with a function ``rows``; some need a library that others do without.
_MEASURES = (
    "updates",
    "triggers",
    "memory",
    "deriving",
    "columns",
    "fleets",
    "signal_costs",
    "snapshots",
    "starting",
    "delivery",
    "receiving",
    "players",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=", ".join(_MEASURES))
    parser.add_argument("--quick", action="store_true", help="fewer rounds and players and lines")
    parser.add_argument("--json", action="store_true", help="the table as JSON")
    options = parser.parse_args()
    unknown = set(options.measures) - set(_MEASURES)
    if unknown:
        parser.error(f"there is no measure {', '.join(sorted(unknown))}")

    scale = QUICK if options.quick else FULL
    rows: list[Row] = []
    for name in options.measures or _MEASURES:
        print(f"{name} ...", file=sys.stderr)
        rows += import_module(f".{name}", __package__).rows(scale)
    print(_as_json(rows) if options.json else _as_table(rows))
    return 0 if all(row.met for row in rows) else 1


def _software() -> dict[str, str]:
    packages = ("attrs", "transitions", "msgspec")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def _as_table(rows: list[Row]) -> str:
    cells = [("measure", "value", "target", "", "")]
    for row in rows:
        verdict = "" if not row.target else "ok" if row.met else "MISS"
        value = f"{row.value:.4g} {row.unit}".rstrip()
        cells.append((row.measure, value, row.target, verdict, row.note))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]
    software = ", ".join(f"{name} {number}" for name, number in _software().items())
    return "\n".join([*lines, "", software])


def _as_json(rows: list[Row]) -> str:
    table = [{**attrs.asdict(row), "met": row.met} for row in rows]
    return json.dumps({"software": _software(), "rows": table}, indent=2)


if __name__ == "__main__":
    sys.exit(main())
