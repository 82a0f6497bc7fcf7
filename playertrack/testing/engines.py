"""The conformance cases, to run against any engine of the contract.

An engine is anything that turns signals into events: one in another language behind a pipe, one
in a service, a new one. The cases come with the package.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from ..trace.conformance import Case, MakeEngine, Restore, load_cases, run

#: So many failed cases are reported in full.
_SHOWN = 3


@cache
def conformance_cases() -> tuple[Case, ...]:
    """Every case, by id; for a test of each: `parametrize` with them, and `assert_conforms`."""
    packed = Path(__file__).parent / "cases"
    # In a clone they are where the tests are; the wheel has them beside this module.
    here = packed if packed.is_dir() else Path(__file__).parents[2] / "tests" / "cases"
    return tuple(sorted(load_cases(here), key=lambda case: case.id))


def assert_conforms(
    make: MakeEngine, *, restore: Restore | None = None, cases: Sequence[Case] | None = None
) -> None:
    """The engines that ``make`` gives for a player and a policy pass all ``cases``.

        assert_conforms(lambda player, policy: MyEngine(player, policy))

    An engine has ``feed(signal)`` and ``close()``, each giving `Event`s or records of an event
    log. With ``restore``, which takes an engine and gives one that goes on from what the first
    would save, cases are split where they say so. A failure reports the first differences.
    """
    __tracebackhide__ = True
    cases = conformance_cases() if cases is None else cases
    if not cases:
        raise AssertionError("there are no cases")
    failed = [result for case in cases if not (result := run(case, make, restore)).passed]
    if failed:
        lines = [f"{len(failed)} of {len(cases)} cases failed:"]
        for result in failed[:_SHOWN]:
            lines += ["", f"{result.case.title} ({', '.join(result.case.rules)})"]
            lines.append(result.difference())
        if more := failed[_SHOWN:]:
            lines += ["", f"and {', '.join(result.case.id for result in more)}"]
        raise AssertionError("\n".join(lines))
