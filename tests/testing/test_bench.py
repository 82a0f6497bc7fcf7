"""The bench and its network: a clock that the test moves, a network that goes and comes."""

from __future__ import annotations

import pytest

from playertrack import Policy, SignalError
from playertrack.events import Event
from playertrack.sinks import MemorySink
from playertrack.testing import (
    Bench,
    Network,
    ScriptedPlayer,
    assert_events,
    assert_quartiles,
    assert_session_valid,
)


def story() -> ScriptedPlayer:
    return ScriptedPlayer().load().play().watch(30).seek(60).stall(2).watch(to=100).end()


# ---------------------------------------------------------------------------------- the bench


def test_a_players_signals_are_timed_by_the_bench(playertrack_bench: Bench) -> None:
    tracker = playertrack_bench.tracker
    tracker.loaded("1_a", duration=20.0)
    tracker.play()
    playertrack_bench.advance(0.5)
    tracker.playing(position=0.0)
    for second in range(1, 12):
        playertrack_bench.advance(1.0)
        tracker.timeupdate(float(second))
    join = ("PLAY", {"join_time": 0.5})
    assert_events(playertrack_bench, [..., join, ..., "PLAY_REACHED_25", "*_50", "VIEW"])


def test_what_is_due_happens_when_time_has_passed(playertrack_bench: Bench) -> None:
    playertrack_bench.run(ScriptedPlayer().load().play().watch(5))
    playertrack_bench.tracker.stall()
    before = playertrack_bench.events
    after = playertrack_bench.advance(0.3).events
    assert [event.event for event in after[len(before) :]] == ["BUFFER_START"]


def test_a_story_gives_on_the_bench_what_it_gives_by_itself(playertrack_bench: Bench) -> None:
    assert_quartiles(playertrack_bench.run(story()).close(), 25, 75, 100)
    assert_session_valid(playertrack_bench)
    assert playertrack_bench.events == story().events
    assert playertrack_bench.signals[:-1] == story().signals


def test_benches_are_all_the_same() -> None:
    logs: list[list[Event]] = []
    for _ in range(2):
        with Bench() as bench:
            bench.tracker.loaded("1_a", 10.0)
            logs.append(bench.advance(3).events)
    assert logs[0] == logs[1] != []


def test_signals_that_cannot_be_are_errors(playertrack_bench: Bench) -> None:
    playertrack_bench.tracker.loaded("1_a", duration=-1.0)
    assert playertrack_bench.signals == []
    assert [type(error) for error in playertrack_bench.errors] == [SignalError]


def test_a_bench_has_more_sinks_a_policy_and_a_name() -> None:
    more = MemorySink()
    with Bench(Policy(view_interval=None), sinks=[more], player="tv") as bench:
        bench.run(story())
        assert bench.policy.view_interval is None
        assert more.events == bench.events
        assert {event.player for event in more.events} == {"tv"}


# -------------------------------------------------------------------------------- the network


@pytest.mark.parametrize("kind", ["stats", "kava"])
def test_all_arrives_and_is_right(playertrack_collector: Network, kind: str) -> None:
    sink = playertrack_collector.sink("kava" if kind == "kava" else "stats")
    with Bench(sinks=[sink]) as bench:
        bench.run(story()).close()
    assert playertrack_collector.bad == []
    assert {each.endpoint for each in playertrack_collector.accepted} == {kind}
    assert len(playertrack_collector.sessions) == 1


def test_what_happens_offline_arrives_online(playertrack_collector: Network) -> None:
    address = playertrack_collector.analytics_url
    with Bench(sinks=[playertrack_collector.sink()]) as bench:
        bench.run(ScriptedPlayer().load().play().watch(30))
        playertrack_collector.wait(2)
        playertrack_collector.offline()
        playertrack_collector.offline()
        before = len(playertrack_collector.received)
        bench.tracker.pause()
        bench.advance(10)
        bench.tracker.engage("share")
        assert len(playertrack_collector.received) == before
        playertrack_collector.online()
        bench.close()
    assert playertrack_collector.analytics_url == address
    names = [each.event for each in playertrack_collector.accepted]
    assert names.index("PAUSE") < names.index("SHARE_CLICKED")
    assert playertrack_collector.bad == []


def test_a_flaky_network_loses_nothing(playertrack_collector: Network) -> None:
    playertrack_collector.flaky(0.5, seed=3)
    with Bench(sinks=[playertrack_collector.sink()]) as bench:
        bench.run(story()).close()
    outcomes = [each.accepted for each in playertrack_collector.received]
    assert False in outcomes
    quartiles = {e.event for e in playertrack_collector.accepted if "REACHED" in (e.event or "")}
    assert quartiles == {"PLAY_REACHED_25", "PLAY_REACHED_75", "PLAY_REACHED_100"}


def test_online_ends_all_trouble(playertrack_collector: Network) -> None:
    playertrack_collector.flaky(1.0, troubles=["status"])
    playertrack_collector.fault("html")
    playertrack_collector.online()
    with Bench(sinks=[playertrack_collector.sink()]) as bench:
        bench.run(story()).close()
    assert all(each.good for each in playertrack_collector.received)


def test_waiting_in_vain_says_what_came(playertrack_collector: Network) -> None:
    with pytest.raises(AssertionError, match=r"0 of 1 events were accepted in 0\.01 s: \[\]"):
        playertrack_collector.wait(1, timeout=0.01)
    with pytest.raises(ValueError, match="a share is from 0 to 1"):
        playertrack_collector.flaky(2.0)


def test_a_network_may_be_closed_twice() -> None:
    with Network() as network:
        network.close()
