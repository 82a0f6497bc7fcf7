"""playbin and GstPlay for ``playertrack play``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playertrack.live.adapter import Binding, Listener
from playertrack.live.headless import Headless

from .gstplay import GstPlayTranslator
from .library import Gst, gstplay
from .playbin import PlaybinBinding
from .player import GstPlayBinding
from .translator import Translator


def mute(pipeline: Any) -> Any:
    """Let a playbin play in real time, without picture and sound."""
    for name in ("audio-sink", "video-sink"):
        sink = Gst.ElementFactory.make("fakesink")
        sink.set_property("sync", True)
        pipeline.set_property(name, sink)
    return pipeline


def unread(bus: Any) -> None:
    """Keep no messages that no program will read: each that is posted takes the one before off."""
    bus.enable_sync_message_emission()
    bus.connect("sync-message", lambda bus, _: bus.pop() and None)


def give_up(player: Any) -> None:
    """Stop a GstPlay for good: the messages that nobody read would keep it, and its thread."""
    player.stop()
    player.get_message_bus().set_flushing(True)


class HeadlessPlaybin(Headless):
    """A playbin of its own, held while its queues run dry."""

    policy = Translator.policy

    def _connect(self, listener: Listener, record_raw: str | Path | None) -> Binding:
        self._playbin = mute(Gst.ElementFactory.make("playbin"))
        unread(self._playbin.get_bus())
        return PlaybinBinding(self._playbin, listener, hold=True, record_raw=record_raw)

    def _release(self) -> None:
        self._playbin.set_state(Gst.State.NULL)


class HeadlessGstPlay(Headless):
    """A GstPlay of its own."""

    policy = GstPlayTranslator.policy

    def _connect(self, listener: Listener, record_raw: str | Path | None) -> Binding:
        self._player = gstplay().Play.new(None)
        mute(self._player.get_pipeline())
        unread(self._player.get_message_bus())
        return GstPlayBinding(self._player, listener, record_raw=record_raw)

    def _release(self) -> None:
        give_up(self._player)
