"""Listens to a `QMediaPlayer`, on the thread that it lives in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from playertrack.live.adapter import Listener
from playertrack.live.event_loop import LoopBinding

from .library import caller_of, qt_of
from .translator import Translator

#: What is listened to besides the source.
_SIGNALS = (
    *("mediaStatusChanged", "playbackStateChanged", "durationChanged", "seekableChanged"),
    *("positionChanged", "playbackRateChanged", "errorOccurred"),
)

#: How often Qt is asked whether its position moves (s): twice in the shortest stall.
_POLLS = 0.25


class QtBinding(LoopBinding):
    """Measures one `QMediaPlayer`; made by `playertrack_qt.track`."""

    source = "qt"

    def __init__(self, player: Any, tracker: Listener, **options: Any) -> None:
        self._qt = qt_of(player)
        super().__init__(Translator(), tracker, player=id(player), **options)
        self._player = player
        self._home = player.thread()
        self._caller = caller_of(self._qt, self._home)
        self._connections: list[tuple[Any, Callable[..., None]]] = []
        self._timer: Any = None
        self._loading = False
        self._early: int | None = None
        self._start()

    # ------------------------------------------------------------------------- the loop

    def _post(self, call: Callable[[], None]) -> None:
        self._caller.called.emit(call)

    def _on_loop(self) -> bool:
        return bool(self._qt.core.QThread.currentThread() == self._home)

    # ------------------------------------------------------------------------ listening

    def _connect(self) -> None:
        self._note("turn")
        self._catch_up()
        player = self._player
        listeners: dict[str, Callable[..., None]]
        listeners = {name: partial(self._on_signal, name) for name in _SIGNALS}
        listeners["sourceChanged"] = self._on_source
        if hasattr(player, "loopsChanged"):
            listeners["loopsChanged"] = self._on_loops
        listeners["destroyed"] = self._at_end
        for name, listener in listeners.items():
            signal = getattr(player, name)
            signal.connect(listener)
            self._connections.append((signal, listener))
        self._timer = self._qt.core.QTimer()
        self._timer.timeout.connect(self._poll)
        self._timer.start(round(_POLLS * 1000))

    def _at_end(self, *_: object) -> None:
        """The program deletes its player; whose thread this is, that of the timer is as well."""
        self._let_go()
        self._lose()

    def _let_go(self) -> None:
        """Delete the timer here: Python may drop its last reference on another thread."""
        if self._timer is not None:
            self._timer.stop()
            self._timer.deleteLater()
            self._timer = None

    def _disconnect(self) -> None:
        self._let_go()
        for signal, listener in self._connections:
            # The player is deleted, its signals with it. With players in several threads PySide6
            # may warn that a connection is gone: a SystemError where warnings are errors.
            with suppress(RuntimeError, TypeError, SystemError):
                signal.disconnect(listener)

    def _catch_up(self) -> None:
        """Note what started before it was listened to, as if it started now."""
        player = self._player
        self._on_loops()
        self._note("playbackRateChanged", args=[player.playbackRate()])
        media = player.source().toString()
        if not media:
            return
        self._note_media(media)
        self._note("sourceChanged", args=[])
        self._note("seekableChanged", args=[player.isSeekable()])
        self._note("mediaStatusChanged", args=[player.mediaStatus().name])
        self._poll()
        self._note("positionChanged", args=[player.position()])
        state = player.playbackState().name
        if state != "StoppedState":
            self._note("playbackStateChanged", args=["PlayingState"])
            self._note("playbackStateChanged", args=[state])

    def _on_signal(self, name: str, *args: Any) -> None:
        self._note(name, args=[getattr(value, "name", value) for value in args])
        match name:
            case "positionChanged" if args[0] in (0, self._player.duration()):
                # What it means shows in what follows in the same turn of the loop.
                self._post(lambda: self._note("turn"))
            case "mediaStatusChanged" if args[0].name == "LoadedMedia":
                self._poll()
                if self._early is not None:
                    target, self._early = self._early, None
                    self._player.setPosition(target)
            case "playbackStateChanged" if args[0].name == "PlayingState":
                self._poll()

    def _on_source(self, source: Any) -> None:
        media = source.toString()
        if media and not self._loading:
            self._note_media(media)
        self._note("sourceChanged", args=[])

    def _on_loops(self) -> None:
        loops = getattr(self._player, "loops", lambda: 1)()
        self._note("loopsChanged", args=[int(getattr(loops, "value", loops))])

    def _poll(self) -> None:
        player = self._player
        self._note(
            "poll",
            position_ms=player.position(),
            duration_ms=player.duration(),
            state=player.playbackState().name,
            status=player.mediaStatus().name,
            buffer=player.bufferProgress(),
        )

    # ---------------------------------------------------------------------- the commands

    def _load(self, media: str) -> None:
        url = self._qt.core.QUrl
        source = url(media) if "://" in media else url.fromLocalFile(str(Path(media).absolute()))
        self._early = None
        self._loading = True
        try:
            if self._player.source() == source:
                self._player.setSource(url())  # else Qt would only stop
            self._note_media(media)
            self._player.setSource(source)
        finally:
            self._loading = False

    def _play(self) -> None:
        self._note("app.play", args=[])
        self._player.play()

    def _pause(self) -> None:
        self._player.pause()

    def _seek(self, position: float) -> None:
        """One that comes before the media is loaded would be lost: it is given again then."""
        target = round(position * 1000)
        if self._player.mediaStatus().name == "LoadingMedia":
            self._early = target
            return
        self._note("app.seek", args=[target / 1000])
        self._player.setPosition(target)

    def _rate(self, rate: float) -> None:
        self._player.setPlaybackRate(rate)

    def _loop(self, on: bool) -> None:
        self._player.setLoops(-1 if on else 1)

    def _replay(self) -> None:
        self._note("app.replay", args=[])
        self._player.setPosition(0)
        self._player.play()

    def _stop(self) -> None:
        self._player.stop()
