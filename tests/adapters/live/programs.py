"""Programs with a real player, which know nothing of who listens.

Each does what programs do with that player: by its own calls, in handlers of its own events,
and where those must not call the player, on a thread to which they hand over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any


class Worker:
    """A thread that does what handlers of the player's events must not do themselves."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def post(self, call: Callable[[], object]) -> None:
        self._calls.put(call)

    def close(self) -> None:
        self._calls.put(None)
        self._thread.join(10.0)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()


class VlcProgram:
    """A media player of python-vlc."""

    def __init__(self, vlc: Any, instance: Any, length: float) -> None:
        self._instance, self._length = instance, length
        self.player = instance.media_player_new()
        self._worker = Worker()
        self._rest: list[str] = []
        self._loops = self._released = False
        self._events = self.player.event_manager()
        for name in ("MediaPlayerEndReached", "MediaPlayerEncounteredError"):
            self._events.event_attach(getattr(vlc.EventType, name), lambda _: self._over())

    def _over(self) -> None:
        self._worker.post(self._go_on)

    def _go_on(self) -> None:
        if self._loops:
            self.player.stop()
            self.player.play()
        elif self._rest:
            self.open(self._rest.pop(0))

    def open(self, media: str) -> None:
        made = self._instance.media_new(media)
        self.player.set_media(made)
        made.release()
        self.player.play()

    def play(self) -> None:
        self.player.play()

    def pause(self) -> None:
        self.player.set_pause(1)

    def seek(self, position: float) -> None:
        self.player.set_time(round(position * 1000))

    def slide(self, position: float) -> None:
        self.player.set_position(position / self._length)

    def rate(self, rate: float) -> None:
        self.player.set_rate(rate)

    def chapter(self, number: int) -> None:
        self.player.set_chapter(number)

    def stop(self) -> None:
        self.player.stop()

    def playlist(self, media: Sequence[str]) -> None:
        self._rest = list(media[1:])
        self.open(media[0])

    def loop(self, media: str) -> None:
        self._loops = True
        self.open(media)

    def release(self) -> None:
        if not self._released:
            self._released, self._loops, self._rest = True, False, []
            self._worker.close()
            self.player.stop()
            self.player.release()


class MpvProgram:
    """An `mpv.MPV`."""

    def __init__(self, mpv: Any, *, keep_open: bool) -> None:
        self.player = mpv.MPV(vo="null", ao="null", keep_open=keep_open)
        self._worker = Worker()
        self._looped: str | None = None
        if keep_open:
            self.player.observe_property("eof-reached", self._at_eof)
        else:
            self.player.event_callback("end-file")(lambda _: self._over())

    def _at_eof(self, _: str, over: bool | None) -> None:
        if over:
            self._over()

    def _over(self) -> None:
        self._worker.post(self._go_on)

    def _go_on(self) -> None:
        if self._looped is None:
            return
        if self.player.keep_open == "yes" or self.player.keep_open is True:
            self.player.seek(0, "absolute", "exact")
            self.player.pause = False
        else:
            self.player.play(self._looped)

    def open(self, media: str) -> None:
        self.player.play(media)
        self.player.pause = False

    def play(self) -> None:
        self.player.pause = False

    def pause(self) -> None:
        self.player.pause = True

    def seek(self, position: float) -> None:
        self.player.seek(position, "absolute", "exact")

    def slide(self, position: float) -> None:
        self.player.time_pos = position

    def rate(self, rate: float) -> None:
        self.player.speed = rate

    def chapter(self, number: int) -> None:
        self.player.chapter = number

    def stop(self) -> None:
        self.player.stop()

    def playlist(self, media: Sequence[str]) -> None:
        for each in media:
            self.player.playlist_append(each)
        self.player.playlist_pos = 0

    def loop(self, media: str) -> None:
        self._looped = media
        self.open(media)

    def release(self) -> None:
        self._looped = None
        self._worker.close()
        self.player.terminate()


class GstProgram:
    """A program with a player of GStreamer, and a thread that takes the messages off its bus."""

    def __init__(self, gst: Any, player: Any) -> None:
        self._gst, self.player = gst, player
        self._rest: list[str] = []
        self._loops = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        """Take the messages, and go on at the end of a clip."""
        raise NotImplementedError

    def _uri(self, media: str) -> str:
        return media if "://" in media else self._gst.filename_to_uri(media)

    def open(self, media: str) -> None:
        raise NotImplementedError

    def seek(self, position: float) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError

    def slide(self, position: float) -> None:
        self.seek(position)

    def playlist(self, media: Sequence[str]) -> None:
        self._rest = list(media[1:])
        self.open(media[0])

    def loop(self, media: str) -> None:
        self._loops = True
        self.open(media)

    def release(self) -> None:
        self._loops, self._rest = False, []
        self._over.set()
        self._thread.join(10.0)
        self.stop()


