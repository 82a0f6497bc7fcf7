"""Tests for adapters of players, as a base class.

    class TestMyPlayer(Conformance):
        video = "clips/clip.mp4"

        @contextmanager
        def connect(self, tracker):
            player = MyPlayer()
            with my_adapter.track(player, tracker) as binding:
                yield binding
            player.close()

Each test drives a new player through one scenario in real time, with media that its class
names, and checks the events: their sequence, the positions, and that every quartile is
reported that was played, and no other.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median_high
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from ..events import QUARTILES
from ..live.tracker import Tracker
from ..signals import TimeUpdate
from .assertions import assert_never
from .pulse import excused
from .witness import Witness, assert_reported

#: How a session begins that is the player's first …
START = ("WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY")
#: … and one that begins with a replay.
AGAIN = ("REPLAY", "PLAY_REQUEST", "PLAY")


class Commands(Protocol):
    """The commands that every player has."""

    def play(self) -> None:
        """Play, go on, or start again after the end."""

    def pause(self) -> None:
        """Pause."""

    def seek(self, position: float) -> None:
        """Go to ``position`` (s)."""

    def rate(self, rate: float) -> None:
        """Play ``rate`` times as fast."""

    def stop(self) -> None:
        """Give up playback."""


class MeasuredPlayer(Commands, Protocol):
    """The commands that the tests give; a `playertrack.live.adapter.Binding` has all of them."""

    def load(self, media: str, *, entry_id: str | None = None) -> None:
        """Take media in place of what is there."""

    def loop(self, on: bool) -> None:
        """Start again at the end, or stop there."""

    def replay(self) -> None:
        """Start over."""


class Scenarios:
    """The common part of scenarios; a subclass says which player and which media."""

    #: How exact the player's positions are (s of content): its updates come so far apart.
    resolution: float = 0.5

    #: The length (s) of the video that is played.
    length: float = 6.0

    #: How long (s) any one event may take to come.
    timeout: float = 30.0

    def connect(self, tracker: Tracker) -> AbstractContextManager[MeasuredPlayer]:
        """A new player that is measured by ``tracker``, and gone at the end of the block."""
        raise NotImplementedError

    @contextmanager
    def watching(self) -> Iterator[tuple[MeasuredPlayer, Witness]]:
        """A new player, and who watches it."""
        with Witness(self.timeout) as witness, self.connect(witness.tracker) as player:
            yield player, witness

    def fails(self, media: str) -> None:
        """Play what cannot be played."""
        with self.watching() as (player, witness):
            player.load(media)
            player.play()
            witness.until("ERROR")
            self.rest(0.5)
        # One that opens what it is given may fail before playback is requested.
        expected = ("WIDGET_LOADED", "MEDIA_LOADED", "ERROR")
        self.reported(witness, *expected, but=["PLAY_REQUEST"])

    def rest(self, seconds: float) -> None:
        """Do nothing, as a viewer does; what happens meanwhile is part of the scenario."""
        threading.Event().wait(seconds)

    def reported(self, witness: Witness, *expected: Any, but: Sequence[str] = ()) -> None:
        """The events are these, VIEW and ``but`` those apart; ``...`` is any number of them.

        Besides there may be what comes of a machine that stood still (`pulse.excused`).
        """
        __tracebackhide__ = True
        assert_reported(witness, *expected, but=but)

    def never(self, witness: Witness, *unwanted: str) -> None:
        """There is no such event."""
        __tracebackhide__ = True
        left, _ = excused(witness.events, (), witness.pulse)
        try:
            assert_never(witness if len(left) == len(witness.events) else left, *unwanted)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{witness.story}") from None

    def last(self, witness: Witness, name: str) -> Any:
        """The last event of that name."""
        return witness.until(name, max(1, witness.names.count(name)))

    def fast(self, witness: Witness) -> None:
        """It played some quarter in less time than that lasts, on a busy machine not all."""
        reached = [witness.until(f"PLAY_REACHED_{quartile}").at for quartile in QUARTILES]
        quickest = min(after - before for before, after in pairwise(reached))
        assert quickest < 0.9 * self.length / len(QUARTILES), witness.story

    def reached_in_time(self, witness: Witness) -> None:
        """The first update beyond a quartile reports it, and as a rule that is near.

        On a busy machine one update may be late.
        """
        updates = [each.position for each in witness.signals if isinstance(each, TimeUpdate)]
        late = []
        for quartile in QUARTILES:
            point = self.length * quartile / 100
            event = witness.until(f"PLAY_REACHED_{quartile}")
            reached, at = event.position, event.at
            first = min((each for each in updates if each >= point), default=self.length)
            assert reached <= first, witness.story
            late.append(abs(reached - point) - witness.pulse.stood(at - 1.0, at))
        assert median_high(late) <= self.resolution, witness.story

    def near(self, position: float, expected: float, *, stood: float = 0.0) -> None:
        """A position is where it is to be, as exactly as this player knows it.

        ``stood``: how long (s) the machine stood still, while the player may have played on.
        """
        assert abs(position - expected) <= self.resolution + stood, (position, expected)


class Conformance(Scenarios):
    """The scenarios with files. The names of classes that pytest collects begin with Test."""

    #: A video of ``length`` seconds that the player can play, a file or URL.
    video: str

    # ----------------------------------------------------------------------- scenarios

    def test_play_to_the_end(self) -> None:
        with self.watching() as (player, witness):
            player.load(self.video, entry_id="1_video")
            player.play()
            witness.until("PLAY_REACHED_100")
        self.reported(witness, *START, *(f"PLAY_REACHED_{n}" for n in QUARTILES))
        assert {event.entry_id for event in witness.events[1:]} == {"1_video"}
        assert witness.events[-1].duration is not None
        self.near(witness.events[-1].duration, self.length)
        self.near(witness.until("PLAY").position, 0.0)
        self.reached_in_time(witness)

    def test_pause_and_resume(self) -> None:
        with self.playing() as (player, witness):
            player.pause()
            paused = witness.until("PAUSE")
            self.rest(1.0)
            player.play()
            resumed = witness.until("RESUME")
            witness.until("PLAY_REACHED_25")
        self.reported(witness, *START, "PAUSE", "RESUME", "PLAY_REACHED_25")
        stood = witness.pulse.stood(paused.at - 0.5, paused.at + 0.5)
        self.near(resumed.position, paused.position, stood=stood)
        assert resumed.at - paused.at >= 0.9

    def test_seek_forward(self) -> None:
        with self.playing() as (player, witness):
            player.seek(4.0)
            seek = witness.until("SEEK")
            witness.until("PLAY_REACHED_75")
        self.reported(witness, *START, "SEEK", "PLAY_REACHED_75")
        self.near(seek.target, 4.0)
        assert 0.0 < seek.origin < 3.0 + witness.pulse.stood(seek.at - 5.0, seek.at)

    def test_seek_back(self) -> None:
        with self.playing() as (player, witness):
            origin = witness.until_at(2.2)
            player.seek(0.5)
            seek = witness.until("SEEK")
            witness.until_at(1.8)
        self.reported(witness, *START, "PLAY_REACHED_25", "SEEK")
        self.near(seek.target, 0.5)
        assert seek.origin >= origin - 0.01

    def test_seek_while_paused(self) -> None:
        with self.playing() as (player, witness):
            player.pause()
            paused = witness.until("PAUSE")
            self.rest(0.5)
            player.seek(4.0)
            seek = witness.until("SEEK")
            self.rest(0.5)
            player.play()
            witness.until("PLAY_REACHED_75")
        self.reported(witness, *START, "PAUSE", "SEEK", "RESUME", "PLAY_REACHED_75")
        stood = witness.pulse.stood(paused.at - 0.5, paused.at + 0.5)
        self.near(seek.origin, paused.position, stood=stood)
        self.near(seek.target, 4.0)

    def test_scrubbing(self) -> None:
        with self.playing() as (player, witness):
            # No quartile lies in the second after any of them, where it may play on.
            for target in (1.8, 3.4, 0.4, 4.8, 3.3):
                player.seek(target)
                self.rest(0.1)
            witness.until("PLAY_REACHED_75")
        seeks = witness.names.count("SEEK")
        assert seeks <= 5
        self.reported(witness, *START, *["SEEK"] * seeks, "PLAY_REACHED_75")
        self.near(self.last(witness, "SEEK").target, 3.3)

    def test_stop(self) -> None:
        with self.playing() as (player, witness):
            player.stop()
            witness.until_signal("stop")
            self.rest(1.0)
        self.reported(witness, *START)

    def test_replay(self) -> None:
        with self.playing() as (player, witness):
            player.seek(5.0)
            witness.until("PLAY_REACHED_100")
            self.rest(0.5)
            player.play()
            replay = witness.until("REPLAY")
            witness.until("PLAY_REACHED_25", session=replay.session)
        self.reported(witness, *START, "SEEK", "PLAY_REACHED_100", *AGAIN, "PLAY_REACHED_25")
        assert replay.previous_session == witness.events[0].session != replay.session

    def test_replay_before_the_end(self) -> None:
        with self.playing() as (player, witness):
            player.replay()
            replay = witness.until("REPLAY")
            witness.until("PLAY_REACHED_25", session=replay.session)
        self.reported(witness, *START, *AGAIN, "PLAY_REACHED_25")

    def test_loop(self) -> None:
        with self.watching() as (player, witness):
            player.loop(True)
            self.start(player, witness)
            player.seek(4.8)
            replay = witness.until("REPLAY")
            witness.until("PLAY_REACHED_25", session=replay.session)
            player.loop(False)
            player.stop()
            witness.until_signal("stop")
        self.reported(witness, *START, "SEEK", "PLAY_REACHED_100", *AGAIN, "PLAY_REACHED_25")

    def test_rate(self) -> None:
        with self.playing() as (player, witness):
            player.rate(2.0)
            speed = witness.until("SPEED")
            witness.until("PLAY_REACHED_100")
        assert speed.rate == 2.0
        self.reported(witness, *START, "SPEED", *(f"PLAY_REACHED_{n}" for n in QUARTILES))
        self.fast(witness)

    def test_change_of_media(self) -> None:
        with self.playing() as (player, witness):
            player.load(self.video, entry_id="1_second")
            player.play()
            second = witness.until("PLAY", 2)
            witness.until("PLAY_REACHED_25", session=second.session)
        self.reported(witness, *START, "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "PLAY_REACHED_25")
        first = witness.until("PLAY")
        assert first.session != second.session
        assert second.entry_id == witness.events[-1].entry_id == "1_second"
        self.near(second.position, 0.0)

    def test_missing_file(self) -> None:
        with TemporaryDirectory() as empty:
            self.fails(str(Path(empty, "missing.mp4")))

    def test_corrupt_file(self) -> None:
        with TemporaryDirectory() as directory:
            noise = Path(directory, "noise.mp4")
            noise.write_bytes(bytes(n * n % 251 for n in range(200_000)))
            self.fails(str(noise))

    def test_players_at_once(self) -> None:
        with self.playing() as (_, first), self.playing() as (player, second):
            player.pause()
            second.until("PAUSE")
            first.until("PLAY_REACHED_25")
        self.never(first, "PAUSE")
        self.reported(first, *START, "PLAY_REACHED_25", ...)
        self.reported(second, *START, "PAUSE")

    def test_detached_while_it_plays(self) -> None:
        with self.playing() as (_, witness):
            pass
        self.reported(witness, *START)
        assert witness.signals[-1].name == "close"

    # ----------------------------------------------------------------- what they are of

    @contextmanager
    def playing(self) -> Iterator[tuple[MeasuredPlayer, Witness]]:
        """A new player that plays the video."""
        with self.watching() as (player, witness):
            self.start(player, witness)
            yield player, witness

    def start(self, player: MeasuredPlayer, witness: Witness) -> None:
        """Play the video, until some of it was seen."""
        player.load(self.video, entry_id="1_video")
        player.play()
        witness.until("PLAY")
        witness.until_at(0.3)
