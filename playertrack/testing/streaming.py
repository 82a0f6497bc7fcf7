"""Tests for adapters on a network that misbehaves.

    class TestMyPlayer(StreamingConformance):
        site = server  # a `media.MediaServer`

The server has ``clip.mp4``, which begins with its index, of ``length`` seconds and too large
to be read at once, and ``hls/clip.m3u8`` and ``hls/long.m3u8``, of ``hls_length`` and
40 seconds, in segments of about two.
"""

from __future__ import annotations

from ..events import QUARTILES, Event
from .media import MediaServer
from .scenarios import START, Scenarios
from .witness import Witness

_REACHED = tuple(f"PLAY_REACHED_{quartile}" for quartile in QUARTILES)


#: Players on a busy machine play so much (s) longer than the content is, without a word.
_SLOWLY = 2.0


class StreamingConformance(Scenarios):
    """The scenarios with a server."""

    site: MediaServer
    hls_length: float = 8.0

    #: The length of a segment (s): so far off players land in HLS.
    segment: float = 3.0

    def test_throttled(self) -> None:
        """It comes at 70 % of the speed at which it plays."""
        size = (self.site.root / "clip.mp4").stat().st_size
        with self.watching() as (player, witness):
            player.load(self.site.url("clip.mp4", "slow", 0.7 * size / self.length))
            player.play()
            witness.until_over()
        self.watched_through(witness)
        waited = witness.until("PLAY").join_time + self.stalled(witness)
        assert waited > 1.0, witness.story

    def test_held(self) -> None:
        """The rest comes when the player has waited for it."""
        url = self.site.url("clip.mp4", "held")
        with self.watching() as (player, witness):
            player.load(url)
            player.play()
            witness.until("BUFFER_START")
            self.rest(2.5)
            self.site.release(url)
            witness.until_over()
        self.watched_through(witness)
        assert self.stalled(witness) >= 1.0, witness.story

    def test_cut(self) -> None:
        """The connection breaks, and what comes after is lost.

        A player that has waited for it as long as the rest is may claim a natural end.
        """
        with self.watching() as (player, witness):
            player.load(self.site.url("clip.mp4", "cut"))
            player.play()
            witness.until_over()
            self.rest(1.0)
        self.never(witness, "SEEK", "PLAY_REACHED_75", "PLAY_REACHED_100")
        assert witness.names.count("ERROR") <= 1, witness.story

    def test_missing_on_the_server(self) -> None:
        self.fails(self.site.url("missing.mp4"))

    def test_hls_to_the_end(self) -> None:
        with self.watching() as (player, witness):
            player.load(self.site.url("hls/clip.m3u8"))
            player.play()
            witness.until_over()
        self.reported(witness, *START, *self.due(witness))
        self.on_time(witness, self.hls_length)

    def test_hls_seek(self) -> None:
        with self.watching() as (player, witness):
            player.load(self.site.url("hls/long.m3u8"))
            player.play()
            witness.until_at(0.5)
            player.seek(24.0)
            seek = witness.until("SEEK")
            witness.until_at(26.0)
        # What is there to play on may wait for the next segment.
        self.reported(witness, *START, "SEEK", but=["BUFFER_*"])
        assert abs(seek.target - 24.0) <= self.segment, seek

    def test_hls_live(self) -> None:
        """Without an end there are no quartiles, and the window that moves on is no seek."""
        with self.watching() as (player, witness):
            player.load(self.site.url("hls/long.m3u8", "live"))
            player.play()
            start = witness.until("PLAY").position
            witness.until_at(start + 5.0)
        self.reported(witness, *START, but=["BUFFER_*"])

    # ----------------------------------------------------------------- what they are of

    def watched_through(self, witness: Witness) -> None:
        """All of it was watched, with waits in between that are all reported."""
        self.reported(witness, *START, *self.due(witness), but=["BUFFER_*"])
        self.on_time(witness, self.length)

    def due(self, witness: Witness) -> tuple[str, ...]:
        """All quartiles; a player may leave out the last content where the machine stood still."""
        over = witness.until_over()
        whole = _REACHED[-1] in witness.names or not witness.pulse.stood(0.0, over.at)
        return _REACHED if whole else _REACHED[:-1]

    def on_time(self, witness: Witness, length: float) -> None:
        """Between PLAY and the end passed as much time as was played and waited, or some more."""
        start, end = witness.until("PLAY").at, witness.until_over().at
        longer = end - start - self.stalled(witness) - length
        slack, stood = 2 * self.resolution + 0.5, witness.pulse.stood(start, end)
        assert -slack - stood <= longer <= slack + stood + _SLOWLY, witness.story

    def stalled(self, witness: Witness) -> float:
        """How long (s) all stalls were."""
        ends: list[Event] = [e for e in witness.events if e.event == "BUFFER_END"]
        return sum(float(getattr(end, "seconds", 0.0)) for end in ends)
