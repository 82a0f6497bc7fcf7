"""A machine that stands still, and all processes with it: what was played meanwhile counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from gstreamer_tapes import SECOND, answer, flushed, gst_started
from gstreamer_tapes import started as playbin_started
from tapes import TRANSLATORS, Tape, after_start, derive, only
from test_gstreamer_programs import part
from test_mpv import started as mpv_started
from test_seldom_reporters import TRACK, Mpris
from vlc_tapes import filled, sought
from vlc_tapes import started as vlc_started

QUARTILES = [f"PLAY_REACHED_{n}" for n in (25, 50, 75, 100)]

#: A tape of each that plays from 0.1 on, of 12 s, and what is the end.
PLAYERS: dict[str, tuple[Callable[[], Tape], str, dict[str, str]]] = {
    "vlc": (vlc_started, "MediaPlayerEndReached", {}),
    "mpv": (mpv_started, "end-file", {"reason": "eof"}),
    "gstreamer": (playbin_started, "eos", {}),
    "gstplay": (gst_started, "end-of-stream", {}),
}

each_player = pytest.mark.parametrize("player", PLAYERS)


def played(player: str, until: float) -> Tape:
    """A tape of playback up to there (s); it began at 0.1."""
    tape = PLAYERS[player][0]()
    return tape.at(0.1, 0.0).play(0.1, 0.0, until)


@each_player
@pytest.mark.parametrize("late", [0, 1, 2])
@pytest.mark.parametrize("stood", [0.7, 1.4, 2.0, 6.0])
@pytest.mark.parametrize("start", [0.0, 1.0, 2.75])
def test_what_was_played_is_watched(player: str, start: float, stood: float, late: int) -> None:
    """Positions from before come first, and the present one right after them."""
    tape, t = played(player, start), start + 0.1 + stood
    for n in range(late):
        tape.at(t + 0.01 * n, start + 0.04 * (n + 1))
    rest = 12.0 - (start + stood + 0.25)
    tape.at(t + 0.25, start + stood + 0.25).play(t + 0.25, start + stood + 0.25, 12.0)
    kind, fields = PLAYERS[player][1:]
    events = derive(player, tape.add(t + 0.3 + rest, kind, **fields))
    assert after_start(events) == QUARTILES
    assert only("PLAY", events).at <= 0.35


@pytest.mark.parametrize("command", ["pause", "pause_for_buffering"])
def test_what_was_played_until_it_was_halted_is_watched(command: str) -> None:
    """The position that shows it comes in the pause."""
    tape = played("gstreamer", 2.75).at(4.35, 2.79).command(4.4, command).at(4.6, 4.3)
    assert QUARTILES[0] in after_start(derive("gstreamer", tape))


@each_player
def test_length_that_is_reported_in_between_takes_nothing_away(player: str) -> None:
    kinds = {"vlc": ("MediaPlayerLengthChanged", "new_length_ms", 12_010.0)}
    kinds["mpv"] = ("prop.duration", "value", 12.01)
    kinds["gstplay"] = ("duration-changed", "duration", 12_010_000_000.0)
    tape = played(player, 2.75)
    if player in kinds:
        kind, field, value = kinds[player]
        tape.add(4.85, kind, **{field: value}).at(4.86, 2.79).at(4.9, 4.8)
    else:
        answers = ((4.86, 2.79), (4.9, 4.8))
        tape += [answer(t, position, duration=12.01) for t, position in answers]
    assert after_start(derive(player, tape)) == QUARTILES[:1]


@pytest.mark.parametrize("loaded", [True, False])
@pytest.mark.parametrize("began", [0.7, 0.1])
@pytest.mark.parametrize("player", ["mpv", "gstreamer", "gstplay"])
def test_start_that_is_reported_late_was_before(player: str, began: float, loaded: bool) -> None:
    """The process stood still when playback began, and the first position is late as well.

    ``loaded``: the media was known before that. Positions are not quite exact.
    """
    begun = PLAYERS[player][0]()
    known = [record for record in begun if record["t"] < 0.05 and loaded]
    tape = PLAYERS[player][0]()
    tape[:] = [{"t": 0.0, "kind": "tick"}, *known, {"t": 0.2, "kind": "tick"}]
    tape += [{**record, "t": record["t"] + 4.0} for record in begun[len(known) :]]
    there = 4.3 - began
    tape.at(4.12, 0.04).at(4.3, there).play(4.3, there, there + 0.5)
    events = derive(player, tape)
    assert after_start(events) == QUARTILES[:1]
    assert only("PLAY", events).at == pytest.approx(max(0.2, began), abs=0.1)


@each_player
@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize("stood", [1.3, 2.5])
def test_end_that_came_meanwhile_is_reached(player: str, stood: float, late: bool) -> None:
    tape, t = played(player, 11.0), 11.1 + stood
    if late:
        tape.at(t, 11.04)
    kind, fields = PLAYERS[player][1:]
    assert after_start(derive(player, tape.add(t + 0.02, kind, **fields))) == QUARTILES


@each_player
@pytest.mark.parametrize("apart", [0.25, 0.01])
def test_playback_that_stood_as_well_goes_on_from_there(player: str, apart: float) -> None:
    """As of mpv without a device for sound."""
    tape = played(player, 2.5).play(4.6, 2.5, 3.5, step=apart)
    events = derive(player, tape)
    assert after_start(events) == QUARTILES[:1]


@pytest.mark.parametrize("player", ["vlc", "gstreamer"])
def test_standstill_of_the_player_alone_is_a_stall(player: str) -> None:
    """The process runs: ticks come."""
    tape = played(player, 2.5)
    for n in range(8):
        tape.add(2.8 + n / 4, "tick")
    tape.play(4.7, 2.5, 4.0)
    assert after_start(derive(player, tape)) == ["BUFFER_START", "BUFFER_END", *QUARTILES[:1]]


@each_player
def test_pause_after_it_is_where_playback_is(player: str) -> None:
    """A position that waits for an explanation is not lost by a signal that is none."""
    tape = played(player, 2.75).at(4.85, 4.75)
    if player == "mpv":
        tape.add(4.9, "prop.pause", value=True)
    elif player == "vlc":
        tape.add(4.9, "MediaPlayerPaused")
    elif player == "gstreamer":
        tape.command(4.9, "pause")
    else:
        tape.append({"t": 4.9, "kind": "state-changed", "play-state": "paused"})
    events = derive(player, tape)
    assert after_start(events) == [*QUARTILES[:1], "PAUSE"]
    assert only("PAUSE", events).position == 4.75


def test_what_is_played_after_a_seek_of_vlc_is_no_seek() -> None:
    """The cache is filled anew after it, as by another one, and the position is further on."""
    tape = sought(played("vlc", 2.0), 2.2, 5.0)
    filled(tape.add(2.4, "tick"), 4.3).at(4.5, 7.1).play(4.5, 7.1, 7.6)
    events = derive("vlc", tape)
    assert after_start(events) == ["SEEK", "PLAY_REACHED_50"]
    assert only("SEEK", events).target == 5.0


@pytest.mark.parametrize("silent", [1.5, 2.5])
@pytest.mark.parametrize(("late", "begins"), [("start", 0.0), ("resume", 1.2), ("seek", 6.0)])
def test_mpris_report_that_comes_late_is_dated_by_the_positions(
    late: str, begins: float, silent: float
) -> None:
    """The process stood still while the player played on: what it played then is watched."""
    tape, t = Mpris().change(0.0, Metadata={**TRACK, "mpris:length": 10_000_000}), 0.1
    tape.change(0.1)
    if late != "start":
        tape.change(0.0, PlaybackStatus="Playing").play(0.0, 0.0, 1.0, step=0.5)
        t = 1.1
    if late == "resume":
        tape.change(1.2, PlaybackStatus="Paused").at(1.5, 1.2)
        t = 1.6
    t += silent
    if late == "seek":
        tape.add(t, "Seeked", position=begins * 1e6)
    else:
        tape.change(t, PlaybackStatus="Playing")
    tape.play(t, begins + silent, begins + silent + 1.5, step=0.5)
    ends = begins + silent + 1.5
    reached = [name for n, name in enumerate(QUARTILES, 1) if begins < 2.5 * n <= ends]
    reports = {"start": [], "resume": ["PAUSE", "RESUME"], "seek": ["SEEK"]}[late]
    assert after_start(derive("mpris", tape)) == [*reports, *reached]


def test_mpris_player_that_is_not_asked_starts_at_once() -> None:
    """Without answers silence is usual, and nothing would end the wait for one."""
    translator = TRANSLATORS["mpris"]()
    tape = Mpris().change(0.0, Metadata=TRACK).change(60.0, PlaybackStatus="Playing")
    made = [signal.name for record in tape for signal in translator.translate(record)]
    assert made == ["ready", "loaded", "play", "playing"]


def test_seek_before_a_standstill_is_to_where_the_second_answer_shows() -> None:
    """The first one may be of before."""
    tape = flushed(playbin_started().play(0.1, 0.0, 1.0), 1.2)
    tape += [answer(3.3, 5.1), answer(3.55, 6.34)]
    for n in range(1, 4):
        tape.append(answer(3.55 + n / 4, 6.34 + n / 4))
    events = derive("gstreamer", tape)
    assert after_start(events) == ["SEEK", "PLAY_REACHED_50"]
    assert only("SEEK", events).target == pytest.approx(4.0, abs=0.05)


@pytest.mark.parametrize("late", [True, False])
def test_part_that_ends_while_the_machine_stands_still_is_no_broken_file(late: bool) -> None:
    tape = part(6.0, 4.5)[:-1]
    t = tape[-1]["t"] + 1.9
    if late:
        tape.append({**answer(t, 4.6), "stop_ns": 6 * SECOND})
    tape.append({"t": t + 0.02, "kind": "eos"})
    assert after_start(derive("gstreamer", tape)) == ["SEEK", "PLAY_REACHED_50"]
