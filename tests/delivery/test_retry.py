"""The retry policy, second by second (wire, 4)."""

from __future__ import annotations

from math import inf

import pytest

from playertrack.delivery import DeliveryError, DeliverySettings
from playertrack.delivery.retry import DeliveryState, RetryPolicy


def policy(**settings: float) -> RetryPolicy:
    return RetryPolicy(DeliverySettings(**settings), lambda: 1.0)  # type: ignore[arg-type] # any


def down_at(now: float) -> RetryPolicy:
    it = policy()
    for tries in range(1, 5):
        it.failed(tries, None, now, probe=False)
    return it


def test_three_further_tries_after_one_two_and_four_seconds() -> None:
    it = policy()
    assert it.failed(1, None, 100.0, probe=False) == 101.0
    assert it.failed(2, None, 101.0, probe=False) == 103.0
    assert it.failed(3, None, 103.0, probe=False) == 107.0
    assert it.downs == 0
    assert it.failed(4, None, 107.0, probe=False) == inf
    assert it.state is DeliveryState.DOWN
    assert it.downs == 1


def test_probes_after_thirty_seconds_doubling_up_to_five_minutes() -> None:
    it = down_at(0.0)
    now = 0.0
    waits = []
    for _ in range(7):
        due = it.due(first=True)
        waits.append(due - now)
        now = due
        it.started(now)
        assert it.due(first=True) == inf, "a second probe beside the first"
        it.failed(1, None, now, probe=True)
    assert waits == [30.0, 60.0, 120.0, 240.0, 300.0, 300.0, 300.0]


def test_only_the_first_of_the_queue_is_a_probe() -> None:
    it = down_at(0.0)
    assert it.due(first=False) == inf
    assert it.due(first=True) == 30.0


def test_a_late_failure_of_another_event_moves_no_probe() -> None:
    it = down_at(0.0)
    it.failed(1, None, 10.0, probe=False)
    assert it.due(first=True) == 30.0


def test_after_a_probe_the_backlog_goes_at_the_rate_until_it_is_gone() -> None:
    it = down_at(0.0)
    it.started(30.0)
    it.answered()
    assert it.state is DeliveryState.UP
    assert it.draining
    starts = []
    now = 30.0
    for _ in range(4):
        now = max(now, it.due(first=True))
        it.started(now)
        starts.append(now)
    assert starts == pytest.approx([30.0, 30.05, 30.10, 30.15])
    it.caught_up(now)
    assert it.due(first=True) == -inf


def test_probes_begin_at_thirty_seconds_again_when_it_was_up() -> None:
    it = down_at(0.0)
    it.started(30.0)
    it.failed(1, None, 30.0, probe=True)
    it.started(90.0)
    it.answered()
    for tries in range(1, 5):
        it.failed(tries, None, 200.0, probe=False)
    assert it.due(first=True) == 230.0
    assert it.downs == 2


@pytest.mark.parametrize(("after", "due"), [(0.0, 101.0), (0.5, 101.0), (120.0, 220.0)])
def test_retry_after_holds_the_whole_destination(after: float, due: float) -> None:
    it = policy()
    assert it.failed(1, after, 100.0, probe=False) == due
    assert it.due(first=True) == 100.0 + after


def test_a_probe_waits_for_what_the_server_asked_for() -> None:
    it = policy()
    for tries in range(1, 5):
        it.failed(tries, 600.0, 0.0, probe=False)
    assert it.due(first=True) == 600.0


def test_jitter_makes_waits_longer_by_a_part() -> None:
    it = policy(jitter=0.25)
    assert it.failed(1, None, 0.0, probe=False) == 1.25


@pytest.mark.parametrize("state", ["renew", "pause"])
def test_nothing_goes_while_it_waits_for_a_ks_or_is_paused(state: str) -> None:
    it = policy()
    if state == "renew":
        it.renew()
    else:
        it.pause("why")
        assert it.reason == "why"
    assert it.due(first=True) == inf
    if state == "renew":
        it.renewed()
    else:
        it.resume()
    assert it.due(first=True) == -inf


def test_a_renewal_that_ends_after_a_pause_does_not_end_the_pause() -> None:
    it = policy()
    it.renew()
    it.pause("why")
    it.renewed()
    assert it.state is DeliveryState.PAUSED


def test_a_renewal_while_it_is_down_makes_it_no_better() -> None:
    it = down_at(0.0)
    it.started(30.0)
    it.renew()
    it.renewed()
    assert it.state is DeliveryState.DOWN
    assert it.due(first=False) == inf
    assert it.due(first=True) == -inf, "no probe is due ever again"


@pytest.mark.parametrize(
    ("name", "value"),
    [("retries", -1), ("factor", 0.5), ("drain_rate", 0), ("max_in_flight", 0), ("timeout", 0)],
)
def test_settings_that_cannot_be_are_refused(name: str, value: float) -> None:
    with pytest.raises(DeliveryError, match=name):
        DeliverySettings(**{name: value})  # type: ignore[arg-type] # the point


def test_settings_are_those_of_the_contract() -> None:
    it = DeliverySettings()
    assert (it.retries, it.base, it.factor, it.jitter) == (3, 1.0, 2.0, 0.0)
    assert (it.probe_first, it.probe_most, it.drain_rate) == (30.0, 300.0, 20.0)
    assert it.max_in_flight == 8
