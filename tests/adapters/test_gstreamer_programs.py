"""A pipeline that its program commands past the adapter, as tutorials do."""

from __future__ import annotations

import pytest
from gstreamer_tapes import (
    SECOND,
    answer,
    flushed,
    poll,
    started,
    state,
    states,
)
from tapes import Record, Tape, after_start, derive, names, only, signals_of

from playertrack import Engine, Event
from playertrack.events import Error
from playertrack.signals import DurationChange, Tick
from playertrack_gstreamer import Translator


@pytest.mark.parametrize("early", [True, False])
def test_seek_that_the_program_gave_past_the_adapter_shows_in_the_next_position(
    early: bool,
) -> None:
    tape = states(started().play(0.1, 0.0, 2.0), 2.2, "paused", "paused")
    if early:  # the position is there before the pipeline says so
        tape.at(2.22, 8.0)
    states(tape.add(2.25, "async-done"), 2.26, "paused", "playing").play(2.3, 8.0, 9.5)
    events = derive("gstreamer", tape)
    assert after_start(events) == ["SEEK", "PLAY_REACHED_75"]
    assert only("SEEK", events).origin == pytest.approx(2.1)  # it played on until then
    assert only("SEEK", events).target == pytest.approx(8.0, abs=0.25)


def test_preroll_where_playback_was_is_no_seek() -> None:
    tape = states(started().play(0.1, 0.0, 2.0), 2.2, "playing", "paused")
    tape.add(2.21, "async-done").at(2.4, 2.1)
    states(tape, 4.0, "paused", "playing").play(4.0, 2.1, 2.6)
    assert after_start(derive("gstreamer", tape)) == ["PAUSE", "RESUME"]


def test_pipeline_that_goes_down_by_itself_was_stopped_and_not_paused() -> None:
    tape = started().play(0.1, 0.0, 1.0)
    tape += [state(1.2, "playing", "paused", "null"), state(1.2, "paused", "ready", "null")]
    states(tape, 2.0, "null", "ready", "paused", "playing").play(2.0, 0.0, 0.5)
    assert after_start(derive("gstreamer", tape)) == ["REPLAY", "PLAY_REQUEST", "PLAY"]


def test_way_to_playing_is_a_request() -> None:
    tape = Tape(poll).command(0.0, "open", "clip.mp4")
    tape += [state(0.1, "null", "ready", "playing"), state(1.1, "ready", "paused", "playing")]
    tape.append(state(1.1, "paused", "playing"))
    events = derive("gstreamer", tape.play(1.1, 0.0, 0.5))
    assert only("PLAY_REQUEST", events).at == 0.1
    assert only("PLAY", events).join_time == 1.0


def test_end_of_a_seek_may_come_before_the_call_returns() -> None:
    tape = started().play(0.1, 0.0, 2.0).command(2.2, "seek", 8.0)
    tape.add(2.21, "async-done").add(2.22, "ret.seek_simple", r=True).play(2.3, 8.0, 9.5)
    assert after_start(derive("gstreamer", tape)) == ["SEEK", "PLAY_REACHED_75"]


@pytest.mark.parametrize("late", [True, False])
def test_replay_is_no_seek_however_late_the_call_returns(late: bool) -> None:
    tape = started().play(0.1, 0.0, 2.0).command(2.2, "replay")
    if not late:
        tape.add(2.21, "ret.seek_simple", r=True)
    states(tape, 2.22, "paused", "paused").add(2.23, "async-done")
    states(tape, 2.24, "paused", "playing")
    if late:
        tape.add(2.25, "ret.seek_simple", r=True)
    tape.play(2.3, 0.0, 2.0)
    assert after_start(derive("gstreamer", tape)) == ["REPLAY", "PLAY_REQUEST", "PLAY"]


def test_failure_that_goes_through_all_elements_is_one_until_playback_goes_on() -> None:
    failure = {"domain": "gst-resource-error-quark", "message": "lost"}
    tape = started().play(0.1, 0.0, 1.0)
    for n in range(3):
        tape.add(1.2 + n / 100, "error", code=n, **failure)
    tape.play(1.3, 1.0, 2.0).add(2.4, "error", code=9, **failure)
    codes = [e.code for e in derive("gstreamer", tape) if isinstance(e, Error)]
    assert codes == ["gst-resource-error-quark/0", "gst-resource-error-quark/9"]