class PlaybinProgram(GstProgram):
    """A playbin or playbin3, with a thread that takes the messages off its bus."""

    def __init__(self, gst: Any, player: Any, *, gapless: bool) -> None:
        self._gapless = gapless
        super().__init__(gst, player)
        player.connect("about-to-finish", lambda _: self._about_to_finish())

    def _about_to_finish(self) -> None:
        if self._gapless and self._rest and Path(self._rest[0]).exists():
            self.player.set_property("uri", self._uri(self._rest.pop(0)))

    def _work(self) -> None:
        kinds = self._gst.MessageType
        bus = self.player.get_bus()
        while not self._over.is_set():
            message = bus.timed_pop_filtered(50_000_000, kinds.EOS | kinds.ERROR)
            if message is None:
                continue
            if self._loops:
                self.seek(0.0)
            elif self._rest:
                self.open(self._rest.pop(0))

    def open(self, media: str) -> None:
        self.player.set_state(self._gst.State.NULL)
        self.player.set_property("uri", self._uri(media))
        self.play()

    def play(self) -> None:
        self.player.set_state(self._gst.State.PLAYING)

    def pause(self) -> None:
        self.player.set_state(self._gst.State.PAUSED)

    def seek(self, position: float) -> None:
        flags = self._gst.SeekFlags
        self.player.seek_simple(
            self._gst.Format.TIME, flags.FLUSH | flags.ACCURATE, round(position * 1e9)
        )

    def rate(self, rate: float) -> None:
        flags, kinds = self._gst.SeekFlags, self._gst.SeekType
        _, here = self.player.query_position(self._gst.Format.TIME)
        exactly = flags.FLUSH | flags.ACCURATE
        self.player.seek(rate, self._gst.Format.TIME, exactly, kinds.SET, here, kinds.NONE, -1)

    def stop(self) -> None:
        self.player.set_state(self._gst.State.NULL)


class GstPlayProgram(GstProgram):
    """A GstPlay, with a thread that takes the messages off its bus."""

    def __init__(self, headless: Any) -> None:
        player = headless.gstplay().Play.new(None)
        headless.mute(player.get_pipeline())
        self._give_up = headless.give_up
        super().__init__(headless.Gst, player)

    def _work(self) -> None:
        bus = self.player.get_message_bus()
        while not self._over.is_set():
            message = bus.timed_pop(50_000_000)
            structure = message and message.get_structure()
            kind = structure.get_value("play-message-type").value_nick if structure else ""
            if kind == "end-of-stream" and self._loops:
                self.player.play()
            elif kind in ("end-of-stream", "error") and self._rest:
                self.open(self._rest.pop(0))

    def open(self, media: str) -> None:
        self.player.set_uri(self._uri(media))
        self.player.play()

    def play(self) -> None:
        self.player.play()

    def pause(self) -> None:
        self.player.pause()

    def seek(self, position: float) -> None:
        self.player.seek(round(position * 1e9))

    def rate(self, rate: float) -> None:
        self.player.set_rate(rate)

    def stop(self) -> None:
        self.player.stop()

    def release(self) -> None:
        super().release()
        self._give_up(self.player)


class QtProgram:
    """A `QMediaPlayer` in the event loop of a thread, where all calls are made."""

    def __init__(self, loop: Any) -> None:
        self._loop = loop
        self.player = loop.player()
        self._waiting: list[str] = []
        self._looped = self._released = False
        loop.call(lambda: self.player.mediaStatusChanged.connect(self._at_status))

    def _at_status(self, status: Any) -> None:
        """Not in the signal itself, as Qt's documentation advises."""
        if status.name in ("EndOfMedia", "InvalidMedia"):
            self._loop.post(self._go_on)

    def _go_on(self) -> None:
        if self._looped:
            self.player.play()
        elif self._waiting:
            self._set(self._waiting.pop(0))

    def _set(self, media: str) -> None:
        url = self._loop.qt.core.QUrl
        self.player.setSource(url(media) if "://" in media else url.fromLocalFile(media))
        self.player.play()

    def open(self, media: str) -> None:
        self._loop.call(lambda: self._set(media))

    def play(self) -> None:
        self._loop.call(self.player.play)

    def pause(self) -> None:
        self._loop.call(self.player.pause)

    def seek(self, position: float) -> None:
        self._loop.call(lambda: self.player.setPosition(round(position * 1000)))

    def slide(self, position: float) -> None:
        self.seek(position)

    def rate(self, rate: float) -> None:
        self._loop.call(lambda: self.player.setPlaybackRate(rate))

    def chapter(self, number: int) -> None:
        raise NotImplementedError("Qt has no chapters")

    def stop(self) -> None:
        self._loop.call(self.player.stop)

    def playlist(self, media: Sequence[str]) -> None:
        first, *self._waiting = media
        self.open(first)

    def loop(self, media: str) -> None:
        self._looped = True
        self.open(media)

    def release(self) -> None:
        if not self._released:
            self._released = True
            self._loop.delete(self.player)
