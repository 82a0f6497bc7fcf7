"""The conformance cases against engines of other people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pytest

from playertrack import Engine, Policy
from playertrack.events import Event, to_record
from playertrack.signals import Signal
from playertrack.testing import assert_conforms, conformance_cases
from playertrack.trace.conformance import Case


class Foreign:
    """An engine that is no `Engine`: it gives records, and has one thing wrong."""

    def __init__(
        self, player: str | None, policy: Policy, wrong: Callable[[Event], bool] = lambda _: False
    ) -> None:
        self.engine = Engine(player, policy=policy)
        self.wrong = wrong

    def feed(self, signal: Signal) -> Iterable[Mapping[str, Any]]:
        return [to_record(event) for event in self.engine.feed(signal) if not self.wrong(event)]

    def close(self) -> Iterable[Mapping[str, Any]]:
        return [to_record(event) for event in self.engine.close()]


def test_there_are_cases_for_most_rules() -> None:
    cases = conformance_cases()
    rules = {rule for case in cases for rule in case.rules}
    assert len(cases) >= 60
    assert {"R-quartile", "R-seek", "R-stall", "R-replay", "R-pause", "R-view"} <= rules


def test_a_right_engine_conforms() -> None:
    assert_conforms(Foreign)


def test_a_wrong_engine_gets_a_report_of_the_cases_it_fails() -> None:
    def make(player: str | None, policy: Policy) -> Foreign:
        return Foreign(player, policy, lambda event: event.rule == "R-seek")

    with pytest.raises(AssertionError) as caught:
        assert_conforms(make)
    report = str(caught.value)
    assert f" of {len(conformance_cases())} cases failed:" in report
    assert "expected" in report and "SEEK" in report and "(R-" in report
    assert "and pub-" in report.splitlines()[-1]


def test_engines_that_save_are_split(split_cases: Sequence[Case]) -> None:
    saved: list[Engine] = []

    def restore(engine: Engine) -> Engine:
        saved.append(engine)
        return Engine.restore(engine.snapshot())

    def make(player: str | None, policy: Policy) -> Engine:
        return Engine(player, policy=policy)

    assert_conforms(make, restore=restore, cases=split_cases)
    assert len(saved) == len(split_cases)
    with pytest.raises(AssertionError, match="of 3 cases failed"):
        assert_conforms(make, restore=lambda _: Engine(), cases=split_cases)


@pytest.fixture
def split_cases() -> list[Case]:
    import attrs

    one_player = [case for case in conformance_cases() if len({p for p, _ in case.signals}) == 1]
    return [attrs.evolve(case, split_at=len(case.signals) // 2) for case in one_player[:3]]


def test_no_cases_prove_nothing() -> None:
    with pytest.raises(AssertionError, match="there are no cases"):
        assert_conforms(Foreign, cases=[])