def test_transmission_shows_in_a_length_of_minus_one_until_there_is_another() -> None:
    tape = started()
    unknown = {"position_ns": SECOND, "duration_ns": -1}
    tape.add(0.2, "poll", **unknown).add(0.4, "poll", **unknown).at(0.6, 1.4)
    lengths = [s for s in signals_of("gstreamer", tape) if isinstance(s, DurationChange)]
    assert [(s.at, s.duration, s.live) for s in lengths] == [(0.2, None, True), (0.6, 12.0, False)]


@pytest.mark.parametrize("skip", [0.4, -0.4, 1.5])
def test_small_skip_is_a_seek_and_what_it_skipped_was_not_played(skip: float) -> None:
    tape = flushed(started().play(0.1, 0.0, 2.75), 2.9)  # 25 % is at 3.0
    events = derive("gstreamer", tape.play(2.91, 2.8 + skip, 3.8 + skip))
    reached = [] if skip > 0 else ["PLAY_REACHED_25"]
    assert after_start(events) == ["SEEK", *reached]
    assert only("SEEK", events).target == pytest.approx(2.8 + skip, abs=0.02)


def test_rate_that_the_program_set_by_a_seek_is_no_seek() -> None:
    tape = flushed(started().play(0.1, 0.0, 2.0), 2.2)
    for n in range(1, 20):
        tape.append(answer(2.21 + n / 4, 2.1 + n / 2, rate=2.0))
    events = derive("gstreamer", tape)
    reached = ["PLAY_REACHED_25", "PLAY_REACHED_50", "PLAY_REACHED_75"]
    assert after_start(events) == ["SPEED", *reached]
    assert only("SPEED", events).rate == 2.0


def test_rate_whose_call_returns_late_is_no_seek() -> None:
    """On a busy machine the pipeline flushed long before."""
    tape = started().play(0.1, 0.0, 2.0).command(2.2, "rate", 2.0)
    tape.append(state(2.25, "paused", "paused", "paused"))
    tape.append(state(2.25, "paused", "paused", "playing"))
    tape.add(2.6, "ret.seek_rate", r=True, at_ns=2_100_000_000).add(2.7, "async-done")
    tape.append(state(2.8, "paused", "playing"))
    for n in range(1, 5):
        tape.append(answer(2.8 + n / 4, 2.1 + n / 2, rate=2.0))
    events = derive("gstreamer", tape)
    assert after_start(events) == ["SPEED", "PLAY_REACHED_25"]


def test_seek_to_the_start_at_the_end_is_a_replay_and_no_seek() -> None:
    tape = flushed(started().play(0.1, 0.0, 12.0).add(12.12, "eos"), 12.13)
    events = derive("gstreamer", tape.play(12.14, 0.0, 1.0))
    assert names(events)[-3:] == ["REPLAY", "PLAY_REQUEST", "PLAY"]
    assert only("REPLAY", events).position == 0.0
    assert "SEEK" not in names(events)


def test_seek_back_after_the_end_is_a_replay_from_there() -> None:
    tape = flushed(started().play(0.1, 0.0, 12.0).add(12.12, "eos"), 14.0)
    events = derive("gstreamer", tape.play(14.01, 5.0, 6.5))
    assert names(events)[-4:] == ["REPLAY", "PLAY_REQUEST", "PLAY", "PLAY_REACHED_50"]
    assert events[-2].position == pytest.approx(5.0, abs=0.02)


def test_seek_to_the_end_is_a_seek_and_no_broken_file() -> None:
    tape = flushed(started().play(0.1, 0.0, 2.0), 2.2).add(2.211, "eos").at(2.5, 12.0)
    events = derive("gstreamer", tape)
    assert after_start(events) == ["SEEK"]
    assert only("SEEK", events).target == 12.0


