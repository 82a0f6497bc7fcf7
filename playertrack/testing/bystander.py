"""Tests for adapters that only listen, as a base class.

Programs drive their player through the player's own API and know nothing of the adapter. So do
these scenarios; they use the binding only for facts that no player reports.

    class TestMyPlayer(Bystander):
        video, brief = "clips/clip.mp4", "clips/brief.mp4"

        @contextmanager
        def program(self):
            program = MyProgram()  # a `Program`, which calls a player of yours
            yield program
            program.release()

        def track(self, program, tracker):
            return my_adapter.track(program.player, tracker)

        test_chapters = None  # this player has none

Each test drives a new player in real time and checks the events. A failure shows expected and
actual events side by side, with the rule and the signal of the first difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Protocol

from ..events import QUARTILES, Event
from ..live.adapter import Binding, entry_name
from ..live.tracker import Tracker
from .media import MediaServer
from .scenarios import AGAIN, START, Commands, Scenarios
from .witness import Witness

REACHED = tuple(f"PLAY_REACHED_{quartile}" for quartile in QUARTILES)
NEXT = ("MEDIA_LOADED", "PLAY_REQUEST", "PLAY")


class Program(Commands, Protocol):
    """A program with a player; each method is what programs call of the player's own API."""

    def open(self, media: str) -> None:
        """Take a file or URL, in place of what is there, and play it."""

    def slide(self, position: float) -> None:
        """Go to ``position`` (s) as the program's slider does it, perhaps by another call."""

    def release(self) -> None:
        """Give up the player; may be called again."""

    def playlist(self, media: Sequence[str]) -> None:
        """Play one after the other, without a gap if the player can; a broken one is left out."""

    def loop(self, media: str) -> None:
        """Play it again and again, as programs do at the end; not by an option of the player."""

    def chapter(self, number: int) -> None:
        """Go to a chapter, the first is 0."""


