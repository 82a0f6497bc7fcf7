"""libmpv for ``playertrack play``."""

from __future__ import annotations

from pathlib import Path

from playertrack.live.adapter import Binding, Listener
from playertrack.live.headless import Headless

from .in_process import bind
from .library import mpv
from .translator import Translator


class HeadlessMpv(Headless):
    """An mpv of its own."""

    policy = Translator.policy

    def _connect(self, listener: Listener, record_raw: str | Path | None) -> Binding:
        self._player = mpv.MPV(vo="null", ao="null")
        return bind(self._player, listener, record_raw=record_raw)

    def _release(self) -> None:
        self._player.terminate()
