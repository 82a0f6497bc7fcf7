"""libVLC for ``playertrack play``."""

from __future__ import annotations

from pathlib import Path

from playertrack.live.adapter import Binding, Listener
from playertrack.live.headless import Headless

from .binding import VlcBinding
from .library import vlc
from .translator import Translator

#: No window, no sound, and nothing on the terminal.
OPTIONS = ("--vout=dummy", "--aout=dummy", "--no-video-title-show", "--quiet")


class HeadlessVlc(Headless):
    """A libVLC of its own."""

    policy = Translator.policy

    def _connect(self, listener: Listener, record_raw: str | Path | None) -> Binding:
        self._instance = vlc.Instance(*OPTIONS)
        self._player = self._instance.media_player_new()
        return VlcBinding(self._player, listener, record_raw=record_raw)

    def _release(self) -> None:
        self._player.stop()
        self._player.release()
        self._instance.release()
