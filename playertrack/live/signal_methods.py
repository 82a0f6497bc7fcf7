"""The signals of the contract as methods, for those who hold a live player."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from .. import signals
from ..signals import Signal


class SignalMethods(ABC):
    """One method a signal, with the fields of that signal (contract, section 2).

    Each takes besides ``position``, where the playhead stood (s of content), and ``at``, when
    it was (Unix time, s); without ``at`` it is now. None of them raises: a value that cannot
    be valid is reported, and the signal dropped.
    """

    @abstractmethod
    def _signal(self, kind: type[Signal], at: float | None, **fields: Any) -> None:
        """Make a ``kind`` of its fields and take it in; without ``at`` it is now."""

    # ------------------------------------------------------------------------ lifecycle

    def ready(self, *, position: float | None = None, at: float | None = None) -> None:
        """The player exists and can take media."""
        self._signal(signals.Ready, at, position=position)

    def loaded(
        self,
        entry_id: str,
        duration: float | None = None,
        *,
        live: bool = False,
        dvr: bool = False,
        loop: bool = False,
        position: float | None = None,
        at: float | None = None,
    ) -> None:
        """The metadata of a media are known; ``position`` is the start position, if known.

        ``duration``: seconds, None when unknown or live. ``dvr``: a live stream in which one
        may seek. ``loop``: the player will begin again by itself.
        """
        self._signal(
            signals.Loaded, at, entry_id=entry_id, duration=duration,
            live=live, dvr=dvr, loop=loop, position=position,
        )  # fmt: skip

    def durationchange(
        self,
        duration: float | None,
        *,
        live: bool | None = None,
        dvr: bool | None = None,
        loop: bool | None = None,
        position: float | None = None,
        at: float | None = None,
    ) -> None:
        """More is known of the media; what is left out stays, a ``duration`` of None is unknown."""
        self._signal(
            signals.DurationChange, at, duration=duration,
            live=live, dvr=dvr, loop=loop, position=position,
        )  # fmt: skip

    def error(
        self,
        code: str,
        message: str = "",
        *,
        fatal: bool = True,
        position: float | None = None,
        at: float | None = None,
    ) -> None:
        """Something went wrong in the player; ``fatal`` when playback cannot go on."""
        self._signal(
            signals.Error, at, code=code, message=message, fatal=fatal, position=position
        )  # fmt: skip

    # ------------------------------------------------------------------------- playback

    def play(self, *, position: float | None = None, at: float | None = None) -> None:
        """Playback was requested: a button, autoplay, a call."""
        self._signal(signals.Play, at, position=position)

    def playing(self, *, position: float | None = None, at: float | None = None) -> None:
        """The media clock runs: the first frame, or again after a pause, stall or seek."""
        self._signal(signals.Playing, at, position=position)

    def pause(self, *, position: float | None = None, at: float | None = None) -> None:
        """Playback is paused."""
        self._signal(signals.Pause, at, position=position)

    def timeupdate(self, position: float, *, at: float | None = None) -> None:
        """The playhead is at ``position`` (s of content)."""
        self._signal(signals.TimeUpdate, at, position=position)

    def stall(self, *, position: float | None = None, at: float | None = None) -> None:
        """Playback wants to run and waits for data."""
        self._signal(signals.Stall, at, position=position)

    def stall_end(self, *, position: float | None = None, at: float | None = None) -> None:
        """Data is there again."""
        self._signal(signals.StallEnd, at, position=position)

    def ended(self, *, position: float | None = None, at: float | None = None) -> None:
        """The player reached the end of the content."""
        self._signal(signals.Ended, at, position=position)

    def looped(self, *, position: float | None = None, at: float | None = None) -> None:
        """The player reached the end and began again by itself."""
        self._signal(signals.Looped, at, position=position)

    def stop(self, *, position: float | None = None, at: float | None = None) -> None:
        """Playback was stopped; the player lives on."""
        self._signal(signals.Stop, at, position=position)

    def replay(self, *, position: float | None = None, at: float | None = None) -> None:
        """The user asked to start over."""
        self._signal(signals.Replay, at, position=position)

    # ---------------------------------------------------------------------------- seeks

    def seeking(
        self,
        position: float | None = None,
        origin: float | None = None,
        *,
        by: str | None = None,
        at: float | None = None,
    ) -> None:
        """A seek began; ``position`` is its target, ``origin`` where it left from.

        ``by`` is who sought: viewer, page or player. The player's own seeks are no events.
        """
        self._signal(signals.Seeking, at, position=position, origin=origin, by=by)

    def seeked(self, position: float | None = None, *, at: float | None = None) -> None:
        """The seek is complete; ``position`` is where it landed."""
        self._signal(signals.Seeked, at, position=position)

    def seek(
        self,
        position: float,
        origin: float | None = None,
        *,
        by: str | None = None,
        at: float | None = None,
    ) -> None:
        """A whole seek at once: from ``origin`` (else the playhead) to ``position``.

        ``by`` is who sought, as for `seeking`.
        """
        self._signal(signals.Seek, at, position=position, origin=origin, by=by)

    # --------------------------------------------------------------- choices and controls

    def ratechange(
        self, rate: float, *, position: float | None = None, at: float | None = None
    ) -> None:
        """The playback speed changed to ``rate`` (1.0 is normal)."""
        self._signal(signals.RateChange, at, rate=rate, position=position)

    def source_selected(
        self,
        bitrate: int | float | None = None,
        source: str | None = None,
        *,
        position: float | None = None,
        at: float | None = None,
    ) -> None:
        """A source or rendition was chosen by hand; ``bitrate`` in kbit/s."""
        self._signal(
            signals.SourceSelected, at, bitrate=bitrate, source=source, position=position
        )  # fmt: skip

    def flavor_switch(
        self,
        bitrate: int | float | None = None,
        *,
        position: float | None = None,
        at: float | None = None,
    ) -> None:
        """The player switched quality by itself; ``bitrate`` in kbit/s."""
        self._signal(signals.FlavorSwitch, at, bitrate=bitrate, position=position)

    def captions(
        self, language: str | None, *, position: float | None = None, at: float | None = None
    ) -> None:
        """Captions were chosen; None turns them off."""
        self._signal(signals.Captions, at, language=language, position=position)

    def audio_track(
        self, language: str | None, *, position: float | None = None, at: float | None = None
    ) -> None:
        """An audio track was chosen."""
        self._signal(signals.AudioTrack, at, language=language, position=position)

    def volume(
        self,
        volume: float,
        muted: bool = False,
        *,
        position: float | None = None,
        at: float | None = None,
    ) -> None:
        """The volume (0 to 1) or mute changed."""
        self._signal(signals.Volume, at, volume=volume, muted=muted, position=position)

    def fullscreen(
        self, on: bool, *, position: float | None = None, at: float | None = None
    ) -> None:
        """Full screen was entered or left."""
        self._signal(signals.Fullscreen, at, on=on, position=position)

    def engage(
        self, action: str, *, position: float | None = None, at: float | None = None
    ) -> None:
        """A control beside playback was used; ``action`` is one of `signals.ACTIONS`."""
        self._signal(signals.Engage, at, action=action, position=position)

    # ------------------------------------------------------------------------------ ads

    def ad_start(
        self,
        slot: str,
        duration: float | None = None,
        *,
        position: float | None = None,
        at: float | None = None,
    ) -> None:
        """An ad began in ``slot`` (one of `signals.SLOTS`); ``duration`` is the ad's (s)."""
        self._signal(signals.AdStart, at, slot=slot, duration=duration, position=position)

    def ad_progress(
        self, position: float, duration: float | None = None, *, at: float | None = None
    ) -> None:
        """The ad is at ``position`` (s of the ad, not of the content)."""
        self._signal(signals.AdProgress, at, position=position, duration=duration)

    def ad_click(self, *, position: float | None = None, at: float | None = None) -> None:
        """The ad was clicked."""
        self._signal(signals.AdClick, at, position=position)

    def ad_end(self, *, position: float | None = None, at: float | None = None) -> None:
        """The ad was completed or skipped."""
        self._signal(signals.AdEnd, at, position=position)