class Bystander(Scenarios):
    """The scenarios. The names of classes that pytest collects begin with Test."""

    #: A video of ``length`` seconds that the player can play, and one of ``brief_length``.
    video: str
    brief: str
    brief_length: float = 2.0

    #: A video of ``length`` seconds with chapters at 0, 2 and 4 s.
    chaptered: str

    #: Has ``hls/long.m3u8`` and ``clip.ts``, of 12 s, which comes at ``ts_rate`` bytes a second.
    site: MediaServer
    ts_rate: ClassVar[float]

    def program(self) -> AbstractContextManager[Any]:
        """A new `Program`, which is not measured yet."""
        raise NotImplementedError

    def track(self, program: Any, tracker: Tracker) -> AbstractContextManager[Binding]:
        """Measure its player."""
        raise NotImplementedError

    # ------------------------------------------------------------------------- scenarios

    def test_played_to_the_end(self) -> None:
        with self.measured() as (program, _, witness):
            program.open(self.video)
            witness.until("PLAY_REACHED_100")
            self.rest(0.5)
        self.reported(witness, *START, *REACHED)
        self.lasts(witness, self.length)

    def test_pause_and_resume(self) -> None:
        with self.playing() as (program, _, witness):
            program.pause()
            paused = witness.until("PAUSE")
            self.rest(1.0)
            program.play()
            resumed = witness.until("RESUME")
            witness.until("PLAY_REACHED_25")
        self.reported(witness, *START, "PAUSE", "RESUME", "PLAY_REACHED_25")
        stood = witness.pulse.stood(paused.at - 0.5, paused.at + 0.5)
        self.near(resumed.position, paused.position, stood=stood)

    def test_playlist_with_a_broken_item(self) -> None:
        with TemporaryDirectory() as empty, self.measured() as (program, _, witness):
            broken = str(Path(empty, "broken.mp4"))
            program.playlist([self.brief, broken, self.video])
            witness.until("ERROR")
            witness.until("PLAY", 2)
            witness.until_at(0.5)
        expected = [name for name in (*START, *REACHED) if name != "PLAY_REQUEST"]
        expected += ["MEDIA_LOADED", "ERROR", "MEDIA_LOADED", "PLAY"]
        self.reported(witness, *expected, but=["PLAY_REQUEST"])
        assert [self.entry(witness, name) for name in ("PLAY", "ERROR")] == [
            entry_name(self.brief),
            "broken",
        ], witness.story
        assert self.entry(witness, "PLAY", 2) == entry_name(self.video), witness.story

    def test_playlist_without_a_gap(self) -> None:
        with self.measured() as (program, _, witness):
            program.playlist([self.brief, self.video])
            witness.until("PLAY_REACHED_25", 2)
        self.reported(witness, *START, *REACHED, *NEXT, "PLAY_REACHED_25")
        reached = witness.until("PLAY_REACHED_100")
        assert reached.entry_id == entry_name(self.brief), witness.story
        self.near(reached.duration, self.brief_length)
        assert witness.until("PLAY_REACHED_25", 2).entry_id == entry_name(self.video), witness.story

    def test_loop_that_the_program_makes(self) -> None:
        with self.measured() as (program, _, witness):
            program.loop(self.brief)
            witness.until("PLAY", 3)
            self.rest(0.2)
        self.never(witness, "SEEK", "ERROR", "BUFFER_START", "PAUSE")
        again = self.rounds(witness)
        self.reported(witness, *START, *REACHED, *again, *REACHED, *again, ...)

    def test_slider(self) -> None:
        """No quartile lies in the second after any of its places, where the player may play on."""
        with self.playing() as (program, _, witness):
            for position in (1.6, 2.0, 3.3, 1.8, 3.4, 1.9, 3.2, 3.4):
                program.slide(position)
                self.rest(0.1)
            witness.until("PLAY_REACHED_75")
            self.rest(0.3)
        self.reported(witness, *START, "SEEK", "PLAY_REACHED_75")
        self.near(self.last(witness, "SEEK").target, 3.4)

    def test_slider_that_is_dragged_slowly(self) -> None:
        """Between its steps it plays on, which is part of the drag; no quartile lies there."""
        with self.playing() as (program, _, witness):
            for position in (1.7, 2.4, 3.2, 3.95):
                program.slide(position)
                self.rest(0.35)
            witness.until("PLAY_REACHED_75")
        self.reported(witness, *START, "SEEK", "PLAY_REACHED_75")
        self.near(self.last(witness, "SEEK").target, 3.95)

    def test_small_skip(self) -> None:
        """A quartile lies in what is skipped."""
        with self.playing() as (program, _, witness):
            program.slide(2.0)
            witness.until("PLAY_REACHED_50")
        # Where the machine stood still it may have played up to there by then.
        stood = witness.pulse.stood(0.0, witness.until("PLAY_REACHED_50").at)
        seek = ["SEEK"] if "SEEK" in witness.names or not stood else []
        self.reported(witness, *START, *seek, "PLAY_REACHED_50")

    def test_rate(self) -> None:
        with self.playing() as (program, _, witness):
            program.rate(2.0)
            witness.until("PLAY_REACHED_100")
        self.reported(witness, *START, ("SPEED", {"rate": 2.0}), *REACHED)
        self.fast(witness)

    def test_skip_beyond_the_end(self) -> None:
        with self.playing() as (program, _, witness):
            program.seek(self.length + 30.0)
            witness.until_signal("ended")
            self.rest(1.2)
        self.reported(witness, *START, "SEEK")

    def test_seek_to_the_length(self) -> None:
        """Players go to the last picture, or to the end."""
        with self.playing() as (program, _, witness):
            program.seek(self.length)
            witness.until_signal("ended")
            self.rest(1.2)
        self.never(witness, "ERROR", "REPLAY", "BUFFER_START", *REACHED[:3])
        self.reported(witness, *START, "SEEK", ...)

    def test_seeks_in_a_pause(self) -> None:
        with self.playing() as (program, _, witness):
            program.pause()
            witness.until("PAUSE")
            for n in range(9):
                program.seek(1.6 + 0.3 * n)
                self.rest(0.06)
            witness.until("SEEK")
            program.play()
            witness.until("PLAY_REACHED_75")
        self.reported(witness, *START, "PAUSE", "SEEK", "RESUME", "PLAY_REACHED_75")
        self.near(self.last(witness, "SEEK").target, 4.0)

    def test_slider_in_a_pause_that_is_too_short_to_be_one(self) -> None:
        """As of a slider that pauses the player while it is dragged."""
        with self.playing() as (program, _, witness):
            program.pause()
            program.slide(3.4)
            program.play()
            witness.until("PLAY_REACHED_75")
        self.reported(witness, *START, "SEEK", "PLAY_REACHED_75")
        self.near(self.last(witness, "SEEK").target, 3.4)

    def test_chapters(self) -> None:
        with self.measured() as (program, _, witness):
            program.open(self.chaptered)
            witness.until("PLAY")
            witness.until_at(0.3)
            program.chapter(2)
            seek = witness.until("SEEK")
            witness.until("PLAY_REACHED_75")
        self.reported(witness, *START, "SEEK", "PLAY_REACHED_75")
        self.near(seek.target, 4.0)

    def test_change_of_source(self) -> None:
        with self.playing() as (program, _, witness):
            program.open(self.brief)
            witness.until("PLAY_REACHED_100")
        self.reported(witness, *START, *NEXT, *REACHED)
        for event in witness.events:
            if event.event.startswith("PLAY_REACHED"):
                assert event.entry_id == entry_name(self.brief), witness.story
                assert event.duration is not None
                self.near(event.duration, self.brief_length)

    def test_live_stream_that_is_paused(self) -> None:
        with self.measured() as (program, _, witness):
            program.open(self.site.url("hls/long.m3u8", "live"))
            start = witness.until("PLAY").position
            witness.until_at(start + 2.5)
            program.pause()
            witness.until("PAUSE")
            self.rest(2.0)
            program.play()
            witness.until("RESUME")
            self.rest(3.0)
        self.reported(witness, *START, "PAUSE", "RESUME", but=["BUFFER_*"])

    def test_stream_without_a_length(self) -> None:
        """It comes as fast as it plays, as from a camera."""
        with self.measured() as (program, _, witness):
            program.open(self.site.url("clip.ts", "endless", self.ts_rate))
            start = witness.until("PLAY").position
            witness.until_at(start + 4.0)
        self.reported(witness, *START, but=["BUFFER_*"])

    def test_stopped_and_played_again(self) -> None:
        with self.playing() as (program, _, witness):
            program.stop()
            witness.until_signal("stop")
            self.rest(0.5)
            program.open(self.brief)
            witness.until("PLAY", 2)
            witness.until("PLAY_REACHED_100")
        self.reported(witness, *START, *NEXT, *REACHED)

    # --------------------------------------------------------- the life of binding and player

    def test_attached_late(self) -> None:
        """Another binding, which is gone by then, shows when it is late."""
        with Witness(self.timeout) as witness, self.program() as program:
            with Witness(self.timeout) as before, self.track(program, before.tracker):
                program.open(self.video)
                before.until_at(1.0)
            with self.track(program, witness.tracker):
                start = witness.until("PLAY").position
                witness.until("PLAY_REACHED_100")
        ahead = [q for q in QUARTILES if self.length * q / 100 > start]  # of where it was by then
        self.reported(witness, *START, *(f"PLAY_REACHED_{quartile}" for quartile in ahead))
        assert start > 0.5, witness.story
        assert {event.entry_id for event in witness.events[1:]} == {entry_name(self.video)}

    def test_released_without_detaching(self) -> None:
        with Witness(self.timeout) as witness, self.program() as program:
            tracked = self.track(program, witness.tracker)  # kept: it may end with its last name
            binding = tracked.__enter__()
            self.started(program, witness)
            program.release()
            self.rest(0.7)
            binding.detach()
        self.reported(witness, *START)

    def test_player_that_is_made_anew(self) -> None:
        """To the viewer it is the same player, so there is one FIRST_PLAY."""
        with Witness(self.timeout) as witness:
            for _ in range(2):
                with self.program() as program, self.track(program, witness.tracker):
                    program.open(self.video)
                    witness.until("PLAY", 1 + witness.names.count("PLAY"))
        self.reported(witness, *START, *NEXT)

    def test_next_media_is_called_as_was_said(self) -> None:
        with self.measured() as (program, binding, witness):
            binding.expect("1_said")
            program.open(self.video)
            witness.until("PLAY")
        assert witness.until("PLAY").entry_id == "1_said", witness.story

    def test_correction_by_the_program(self) -> None:
        """Its seek is the player's own: it moves playback, and nobody sought."""
        with self.playing() as (program, binding, witness):
            with binding.seeking(3.2, by="player"):
                program.seek(3.2)
            witness.until("PLAY_REACHED_75")
        self.reported(witness, *START, "PLAY_REACHED_75")

    def test_correction_in_which_nothing_happens(self) -> None:
        with self.playing() as (_, binding, witness):
            with binding.seeking(0.9, by="viewer"):
                pass
            witness.until("PLAY_REACHED_50")
        self.reported(witness, *START, *REACHED[:2])

    # ----------------------------------------------------------------- what they are of

    @contextmanager
    def measured(self) -> Iterator[tuple[Any, Binding, Witness]]:
        """A new program, the binding to its player, and who watches."""
        with (
            Witness(self.timeout) as witness,
            self.program() as program,
            self.track(program, witness.tracker) as binding,
        ):
            yield program, binding, witness

    @contextmanager
    def playing(self) -> Iterator[tuple[Any, Binding, Witness]]:
        """The same, and it plays the video."""
        with self.measured() as (program, binding, witness):
            self.started(program, witness)
            yield program, binding, witness

    def started(self, program: Any, witness: Witness) -> None:
        """Play the video, until some of it was seen."""
        program.open(self.video)
        witness.until("PLAY")
        witness.until_at(0.3)

    def rounds(self, witness: Witness) -> tuple[str, ...]:
        """How a new round of the program's loop begins: as a replay, or as media loaded again."""
        with suppress(StopIteration):
            next(name for name in witness.names if name == "REPLAY")
            return AGAIN
        return NEXT

    def entry(self, witness: Witness, name: str, count: int = 1) -> str | None:
        """The entry of that event."""
        event: Event = witness.until(name, count)
        return event.entry_id

    def lasts(self, witness: Witness, length: float) -> None:
        """The video was as long as it is."""
        duration = witness.until("PLAY_REACHED_100").duration
        assert duration is not None, witness.story
        self.near(duration, length)
