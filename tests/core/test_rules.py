"""Every sentence of the contract as small scenarios, in ``rules/*.txt``.

What each expects was read from the contract's text. Besides, each trace is run again with
what must not matter: a tick whenever one is wanted, a save and restore after each signal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from scenarios import Scenario, Sessions, differs, knowledge, load, shown

from playertrack import Engine
from playertrack.events import Event
from playertrack.signals import SIGNALS

SCENARIOS = load()

#: The rules of the contract; each has at least one scenario.
RULES = """
R-ready R-loaded R-complete R-request R-play R-implied-playing R-pause R-resume
R-end R-replay R-replay-signal R-stop R-loop R-error R-end-early R-close R-close-open R-pass
R-position R-start R-natural R-fast R-jitter R-settle R-silent-seek R-glitch R-stale R-quartile
R-milestones R-hundred R-last-stretch R-duration R-no-rounding R-watch-time R-seek R-seek-quiet
R-seek-lost R-seek-early R-seek-orphan R-seek-live R-seek-by R-seek-ad R-stall R-stall-end R-pair
R-frozen R-ad R-ad-quartile R-ad-click R-ad-end R-ad-lost R-ad-post R-view R-order R-timer R-eof
"""


def play(scenario: Scenario) -> list[Event]:
    """All that the scenario's signals make."""
    engine = scenario.engine()
    events = [event for signal in scenario.signals for event in engine.feed(signal)]
    return events + list(engine.close())


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_scenario(scenario: Scenario) -> None:
    engine, sessions, log = scenario.engine(), Sessions(), list[str]()
    for step in scenario.steps:
        log.append(step.line)
        if step.known is not None:
            known = knowledge(engine)
            got = {key: known[key] for key in step.known}
            assert got == step.known, "\n".join(log)
            continue
        made = engine.close() if step.signal is None else engine.feed(step.signal)
        records = [sessions.record(event) for event in made]
        log += [f"    got {shown(record)}" for record in records]
        assert agree(step.events, records), "\n".join(log)


def agree(expected: Sequence[dict[str, Any]], got: Sequence[dict[str, Any]]) -> bool:
    return len(expected) == len(got) and not any(map(differs, expected, got))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_ticks_change_nothing(scenario: Scenario) -> None:
    engine, events = scenario.engine(), list[Event]()
    for signal in scenario.signals:
        while (due := engine.next_timer()) is not None and due < signal.at:
            events += engine.tick(due)
        events += engine.tick(signal.at)
        events += engine.feed(signal)
        events += engine.tick(signal.at)
    assert events + list(engine.close()) == play(scenario)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_splits_change_nothing(scenario: Scenario) -> None:
    whole, engine = scenario.engine(), scenario.engine()
    for signal in scenario.signals:
        engine = Engine.restore(engine.snapshot())
        assert engine.feed(signal) == whole.feed(signal)
        assert engine.snapshot() == whole.snapshot()
    assert Engine.restore(engine.snapshot()).close() == whole.close()


def test_every_event_says_why() -> None:
    """For `explain`: the rule that made it and the signal that it goes back to."""
    rules, names = set(RULES.split()), {*SIGNALS, ""}
    for scenario in SCENARIOS:
        for event in play(scenario):
            assert event.rule in rules, (scenario.id, event)
            assert event.cause in names, (scenario.id, event)


def test_every_rule_has_a_scenario() -> None:
    cited = {rule for scenario in SCENARIOS for rule in scenario.rules}
    assert cited == set(RULES.split())


def test_scenarios_have_names_of_their_own() -> None:
    names = [scenario.id for scenario in SCENARIOS]
    assert sorted(set(names)) == sorted(names)
