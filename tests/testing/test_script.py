"""The scripted player: what its stories send, what its faults do, what it knows of the truth."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from playertrack import Policy, signals
from playertrack.signals import Signal
from playertrack.testing import Fault, ScriptedPlayer, ScriptError
from playertrack.trace.codec import read_signals


def names(log: list[Any]) -> list[str]:
    return [each.event if hasattr(each, "event") else each.name for each in log]


def without_updates(player: ScriptedPlayer) -> list[str]:
    return [signal.name for signal in player if signal.name != "timeupdate"]


def updates(player: ScriptedPlayer) -> list[Signal]:
    return [signal for signal in player if signal.name == "timeupdate"]


def sent(play: ScriptedPlayer) -> list[str]:
    return [signal.name for signal in play.signals]


def playing(*faults: Fault, **options: Any) -> ScriptedPlayer:
    return ScriptedPlayer(100, faults=faults, **options).load().play()


def test_a_story_reads_as_it_plays() -> None:
    play = ScriptedPlayer(duration=100)
    play.load().play().watch(30).seek(60).stall(2).watch(to=100).end()
    assert without_updates(play) == [
        *("ready", "loaded", "play", "playing", "seeking", "seeked"),
        *("stall", "stall_end", "ended"),
    ]
    events = names(play.events)
    assert "PLAY_REACHED_25" in events and "PLAY_REACHED_75" in events
    assert "PLAY_REACHED_50" not in events
    assert events.count("SEEK") == events.count("BUFFER_START") == 1
    assert play.position == 100.0


def test_time_passes_in_the_story_alone() -> None:
    play = playing(start=1000.0).watch(30).pause(5).wait(1).play(0.5).watch(4)
    assert play.now == pytest.approx(1000.1 + 30 + 5 + 1 + 0.5 + 4)
    ats = [signal.at for signal in play]
    assert ats == sorted(ats)


def test_updates_come_every_quarter_second_give_or_take_the_jitter() -> None:
    found = updates(playing(jitter=0.05).watch(60))
    gaps = [after.at - before.at for before, after in pairwise(found[:-1])]
    assert min(gaps) >= 0.199 and max(gaps) <= 0.301
    assert max(gaps) - min(gaps) > 0.05
    assert found[-1].position == 60.0


def test_the_seed_decides_the_jitter() -> None:
    assert playing(seed=7).watch(20).signals == playing(seed=7).watch(20).signals
    assert playing(seed=7).watch(20).signals != playing(seed=8).watch(20).signals


def test_speed_is_content_by_time() -> None:
    play = playing().rate(2).watch(10)
    assert play.position == 20.0
    assert play.seen[0].seconds == pytest.approx(10.0)
    assert "SPEED" in names(play.events)


def test_watching_ends_at_the_end_at_the_latest() -> None:
    assert playing().watch(1000).position == 100.0
    assert playing().watch(to=1000).position == 100.0


def test_end_plays_what_is_left() -> None:
    play = playing().watch(90).end()
    assert play.seen[0].stretches[-1][1] == 100.0
    assert names(play.events)[-1] in ("PLAY_REACHED_100", "VIEW")


def test_without_a_duration_the_end_is_where_it_is() -> None:
    play = ScriptedPlayer(None).load(live=True).play().watch(12).end()
    assert play.position == 12.0
    assert play.signals[-1] == signals.Ended(at=play.now, position=12.0)


def test_playing_after_the_end_is_a_replay_from_the_start() -> None:
    play = playing().end().play().watch(30)
    assert play.position == 30.0
    assert len(play.seen) == 2
    events = names(play.events)
    assert events.count("REPLAY") == 1 and events.count("PLAY_REACHED_25") == 2


def test_the_next_media_are_another_session() -> None:
    play = playing().watch(10).load("1_next", 20).play().end()
    assert [e.entry_id for e in play.events if e.event == "PLAY"] == ["1_story", "1_next"]
    assert [len(seen.stretches) > 0 for seen in play.seen] == [True, True]


def test_stop_ends_a_playback() -> None:
    play = playing().watch(10).stop().play().watch(5)
    assert play.position == 5.0 and len(play.seen) == 2
    assert len({e.session for e in play.events if e.event == "PLAY"}) == 2


def test_an_ad_is_reported_with_its_quartiles() -> None:
    events = names(playing().watch(10).ad(8).watch(5).events)
    assert [e for e in events if e.startswith("MIDROLL")] == [
        *("MIDROLL_STARTED", "MIDROLL_25", "MIDROLL_50", "MIDROLL_75"),
    ]


def test_a_preroll_comes_before_playback() -> None:
    play = ScriptedPlayer(20).load().ad(4, "preroll").play().end()
    events = names(play.events)
    assert events.index("PREROLL_STARTED") < events.index("PLAY")


def test_a_fatal_error_ends_playing_and_another_does_not() -> None:
    assert playing().error("x", fatal=False).watch(1).position == 1.0
    with pytest.raises(ScriptError, match="watch: nothing is playing"):
        playing().error("x").watch(1)


def test_a_closed_player_has_nothing_loaded() -> None:
    play = playing().watch(1).close()
    assert play.signals[-1].name == "close"
    with pytest.raises(ScriptError, match="play: nothing is loaded"):
        play.play()


def test_any_signal_can_be_said() -> None:
    play = playing().say("volume", volume=0.5).say("fullscreen", on=True)
    assert "OPEN_FULL_SCREEN" in names(play.events)


def test_the_policy_judges() -> None:
    quiet = playing(policy=Policy(view_interval=None)).watch(30)
    assert "VIEW" not in names(quiet.events)[6:]


def test_what_was_seen_is_known() -> None:
    play = playing().watch(10).seek(50).watch(10).pause(3).play().stall(2).watch(1)
    (seen,) = play.seen
    assert (seen.seeks, seen.pauses, seen.stalls) == (1, 1, [2])
    assert seen.seconds == pytest.approx(21.0)
    assert seen.stretches[0][0] == 0.0 and seen.stretches[-1][1] == 61.0


def test_the_trace_can_be_written_and_read(tmp_path: Path) -> None:
    play = playing().watch(5).end().write(tmp_path / "trace.jsonl")
    with (tmp_path / "trace.jsonl").open("rb") as stream:
        assert [signal for _, (_, signal) in read_signals(stream)] == play.signals


def test_it_shows_what_it_does() -> None:
    assert "waits at 0" in repr(ScriptedPlayer())
    assert "plays at 5" in repr(playing().watch(5))
    assert "ended at 100" in repr(playing().end())


@pytest.mark.parametrize(
    "story",
    [
        lambda: ScriptedPlayer().play(),
        lambda: ScriptedPlayer().load().watch(3),
        lambda: playing().pause().watch(3),
        lambda: playing().end().stall(1),
        lambda: playing().watch(),
        lambda: playing().watch(3, to=5),
        lambda: playing().watch(-1),
        lambda: playing().watch(10).watch(to=5),
        lambda: playing().watch(float("nan")),
        lambda: playing().wait(-1),
        lambda: playing().scrub(),
        lambda: ScriptedPlayer().seek(5),
        lambda: ScriptedPlayer(every=0.1, jitter=0.2),
        lambda: ScriptedPlayer(faults=["hiccups"]),  # type: ignore[list-item] # the point
    ],
)
def test_a_story_that_cannot_be_is_refused(story: Any) -> None:
    with pytest.raises(ScriptError):
        story()


# ------------------------------------------------------------------------------- faults


def test_a_scrub_is_one_seek() -> None:
    play = playing().watch(10).scrub(20, 40, 80).watch(5)
    assert without_updates(play)[4:] == ["seeking", "seeking", "seeking", "seeked"]
    (seek,) = (event for event in play.events if event.event == "SEEK")
    assert getattr(seek, "target") == 80.0  # noqa: B009 - no field of every event


def test_a_silent_seek_is_seen_by_its_place_alone() -> None:
    play = playing("silent_seek").watch(10).seek(60).watch(5)
    assert "seeking" not in without_updates(play) and "seeked" not in without_updates(play)
    (seek,) = (event for event in play.events if event.event == "SEEK")
    assert seek.rule == "R-silent-seek"


def test_a_seek_may_have_no_end() -> None:
    play = playing("no_seeked").watch(10).seek(60).watch(5)
    assert without_updates(play)[4:] == ["seeking"]
    (seek,) = (event for event in play.events if event.event == "SEEK")
    assert seek.rule == "R-seek-lost"


def test_a_seek_may_look_like_a_stall_first() -> None:
    play = playing("waiting_before_seeking").watch(10).seek(60, 2).watch(5)
    assert without_updates(play)[4:] == ["stall", "seeking", "seeked", "stall_end"]
    assert names(play.events).count("SEEK") == 1
    paused = playing("waiting_before_seeking").watch(10).pause().seek(60)
    assert "stall" not in without_updates(paused)


def test_it_may_pause_at_the_end() -> None:
    play = playing("pause_before_ended").end()
    assert without_updates(play)[-2:] == ["pause", "ended"]
    assert "PAUSE" not in names(play.events)


def test_a_frozen_clock_stands_for_a_stall() -> None:
    play = playing("frozen_clock", policy=Policy(frozen_after=1.0)).watch(10).stall(4).watch(5)
    assert "stall" not in without_updates(play)
    assert len([each for each in updates(play) if each.position == 10.0]) > 10
    assert play.now == pytest.approx(19.1)
    (start,) = (event for event in play.events if event.event == "BUFFER_START")
    assert start.rule == "R-frozen"


def test_late_updates_are_behind_and_never_go_back() -> None:
    prompt, late = playing().watch(60), playing("late_updates").watch(60)
    found = [each.position or 0.0 for each in updates(late)]
    assert found == sorted(found)
    behind = [each.at - 0.1 - (each.position or 0.0) for each in updates(late)]
    assert max(behind) <= 0.401 and sum(behind) > 0.5 * len(behind) * 0.1
    assert [each.at - 0.1 for each in updates(prompt)] == pytest.approx(
        [each.position for each in updates(prompt)]
    )


def test_doubled_signals_change_no_event() -> None:
    def story(*faults: Fault) -> list[str]:
        return names(playing(*faults).watch(30).seek(60).pause().play().end().events)

    assert len(playing("doubled_signals").signals) == 2 * len(playing().signals)
    assert story("doubled_signals") == story()


def test_what_players_do_around_a_drag_is_one_seek() -> None:
    usual = playing().watch(10).scrub(30, 60, 50).watch(5)
    faulty = playing("pause_around_seek", "steps_of_a_drag").watch(10).scrub(30, 60, 50).watch(5)
    assert "pause" in sent(faulty) and sent(faulty).count("seeked") == 3
    assert names(faulty.events) == names(usual.events)


def test_one_wrong_position_is_none() -> None:
    usual, faulty = playing().watch(40), playing("one_wrong_position").watch(40)
    assert any(signal.position == 0.0 for signal in faulty.signals[-200:])
    assert names(faulty.events) == names(usual.events)


def test_positions_around_the_next_media_are_none() -> None:
    faults: tuple[Fault, ...] = ("reset_before_load", "stale_after_load")

    def story(*faults: Fault) -> ScriptedPlayer:
        return playing(*faults).watch(40).load("1_next").play().watch(10)

    assert len(story(*faults).signals) == len(story().signals) + 2
    assert names(story(*faults).events) == names(story().events)


def test_faults_hold_from_where_they_are_set() -> None:
    play = playing().watch(5).faults("silent_seek").seek(50).watch(5).faults().seek(70).watch(5)
    seeks = [event.rule for event in play.events if event.event == "SEEK"]
    assert seeks == ["R-silent-seek", "R-seek"]
