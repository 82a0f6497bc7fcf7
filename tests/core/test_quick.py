"""The quick way of updates: it is taken wherever it may be (that it is right, others test)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pytest
from fed_engines import PLAYED, fed
from scenarios import Scenario, parse

from playertrack import Engine, Policy, State
from playertrack.core.open_intervals import Cadence
from playertrack.events import Event
from playertrack.signals import Error, Playing, Replay, Seek, Signal, TimeUpdate

#: Updates that are judged by the rules, that move on after an interruption without being judged,
#: and those that are only looked at for what they reach.
CASES = """
[from-one-update-to-the-next]
playing 1000
1 @1           -> moved-on
2 @2
2.25 @2.25
9 @9

[jitter]
playing 1000
1 @1           -> moved-on
2 @2.125
2 @2.25
3 @2.75
4 @4.25

[a-playhead-that-stands-for-a-while]
playing 1000
1 @1           -> moved-on
2 @2
3 @2
5 @2
5.25 @2        -> judged
6 @3           -> moved-on

[a-playhead-that-is-awaited] {frozen_after=2}
playing 1000
1 @1           -> moved-on
2 @2
3 @2
3.5 @2.5
5 @4
5.5 @4.5

[a-milestone]
playing 100
1 @1           -> moved-on
24 @24
24.75 @24.75
25 @25         -> looked-at
26 @26
49.75 @49.75
50.25 @50.25   -> looked-at

[a-milestone-in-a-part-that-was-jumped-to]
playing 100
1 @1           -> moved-on
2 seek @60
3 @61          -> judged
5 @63
16.75 @74.75
17 @75         -> looked-at
18 @76

[a-seek-to-a-milestone]
playing 100
1 @1           -> moved-on
2 seek @25
3.25 @25       -> judged
3.5 @25
3.75 @25.25
5 @26.5

[milestones-in-another-order]
playing 100
1 @1           -> moved-on
2 seek @45
4 @47          -> judged
7.25 @50.25    -> looked-at
8 seek @20
10 @22         -> judged
13 @25         -> looked-at
38 @50
62.75 @74.75
63.25 @75.25   -> looked-at

[after-the-last-milestone]
playing 10
1 @1           -> moved-on
9 @9           -> looked-at
10 @10         -> looked-at
10.25 @10.25

[views] {view_interval=10}
playing 1000
1 @1           -> moved-on
9 @9
9.75 @9.75
10 @10         -> looked-at
11 @11
19.75 @19.75
20 @20         -> looked-at

[views-at-twice-the-speed] {view_interval=10}
playing 1000
0 ratechange 2
1 @2           -> moved-on
2 @4
9.75 @19.5
10 @20         -> looked-at
11 @22

[completion] {completion=0.5 milestones=[]}
playing 100
1 @1           -> moved-on
49 @49
49.75 @49.75
50 @50         -> looked-at
51 @51
99 @99

[completion-and-milestones] {completion=0.4}
playing 100
1 @1           -> moved-on
25 @25         -> looked-at
39.75 @39.75
40 @40         -> looked-at
41 @41
49.75 @49.75

[completion-after-two-rates] {completion=0.5 milestones=[]}
playing 100
1 @1           -> moved-on
10 @10
12 ratechange 2
14 @16         -> moved-on
15 @18
23 @34
31 @50         -> looked-at

[completion-after-a-seek] {completion=0.5 milestones=[]}
playing 100
1 @1           -> moved-on
2 seek @60
3 @61          -> judged
5 @63
10 @68
41 @99

[just-after-a-start-that-was-named]
loaded 100
0 seek @20
1 playing
1.25 @20.25    -> moved-on
1.5 @20.5
1.75 @20.75
1.875 @20.875
2.25 @21.25    -> judged
2.5 @21.5

[just-after-a-seek]
playing 1000
1 @1           -> moved-on
2 seek @60
2.25 @60.25    -> moved-on
2.5 @60.5
2.75 @60.75
2.875 @60.875
2.9375 @60.9375 -> judged
3.25 @61.25    -> judged
3.5 @61.5

[just-after-a-seek-by-large-steps]
playing 1000
1 @1           -> moved-on
2 seek @60
2.25 @60.25    -> moved-on
2.75 @60.75    -> judged

[just-after-a-seek-by-steps-as-large-as-may-be] {jump_tolerance=0.625}
playing 1000
1 @1           -> moved-on
2 seek @60
2.25 @60.25    -> moved-on
2.8125 @60.8125

[just-after-a-seek-until-it-may-be-over]
playing 1000
1 @1           -> moved-on
2 seek @60
2.25 @60.25    -> moved-on
2.5 @60.5
2.9 @60.75     -> judged

[just-after-a-stall]
playing 1000
1 @1           -> moved-on
2 stall
4 playing
4.25 @1.25     -> moved-on
4.5 @1.5

[just-after-a-stall-behind-it]
playing 1000
1 @1           -> moved-on
2 stall
4 playing
4.25 @0.75     -> judged
4.5 @1

[just-after-a-start-by-more-than-its-slack] {jump_tolerance=2}
playing 1000
1 @1.75        -> judged
2 @2.75

[just-after-a-rate-too-fast-to-watch]
playing 1000
1 @1           -> moved-on
1.5 ratechange 8
1.75 ratechange 1
2 @1.75        -> judged
2.25 @2