@pytest.mark.parametrize("early", [0.0, 0.8])
@pytest.mark.parametrize("second", [12.0, 8.0])
def test_media_that_follows_without_a_gap_is_other_media(early: float, second: float) -> None:
    tape = started().play(0.1, 0.0, 11.0).command(11.2, "open", "second.mp4")
    for n in range(1, 4):
        length = second if 11.1 + n / 4 > 12.1 - early else 12.0
        tape.append(answer(11.1 + n / 4, 11.0 + n / 4, length))
    tape.add(12.1, "stream-start", pipeline=True)
    for n in range(1, 14):
        tape.append(answer(12.1 + n / 4, n / 4, second))
    events = derive("gstreamer", tape)
    reached = [f"PLAY_REACHED_{n}" for n in (25, 50, 75, 100)]
    assert after_start(events) == [
        *(*reached, "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "PLAY_REACHED_25"),
    ]
    over = next(event for event in events if event.event == "PLAY_REACHED_100")
    assert (over.entry_id, over.duration) == ("clip.mp4", 12.0)
    assert (events[-1].entry_id, events[-1].duration) == ("second.mp4", second)


def test_media_that_follows_itself_without_a_gap_is_played_again() -> None:
    tape = started().play(0.1, 0.0, 11.75).command(11.5, "open", "clip.mp4")
    tape.add(12.1, "stream-start", pipeline=True).play(12.1, 0.0, 1.0)
    assert names(derive("gstreamer", tape))[-3:] == ["REPLAY", "PLAY_REQUEST", "PLAY"]


def test_seeks_in_a_pause_on_a_busy_machine_are_one() -> None:
    """Nine were given at once; their data came in two batches, the answers after these."""
    tape = started().play(0.1, 0.0, 0.5).command(0.7, "pause")
    states(tape, 0.71, "playing", "paused").add(0.72, "async-done")
    for first, landed, position in ((1.1, 1.93, 2.8), (2.05, 3.4, 4.0)):
        tape.append(state(first, "paused", "paused", "paused"))
        tape.add(landed, "async-done").append(answer(landed + 0.01, position))
    events: list[Event] = []
    translator, engine = Translator(), Engine(policy=Translator.policy)
    for record in [*tape, answer(4.5, 4.0)]:
        for signal in (*translator.translate(record), Tick(at=record["t"])):  # as it is live
            events += engine.feed(signal)
    seek = only("SEEK", events)
    assert (seek.at, seek.origin, seek.target) == (3.4, 0.5, 4.0)


def test_seek_beyond_the_end_that_is_seen_on_the_last_picture_is_one_to_the_end() -> None:
    tape = flushed(started().play(0.1, 0.0, 2.0), 2.2)
    tape.append(answer(2.25, 11.961))
    tape.append(answer(2.29, 12.0))
    events = derive("gstreamer", tape.add(2.3, "eos"))
    assert after_start(events) == ["SEEK"]
    assert only("SEEK", events).target == 12.0


@pytest.mark.parametrize("word", [True, False])
def test_seek_in_a_moment_of_pause_may_come_without_a_word(word: bool) -> None:
    """A playbin3 was seen to say no more than that it paused and played."""
    tape = started().play(0.1, 0.0, 2.0)
    tape.append(state(2.2, "playing", "paused"))
    if word:
        tape = flushed(tape, 2.21)
    else:
        tape.append(state(2.22, "paused", "playing"))
    for n in range(5):
        tape.append(answer(2.45 + n / 4, 8.23 + n / 4))
    events = derive("gstreamer", tape)
    assert after_start(events) == ["SEEK", "PLAY_REACHED_75"]
    seek = only("SEEK", events)
    assert (seek.origin, seek.target) == pytest.approx((2.05, 8.0), abs=0.06)


def test_moment_of_pause_is_no_seek_if_playback_goes_on_from_there() -> None:
    tape = started().play(0.1, 0.0, 2.0)
    tape += [state(2.2, "playing", "paused"), state(2.45, "paused", "playing")]
    for n in range(5):
        tape.append(answer(2.55 + n / 4, 2.2 + n / 4))
    assert after_start(derive("gstreamer", tape)) == ["PLAY_REACHED_25"]


def part(stop: float, last: float) -> Tape:
    """Of 12 s, 4 to ``stop`` were to be played, and ``last`` is where the end came."""
    tape = flushed(started().play(0.1, 0.0, 1.0), 1.2)
    for n in range(round((last - 4.0) * 4) + 1):
        tape.append({**answer(1.3 + n / 4, 4.0 + n / 4), "stop_ns": round(stop * SECOND)})
    return tape.add(1.4 + last - 4.0, "eos")


def test_part_that_a_seek_asked_for_is_no_broken_file() -> None:
    assert after_start(derive("gstreamer", part(7.0, 7.0))) == ["SEEK", "PLAY_REACHED_50"]


def test_part_that_ends_before_its_end_is_a_broken_file() -> None:
    assert after_start(derive("gstreamer", part(9.0, 7.0)))[-1] == "ERROR"


def test_stop_at_the_end_of_the_media_is_no_part() -> None:
    """As all seeks have it; the length of a stream may differ a little from that of the media."""
    reached = [f"PLAY_REACHED_{n}" for n in (50, 75, 100)]
    assert after_start(derive("gstreamer", part(11.6, 11.75))) == ["SEEK", *reached]


def test_part_that_is_played_again_and_again_is_a_replay_each_time() -> None:
    tape = part(6.0, 6.0)
    tape = flushed(tape, 3.5)
    for n in range(9):
        tape.append({**answer(3.6 + n / 4, 4.0 + n / 4), "stop_ns": 6 * SECOND})
    events = derive("gstreamer", tape.add(5.7, "eos"))
    again = ["REPLAY", "PLAY_REQUEST", "PLAY"]
    assert after_start(events)[:5] == ["SEEK", "PLAY_REACHED_50", *again]
    assert not {"ERROR", "PLAY_REACHED_100"} & set(names(events))


@pytest.mark.parametrize("rate", [1.0, 2.0])
@pytest.mark.parametrize("length", [0.04, 0.2])
def test_part_that_is_shorter_than_the_time_between_two_answers(length: float, rate: float) -> None:
    """Its end comes before any answer shows that the seek was not to the end of the media."""
    tape = flushed(started().play(0.1, 0.0, 1.0), 1.2)
    tape.add(1.24 + length / rate, "eos").add(1.24 + length / rate, "tick")
    tape.append(ending(1.5, 4.0 + length, 4.0 + length, rate=rate))
    events = derive("gstreamer", tape)
    assert after_start(events) == ["SPEED", "SEEK"][rate == 1.0 :]
    assert only("SEEK", events).target == pytest.approx(4.0, abs=0.1)


@pytest.mark.parametrize("shown", [True, False])
def test_seek_to_the_end_is_one_whether_or_not_an_answer_follows(shown: bool) -> None:
    tape = flushed(started().play(0.1, 0.0, 1.0), 1.2).add(1.25, "eos")
    if shown:
        tape.append(ending(1.5, 12.0, 12.0))
    events = derive("gstreamer", tape)
    assert after_start(events) == ["SEEK"]
    assert only("SEEK", events).target == 12.0


def ending(t: float, position: float, stop: float, **more: float) -> Record:
    """The answer of a pipeline that is to stop there."""
    return {**answer(t, position), "stop_ns": round(stop * SECOND), **more}


def segment(stop: float) -> Tape:
    """A seek with the flag SEGMENT to 8 s of 12: all is read before playback is at ``stop``."""
    tape = flushed(started().play(0.1, 0.0, 1.0), 1.2)
    for n in range(round((stop - 8.0) * 4) + 1):
        tape.append(ending(1.3 + n / 4, 8.0 + n / 4, stop))
        if n == 3:
            tape.add(2.1, "segment-done")
    return tape


@pytest.mark.parametrize(
    ("stop", "reached"),
    [(12.0, ["PLAY_REACHED_75", "PLAY_REACHED_100"]), (10.0, ["PLAY_REACHED_75"])],
)
def test_end_of_a_segment_is_no_stall(stop: float, reached: list[str]) -> None:
    """It stands there, and no eos comes."""
    tape, over = segment(stop), 1.3 + stop - 8.0
    for n in range(1, 20):
        tape.append(ending(over + n / 4, stop, stop))
    assert after_start(derive("gstreamer", tape, timers=True)) == ["SEEK", *reached]
    [last] = [each.name for each in signals_of("gstreamer", tape)][-1:]
    assert last == ("ended" if stop == 12.0 else "stop")


@pytest.mark.parametrize("late", [0, 4])
def test_segment_that_is_played_again_is_a_replay(late: int) -> None:
    """By a seek without a flush, which a program may give before playback is at the end."""
    tape = segment(12.0)
    tape += [ending(5.3 + n / 4, 12.0, 12.0) for n in range(1, late + 1)]
    tape += [ending(5.5 + (late + n) / 4, 0.1 + n / 4, 12.0) for n in range(14)]
    again = ["REPLAY", "PLAY_REQUEST", "PLAY", "PLAY_REACHED_25"]
    events = after_start(derive("gstreamer", tape, timers=True))
    assert events == ["SEEK", "PLAY_REACHED_75", "PLAY_REACHED_100", *again]


def test_part_that_is_looped_by_segments_is_played_on() -> None:
    tape = segment(10.0)
    for turn in range(3):
        at = 3.4 + 2.0 * turn
        tape += [ending(at + n / 4, 8.05 + n / 4, 10.0) for n in range(8)]
        tape.add(at + 1.3, "segment-done")
    assert after_start(derive("gstreamer", tape, timers=True)) == ["SEEK", "PLAY_REACHED_75"]


@pytest.mark.parametrize("polled", [True, False])
def test_pause_and_play_at_the_end_play_nothing(polled: bool) -> None:
    """The sinks say once more that it is over."""
    tape = started().play(0.1, 0.0, 12.0).add(12.2, "eos")
    tape += [state(13.0, "playing", "paused"), state(14.0, "paused", "playing")]
    tape.add(14.001, "eos")
    if polled:
        tape += [answer(14.25, 12.0), answer(14.5, 12.0)]
    assert after_start(derive("gstreamer", tape))[-1] == "PLAY_REACHED_100"


def test_play_at_the_end_is_a_replay_if_a_seek_comes_with_it() -> None:
    """A playbin3 may say no more of the seek."""
    tape = started().play(0.1, 0.0, 12.0).add(12.2, "eos")
    tape += [state(13.0, "playing", "paused"), state(14.0, "paused", "playing")]
    tape += [answer(14.25 + n / 4, 0.25 + n / 4) for n in range(5)]
    expected = ["PLAY_REACHED_100", "REPLAY", "PLAY_REQUEST", "PLAY"]
    assert after_start(derive("gstreamer", tape))[-4:] == expected


@pytest.mark.parametrize("rate", [-1.0, -2.0])
def test_playback_backwards_is_no_seek_and_its_end_no_error(rate: float) -> None:
    tape = flushed(started().play(0.1, 0.0, 4.0), 4.2)
    for n in range(round(16 / -rate)):
        tape.append(answer(4.4 + n / 4, 4.1 + rate * (0.2 + n / 4), rate=rate))
    tape.add(tape[-1]["t"] + 0.2, "eos")
    assert after_start(derive("gstreamer", tape)) == ["PLAY_REACHED_25"]
    tape.pop()
    flushed(tape, tape[-1]["t"] + 0.1)
    at, position = tape[-1]["t"], max(0.0, tape[-5]["position_ns"] / SECOND + rate * 0.1)
    tape += [answer(at + n / 4, position + n / 4) for n in range(1, 9)]
    assert after_start(derive("gstreamer", tape)) == ["PLAY_REACHED_25"]


def test_seek_soon_after_another_one_starts_where_playback_came_since_the_last_answer() -> None:
    """A quartile that was played right before it is reached."""
    tape = flushed(started().play(0.1, 0.0, 0.5), 0.7)
    tape += [answer(0.8 + n / 4, 2.1 + n / 4) for n in range(4)]
    flushed(tape, 1.75)  # 3.05 s of 12, since the answer of 1.55
    tape.append(answer(1.9, 8.1))
    events = derive("gstreamer", tape)
    assert "PLAY_REACHED_25" in names(events)


def test_stop_before_other_media_begins_makes_no_replay_of_what_played() -> None:
    """A playbin3 says what it is only when that begins, which is after it is asked to play."""
    tape = started().play(0.1, 0.0, 1.0).add(1.15, "notify::uri")
    tape += [state(1.2, "playing", "paused", "ready"), state(1.2, "paused", "ready")]
    tape.append(state(2.0, "null", "ready", "playing"))
    tape.append({"t": 2.1, "kind": "app.open", "args": ["next.mp4"]})
    tape.add(2.1, "stream-start", pipeline=True)
    states(tape, 2.2, "ready", "paused", "playing").play(2.2, 0.0, 0.5)
    events = derive("gstreamer", tape)
    assert after_start(events) == ["MEDIA_LOADED", "PLAY_REQUEST", "PLAY"]
    states(tape, 3.0, "playing", "paused", "ready")
    tape.append(state(4.0, "null", "ready", "playing"))
    assert after_start(derive("gstreamer", tape))[3:] == ["REPLAY", "PLAY_REQUEST"]
