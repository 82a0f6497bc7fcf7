"""Listens to a GstPlay, which wraps a pipeline and does its buffering itself."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from typing import Any

from playertrack.live.adapter import Binding, Listener

from .gstplay import GstPlayTranslator
from .library import Gst
from .media_uri import Ear, uri_of

#: The first word of each message; what a record holds of it, by the name in the message.
_FIELDS: dict[str, tuple[str, ...]] = {
    "state-changed": ("play-state",),
    "position-updated": ("position",),
    "duration-changed": ("duration",),
    "buffering": (),
    "seek-done": ("position",),
    "end-of-stream": (),
    "error": ("error",),
}


#: Updates of the position closer (s) to each other than this are left out.
_UPDATES = 0.18


class GstPlayBinding(Binding):
    """Measures one GstPlay; made by `playertrack_gstreamer.track`."""

    source = "gstplay"
    asks = True

    def __init__(self, play: Any, tracker: Listener, **options: Any) -> None:
        if type(play).__name__ != "Play" or not hasattr(play, "get_message_bus"):
            raise TypeError(f"expected a playbin, a playbin3 or a GstPlay, not {play!r}")
        super().__init__(GstPlayTranslator(), tracker, player=hash(play), **options)
        self._player = play
        self._known = False  # the media was reported
        self._announced = False  # `load` noted it, of which a message is to come
        self._updated = 0.0
        self._start()

    # ------------------------------------------------------------------------ listening

    def _subscribe(self) -> None:
        self._ear = Ear(self._player.get_message_bus(), ("application",), self._on_message)
        _, state, pending = self._player.get_pipeline().get_state(0)
        has_data = Gst.State.PAUSED, Gst.State.PLAYING
        if state in has_data or pending in has_data:
            self._note("state-changed", **{"play-state": "buffering"})
        if state in has_data:
            self._note("duration-changed", duration=self._player.get_duration())
            self._note("app.seek", args=[self._player.get_position() / 1e9])
            self._note("seek-done", position=self._player.get_position())
            self._note("state-changed", **{"play-state": state.value_nick})

    def _unsubscribe(self) -> None:
        self._ear.close()

    def _on_message(self, message: Gst.Message) -> None:
        """On a thread of GstPlay."""
        report = message.get_structure()
        kind = report.get_value("play-message-type").value_nick if report else ""
        if kind == "uri-loaded":
            announced, self._announced = self._announced, False
            if not announced:
                self._note_media(report.get_value("uri"))
        elif kind in _FIELDS and not self._is_too_often(kind):
            self._note(kind, **{name: _plain(report.get_value(name)) for name in _FIELDS[kind]})
        if kind == "end-of-stream":
            self._ended = True

    def _is_too_often(self, kind: str) -> bool:
        """It says ten times a second where it is, which is more than is needed."""
        if kind != "position-updated":
            return False
        before, now = self._updated, monotonic()
        if now - before < _UPDATES:
            return True
        self._updated = now
        return False

    def _ask(self) -> None:
        self._note("poll", rate=self._player.get_rate())

    def _look_up(self, record: dict[str, Any]) -> Iterable[dict[str, Any]]:
        """The media, if that was set before the player was listened to."""
        match record:
            case {"kind": "app.open"}:
                self._known = True
            case {"kind": "seek-done"}:  # as a change of rate ends, too
                return ({"t": record["t"], "kind": "poll", "rate": self._player.get_rate()},)
            case {"kind": "state-changed"} if not self._known:
                uri = self._player.get_uri()
                self._known = bool(uri)
                return (self._opened(record["t"], uri),) if uri else ()
        return ()

    # ---------------------------------------------------------------------- the commands

    def _load(self, media: str) -> None:
        self._ended, self._announced = False, True
        self._note_media(media)
        self._player.set_uri(uri_of(media))

    def _play(self) -> None:
        if self._ended:
            self._replay()
            return
        self._note("app.play", args=[])
        self._player.play()

    def _pause(self) -> None:
        self._note("app.pause", args=[])
        self._player.pause()

    def _seek(self, position: float) -> None:
        self._ended = False
        self._note("app.seek", args=[position])
        self._player.seek(round(position * 1e9))

    def _rate(self, rate: float) -> None:
        self._note("app.rate", args=[rate])
        self._player.set_rate(rate)

    def _replay(self) -> None:
        self._note("app.replay", args=[])
        if not self._ended:
            self._player.seek(0)
        self._ended = False
        self._player.play()

    def _stop(self) -> None:
        self._note("app.stop", args=[])
        self._player.stop()


def _plain(value: Any) -> Any:
    """A value of a message as a recording can hold it."""
    if hasattr(value, "value_nick"):
        return value.value_nick
    if hasattr(value, "domain"):
        # Its further lines can have a URL with its secrets.
        return f"{value.domain}: {value.message}".partition("\n")[0]
    return value