[just-after-a-replay]
playing 1000
100 @100       -> judged
100 replay
101 playing
101.25 @0.25   -> moved-on
101.5 @0.5
101.75 @0.75
101.9375 @0.9375 -> judged
102.25 @1.25   -> judged
102.5 @1.5

[a-silence]
playing 1000
1 @1           -> moved-on
60.75 @60.75
120.75 @120.75 -> judged
122 @122

[too-fast-to-watch]
playing 1000
1 @1           -> moved-on
1 ratechange 8
2 @9           -> judged
3 @17          -> judged

[a-clock-that-was-set-back]
playing 1000
100 @100       -> judged
50 @100        -> judged
51 @101
52 @102
52.5 @102.75
59 @109

[time-that-goes-back]
playing 1000
1 @1           -> moved-on
2 @2
1.5 @2.25      -> judged
2.5 @2.5
3 @3
"""


class Observed(Engine):
    """Notes where an update takes it."""

    __slots__ = ()
    ways: ClassVar[list[str]] = []

    def take(self, signal: Signal, at: float | None = None) -> Sequence[Event]:
        self.ways.append("judged")
        return super().take(signal, at)

    def _moved_on(
        self, position: float, now: float, ahead: float, cadence: Cadence | None
    ) -> Sequence[Event] | None:
        made = super()._moved_on(position, now, ahead, cadence)
        if made is not None:
            self.ways.append("moved-on")
        return made

    def reach_quickly(self, start: float, position: float) -> Sequence[Event]:
        self.ways.append("looked-at")
        return super().reach_quickly(start, position)


@pytest.mark.parametrize("scenario", list(parse(CASES)), ids=lambda scenario: scenario.id)
def test_where_updates_go(scenario: Scenario) -> None:
    engine = Observed(policy=scenario.policy)
    for step in scenario.steps:
        Observed.ways.clear()
        if step.signal is not None:
            engine.feed(step.signal)
        if isinstance(step.signal, TimeUpdate):
            assert Observed.ways[:1] == [event["event"] for event in step.events], step.line


class Steady(Engine):
    """Notes when it takes an update that needs more than a look."""

    __slots__ = ()
    updates: ClassVar[list[float]] = []

    def take_calmly(self, position: float, at: float) -> Sequence[Event] | None:
        self.updates.append(at)
        return super().take_calmly(position, at)


@pytest.mark.parametrize(
    ("moves", "looked_at"),
    [
        ([(2.0, 2.0), (2.25, 2.5)], []),
        ([(2.25, 2.0), (2.75, 3.0), (3.75, 4.0)], [2.0, 3.0]),
        ([(2.0, 2.0), (2.0, 2.25), (2.25, 2.5), (2.5, 2.75)], [2.25, 2.5]),
        ([(2.5, 2.96875), (4.0, 4.96875), (5.0, 6.0)], [4.96875]),
        ([(24.0, 24.0), (25.0, 25.0), (26.0, 26.0)], [24.0, 25.0]),
    ],
)
def test_a_steady_player_takes_its_updates_at_a_glance(
    moves: list[tuple[float, float]], looked_at: list[float]
) -> None:
    engine = Steady(policy=Policy(view_interval=None))
    for signal in (*PLAYED[:2], TimeUpdate(at=1.0, position=1.0)):
        engine.feed(signal)
    Steady.updates.clear()
    for position, at in moves:
        engine.timeupdate(position, at)
    assert Steady.updates == looked_at


@pytest.mark.parametrize("start", [(), (Seek(at=12.0, position=20.0),)], ids=len)
def test_a_replay_that_failed_before_it_began_can_be_taken_up(start: tuple[Signal, ...]) -> None:
    failed = [Replay(at=11.0), *start, Error(at=13.0, code="E1", fatal=True), Playing(at=14.0)]
    quick, judged = (fed(*PLAYED, policy=Policy(replay_session="same")) for _ in range(2))
    updates = [TimeUpdate(at=15.0 + step, position=1.0 + step) for step in range(4)]
    for signal in [*failed, *updates]:
        assert quick.feed(signal) == judged.take(signal)
        assert quick.snapshot() == judged.snapshot()
    assert quick.state is State.PLAYING


@pytest.mark.parametrize(
    "changes",
    [
        {"milestones": ()},
        {"completion": 0.5},
        {"milestones": (), "completion": 0.5, "view_interval": None},
        {"view_interval": 0.1},
    ],
)
@pytest.mark.parametrize("seek", [None, 40.0])
def test_what_an_update_reaches_is_what_the_rules_say(
    seek: float | None, changes: dict[str, Any]
) -> None:
    """Views and shares at, just before and beyond their points, and beyond the end."""
    policy = Policy(**{"view_interval": 1.0, **changes})
    quick, judged = (fed(*PLAYED[:2], player="tv", policy=policy) for _ in range(2))
    at = here = 0.0
    for number in range(1, 415):
        if number == 10 and seek is not None:
            here = seek
            for engine in (quick, judged):
                engine.feed(Seek(at=at, position=seek))
        at, here = at + 0.25, here + 0.25
        for early in (4e-6, 5e-7, 0.0):
            update = TimeUpdate(at=at - early, position=here - early)
            made, expected = quick.feed(update), judged.take(update)
            assert [*made] == [*expected]
            assert [(each.rule, each.cause) for each in made] == [
                (each.rule, each.cause) for each in expected
            ]
            assert quick.snapshot() == judged.snapshot()
