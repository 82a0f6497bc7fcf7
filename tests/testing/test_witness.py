"""The hints of a live player's witness when something does not come."""

from __future__ import annotations

import pytest

from playertrack import Policy, signals
from playertrack.events import EVENTS
from playertrack.signals import SIGNALS
from playertrack.testing import assert_events, conformance_cases
from playertrack.testing.awaited import SOURCES
from playertrack.testing.witness import Witness
from playertrack.trace.explain import RULES, explain

EARLY = 1000.0
SINCE = "signals since 0.500 s, when the last wait was over:"


@pytest.fixture
def witness() -> Witness:
    """Two updates of playback were waited for, and two came since."""
    witness = Witness(timeout=0.05)
    feed(witness, signals.Loaded(at=EARLY, entry_id="1_video", duration=100.0))
    feed(witness, signals.Playing(at=EARLY))
    feed(witness, signals.TimeUpdate(at=EARLY + 0.25, position=0.25))
    feed(witness, signals.TimeUpdate(at=EARLY + 0.5, position=0.5))
    witness.until("FIRST_PLAY")
    witness.until_signal("timeupdate", 2)
    feed(witness, signals.RateChange(at=EARLY + 0.6, rate=2.0))
    feed(witness, signals.TimeUpdate(at=EARLY + 0.75, position=0.75))
    return witness


def feed(witness: Witness, signal: signals.Signal) -> None:
    witness.tracker.feed(signal)
    assert witness.tracker.flush()


def lines(witness: Witness, name: str, count: int = 1) -> list[str]:
    with pytest.raises(AssertionError) as caught:
        witness.until(name, count)
    return str(caught.value).splitlines()


def test_event_that_does_not_come_names_session_rule_and_signals(witness: Witness) -> None:
    said = lines(witness, "PAUSE")
    session = witness.events[0].session
    assert said[:5] == [
        "PAUSE number 1 did not come within 0.05 s",
        f"    in session 1: {session}",
        f"    PAUSE comes of pause: {RULES['R-pause']} [R-pause]",
        f"    {SINCE} ratechange (1), timeupdate (1)",
        "    none of them is pause",
    ]
    assert said[5:] == witness.story.splitlines()


def test_signal_that_came_is_not_said_to_be_missing(witness: Witness) -> None:
    feed(witness, signals.Pause(at=EARLY + 1.0))
    feed(witness, signals.Playing(at=EARLY + 1.1))
    said = "\n".join(lines(witness, "PAUSE"))
    assert "pause (1), playing (1)" in said
    assert "none of them" not in said
    assert "[R-pause]" in said.partition("over: ")[2], "why the pause did not count"


def test_quartile_that_does_not_come_is_explained(witness: Witness) -> None:
    feed(witness, signals.Seek(at=EARLY + 1.0, position=60.0))
    feed(witness, signals.TimeUpdate(at=EARLY + 2.0, position=61.0))
    said = "\n".join(lines(witness, "PLAY_REACHED_50"))
    assert "[R-quartile]" in said
    assert "skipped the point at 50 s" in said


def test_misspelled_name_is_said_to_be_one(witness: Witness) -> None:
    assert "there is no event 'PUASE'; did you mean PAUSE?" in "\n".join(lines(witness, "PUASE"))
    with pytest.raises(AssertionError, match="there is no signal 'puase'; did you mean pause"):
        witness.until_signal("puase")


def test_signal_and_position_that_do_not_come_say_what_did(witness: Witness) -> None:
    with pytest.raises(AssertionError, match=r"(?s)signal stop number 1 .*none of them is stop"):
        witness.until_signal("stop")
    with pytest.raises(AssertionError, match=r"(?s)end did not.*is ended or error or stop or clo"):
        witness.until_over()
    with pytest.raises(AssertionError, match=r"(?s)position 5.* ratechange \(1\), timeupdate"):
        witness.until_at(5.0)


def test_nothing_at_all_is_said_to_be_nothing() -> None:
    said = lines(Witness(timeout=0.01), "PLAY")
    assert said[1] == "    in no session as yet"
    assert said[3] == "    signals since the start: none"


def test_story_keeps_the_order_of_what_has_the_same_time(witness: Witness) -> None:
    said = [
        line.strip().removeprefix("0.000 s").split()[0] for line in witness.story.splitlines()[:8]
    ]
    events = ["WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY", "VIEW"]
    assert said == ["loaded", "playing", *(f"Event({name}" for name in events)]


def test_witness_judges_by_the_policy_of_its_player() -> None:
    with Witness() as witness:
        witness.tracker.suit(Policy(pause_grace=1.5))
        assert witness.policy.pause_grace == 1.5
        assert_events(witness, [])


def test_every_event_has_its_source_and_the_cases_have_each() -> None:
    assert set(EVENTS) == set(SOURCES)
    seen = {
        (entry.event.event, entry.event.rule, entry.event.cause)
        for case in conformance_cases()
        for explained in explain(enumerate(case.signals, 1), case.policy)
        for entry in explained.entries
    }
    named = {(name, *source) for name, source in SOURCES.items()}
    for name, rule, needed in named:
        assert set(needed) <= set(SIGNALS)
        if name in {event for event, _, _ in seen}:
            causes = {cause for event, by, cause in seen if (event, by) == (name, rule)}
            assert causes & set(needed), name
    rules = {(rule, cause) for _, rule, cause in seen}
    for _, rule, needed in named:
        missing = {(rule, cause) for cause in needed} - rules
        assert not missing
