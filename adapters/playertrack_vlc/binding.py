"""Listens to a media player of libVLC.

libVLC calls back from its own threads and, for immediate effects of a command, on the thread
that gave it. In a callback almost every call of the player hangs forever (`stop`, `set_time`,
`set_media`), so nothing is called there.
"""

from __future__ import annotations

import ctypes
import inspect
from collections.abc import Callable
from time import monotonic
from typing import Any

from playertrack.live.adapter import Binding, Listener

from .library import vlc
from .translator import Translator

#: What is listened to, and what the record of it holds of the event.
_EVENTS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "MediaPlayerOpening": lambda _: {},
    "MediaPlayerBuffering": lambda report: {"new_cache": report.new_cache},
    "MediaPlayerPlaying": lambda _: {},
    "MediaPlayerPaused": lambda _: {},
    "MediaPlayerStopped": lambda _: {},
    "MediaPlayerEndReached": lambda _: {},
    "MediaPlayerEncounteredError": lambda _: {},
    "MediaPlayerTimeChanged": lambda report: {"new_time_ms": report.new_time},
    "MediaPlayerLengthChanged": lambda report: {"new_length_ms": report.new_length},
}

_MEDIA_CHANGED = vlc.EventType.MediaPlayerMediaChanged

#: Updates closer (s) to each other than this are left out: with subtitles they come for each
#: picture.
_UPDATES = 0.09


class VlcBinding(Binding):
    """Measures one media player of python-vlc; made by `playertrack_vlc.track`."""

    source = "vlc"
    asks = True

    def __init__(self, media_player: vlc.MediaPlayer, tracker: Listener, **options: Any) -> None:
        player = inner(media_player)
        super().__init__(Translator(), tracker, player=address(player), **options)
        self._player = player
        self._of_list = player is not media_player  # which gave us a hold on it
        self._updated = 0.0
        # A wrapper of our own: each holds but one listener for an event, and the player's
        # own method gives the same one to all.
        self._events = vlc.libvlc_media_player_event_manager(player)
        self._start()

    # ------------------------------------------------------------------------ listening

    def _subscribe(self) -> None:
        # The player stays in memory while it is listened to, whoever else lets go of it. A
        # release is noticed, since playback is to end with it.
        self._player.retain()
        self._player.release = self._released
        for kind in _EVENTS:
            self._events.event_attach(getattr(vlc.EventType, kind), self._on_event, kind)
        self._events.event_attach(_MEDIA_CHANGED, self._on_media)
        if (media := self._player.get_media()) is not None:
            self._note_media(media.get_mrl())
            media.release()
        self._catch_up()

    def _catch_up(self) -> None:
        """Note what began before it was listened to, as if it began now."""
        state = self._player.get_state()
        if state not in (vlc.State.Opening, vlc.State.Playing, vlc.State.Paused):
            return
        self._note("MediaPlayerOpening")
        if (length := self._player.get_length()) > 0:
            self._note("MediaPlayerLengthChanged", new_length_ms=length)
        if state != vlc.State.Opening:
            position = max(0, self._player.get_time())
            self._note("app.seek", args=[position / 1000])
            self._note("MediaPlayerPlaying")
            self._note("MediaPlayerBuffering", new_cache=100.0)
            self._note("MediaPlayerTimeChanged", new_time_ms=position)
        if state == vlc.State.Paused:
            self._note("MediaPlayerPaused")

    def _unsubscribe(self) -> None:
        for kind in _EVENTS:
            self._events.event_detach(getattr(vlc.EventType, kind))
        self._events.event_detach(_MEDIA_CHANGED)
        vars(self._player).pop("release", None)
        self._player.release()
        if self._of_list:
            self._player.release()

    def _on_event(self, event: Any, kind: str) -> None:
        """Called by libVLC; on a thread of its own there is no Python below the callback."""
        frame = inspect.currentframe()
        below = frame and frame.f_back and frame.f_back.f_back
        if kind == "MediaPlayerTimeChanged" and below is None:
            now = monotonic()
            if now - self._updated < _UPDATES:
                return
            self._updated = now
        self._ended = kind == "MediaPlayerEndReached" or (
            self._ended and kind == "MediaPlayerStopped"
        )
        self._note(kind, main=below is not None, **_EVENTS[kind](event.u))

    def _on_media(self, event: Any) -> None:
        """Called by libVLC, which keeps the media meanwhile; asked later it may be another one."""
        if event.u.media:
            self._note_media(vlc.libvlc_media_get_mrl(vlc.Media(event.u.media)))

    def _released(self) -> None:
        """The program lets go of the player, and with it playback ends."""
        with self._asking:
            self._lose()
            self._unsubscribe()
        self._player.release()

    def _ask(self) -> None:
        player = self._player
        self._note(
            "poll",
            time_ms=player.get_time(),
            rate=player.get_rate(),
            state=str(player.get_state()),
        )

    # ---------------------------------------------------------------------- the commands

    def _load(self, media: str) -> None:
        made = self._player.get_instance().media_new(media)
        self._player.set_media(made)
        made.release()

    def _play(self) -> None:
        if self._player.get_state() in (vlc.State.Ended, vlc.State.Error):
            self._replay()
            return
        self._note("app.play", args=[])
        self._note("ret.play", r=self._player.play())

    def _pause(self) -> None:
        self._note("app.pause", args=[])
        self._player.set_pause(1)

    def _seek(self, position: float) -> None:
        self._note("app.seek", args=[position])
        self._player.set_time(round(position * 1000))
        self._note("ret.set_time", r=None)

    def _rate(self, rate: float) -> None:
        self._note("app.rate", args=[rate])
        self._note("ret.set_rate", r=self._player.set_rate(rate))

    def _replay(self) -> None:
        self._note("app.replay", args=[])
        self._player.stop()
        self._player.play()

    def _stop(self) -> None:
        self._note("app.stop", args=[])
        self._player.stop()


def inner(player: Any) -> vlc.MediaPlayer:
    """The media player to measure: of a list player, the one that plays its items."""
    if isinstance(player, vlc.MediaListPlayer):
        return player.get_media_player()
    if not isinstance(player, vlc.MediaPlayer):
        raise TypeError(
            f"expected a vlc.MediaPlayer or vlc.MediaListPlayer of python-vlc, not {player!r}: "
            "an object around one has it as an attribute, a vlc.Instance makes one with "
            "media_player_new()"
        )
    return player


def address(player: vlc.MediaPlayer) -> int | None:
    """The address that identifies a player: python-vlc may have many objects for one."""
    return ctypes.cast(player, ctypes.c_void_p).value
