"""Signals that say something about the player rather than its playback (R-pass)."""

from __future__ import annotations

from typing import Any

from ...events import ENGAGEMENT
from ...signals import (
    AudioTrack,
    Captions,
    Engage,
    FlavorSwitch,
    Fullscreen,
    RateChange,
    SourceSelected,
    Volume,
)
from ..playback import Playback


def changed(pb: Playback, name: str, value: Any) -> bool:
    """True if ``value`` differs from the one reported last; the first always does."""
    if pb.passed is None:
        pb.passed = {}
    if name in pb.passed and pb.passed[name] == value:
        return False
    pb.passed[name] = value
    return True


def on_ratechange(pb: Playback, signal: RateChange) -> None:
    """The time before counts at the old rate (R-natural); a run in progress knows too."""
    pb.close_span()
    pace = pb.setup.pace(signal.rate, pb.offset)
    pb.run_at(pace, pb.now)
    for run in pb.runs():
        run.run_at(pace, pb.now)
    if changed(pb, "rate", signal.rate):
        pb.emit("SPEED", "R-pass", {"rate": signal.rate})


def on_captions(pb: Playback, signal: Captions) -> None:
    if changed(pb, "captions", signal.language):
        pb.emit("CAPTIONS", "R-pass", {"language": signal.language})


def on_audio_track(pb: Playback, signal: AudioTrack) -> None:
    if changed(pb, "audio_track", signal.language):
        pb.emit("AUDIO_SELECTED", "R-pass", {"language": signal.language})


def on_flavor_switch(pb: Playback, signal: FlavorSwitch) -> None:
    if changed(pb, "flavor", signal.bitrate):
        pb.emit("FLAVOR_SWITCH", "R-pass", {"bitrate": signal.bitrate})


def on_fullscreen(pb: Playback, signal: Fullscreen) -> None:
    if changed(pb, "fullscreen", signal.on):
        pb.emit("OPEN_FULL_SCREEN" if signal.on else "CLOSE_FULL_SCREEN", "R-pass")


def on_source_selected(pb: Playback, signal: SourceSelected) -> None:
    """A choice by hand is reported each time."""
    pb.emit("SOURCE_SELECTED", "R-pass", {"bitrate": signal.bitrate, "source": signal.source})


def on_engage(pb: Playback, signal: Engage) -> None:
    """A control beside playback is reported each time."""
    pb.emit(ENGAGEMENT[signal.action], "R-pass")


def on_volume(pb: Playback, signal: Volume) -> None:
    """No event; sinks may read it."""
    changed(pb, "volume", (signal.volume, signal.muted))
