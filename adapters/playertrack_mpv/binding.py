"""Listens to an mpv, which reports nearly everything by itself."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from time import monotonic
from typing import Any

from playertrack.live.adapter import Binding, Listener

from .core import TOO_EARLY, Core, RefusedError
from .translator import Translator

#: What changed at once is reported in this order: that it is at the end, before it pauses there.
_PROPERTIES = (
    *(
        "eof-reached",
        "pause",
        "speed",
        "loop-file",
        "file-format",
        "seekable",
        "partially-seekable",
    ),
    *("duration", "paused-for-cache", "fullscreen", "aid", "sid", "ab-loop-a", "ab-loop-b"),
    *("end", "length"),
)

#: Which part of the file is to be played; each file may have its own. Its start counts as it
#: was when the file was loaded, and the others may change while it plays.
_BOUNDS = ("start", "end", "length")

#: After these playback may be elsewhere.
_MOVES = {"start-file", "seek", "end-file"}

_Event = tuple[str, dict[str, Any]]

#: So often (s) the position is asked for: mpv would report it for each picture.
_UPDATES = 0.1

_EVENTS = {"start-file", "file-loaded", "seek", "playback-restart", "end-file"}


class MpvBinding(Binding):
    """Measures one mpv; made by `playertrack_mpv.track`. ``connect`` makes a client of it."""

    source = "mpv"
    _translator: Translator

    def __init__(self, connect: Callable[[], Core], tracker: Listener, **options: Any) -> None:
        super().__init__(Translator(), tracker, **options)
        self._client = connect()
        self._listening: threading.Thread | None = None
        self._replays = False
        self._failed = False
        self._media: str | None = None
        self._opening = threading.Lock()  # of what waits until a file is open:
        self._loading = False  # what mpv says of itself is still of the file before
        self._too_early: float | None = None
        self._sought = False
        self._plays_then = False
        self._gone = self._shut = False
        self._advances = False  # there is a file, and it is not paused
        self._halted = False
        self._last: float | None = None  # the position that was noted
        self._caught_up: int | None = None  # the file that it began with, until its end
        self._waiting: deque[_Event] = deque()  # of mpv, to be received in order
        self._start()

    # ------------------------------------------------------------------------ listening

    def _subscribe(self) -> None:
        self._greet()
        self._listening = threading.Thread(
            target=self._run_thread, name="mpv-listening", daemon=True
        )
        self._listening.start()

    def _greet(self) -> None:
        self._catch_up()
        for name in _PROPERTIES:
            self._client.observe(name)

    def _catch_up(self) -> None:
        """Note what began before it was listened to, as if it began now."""
        self._loading, self._caught_up = False, None
        get = self._client.get
        current = get("playlist-pos")
        if current is None or int(current) < 0 or get("idle-active") == "yes":
            return
        self._note("prop.pause", value=get("pause") == "yes")
        self._caught_up = int(get(f"playlist/{current}/id") or 0)
        self._note("start-file", playlist_entry_id=self._caught_up)
        self._note("prop.file-format", value=get("file-format"))
        self._note("prop.seekable", value=get("seekable") == "yes")
        self._note_size()
        self._note_bounds()
        if (length := get("duration")) is not None:
            self._note("prop.duration", value=float(length))
        if self._plays_already():
            self._note("seek")
            self._note_position()
            self._note("playback-restart")
            self._halted = get("pause") == "yes"
            self._advances = not self._halted

    def _plays_already(self) -> bool:
        """True if playback has begun; if not, mpv is still to say so, after its seek to `start`.

        What it said of that already waits here, and is noted no second time.
        """
        self._drain()
        files = [event for event in self._waiting if event[0] in ("start-file", "end-file")]
        if files and files[-1][1].get("playlist_entry_id") != self._caught_up:
            return False
        if self._client.get("seeking") == "yes" or self._client.get("time-pos") is None:
            return False
        began = ("seek", "playback-restart")
        self._waiting = deque(event for event in self._waiting if event[0] not in began)
        return True

    def _unsubscribe(self) -> None:
        self._client.wake()
        if self._listening is not None:
            self._listening.join()

    def _run_thread(self) -> None:
        """The thread of the client; with it all that is observed goes."""
        self._listen()
        with self._asking:
            self._client.destroy()
            self._gone = True

    def _listen(self) -> None:
        """Take what mpv reports, until it shuts down or the binding is detached."""
        due = 0.0
        self._shut = False
        while not (self._over.is_set() or self._shut):
            timeout = max(0.0, due - monotonic()) if self._advances else -1.0
            event = self._waiting.popleft() if self._waiting else self._client.next(timeout)
            if self._advances and monotonic() >= due:
                self._note_position(event)
                due = monotonic() + _UPDATES
            if event is not None and not self._has_caught_up(*event):
                self._receive(*event)

    def _has_caught_up(self, kind: str, values: dict[str, Any]) -> bool:
        """True for the start of a file that was noted already: it started meanwhile."""
        if kind not in ("start-file", "end-file"):
            return False
        begun, self._caught_up = self._caught_up, None
        return kind == "start-file" and values["playlist_entry_id"] == begun

    def _receive(self, kind: str, values: dict[str, Any]) -> None:
        self._prepare(kind, values)
        if kind == "shutdown":
            self._shut = True
            self._at_shutdown()
        elif kind in _EVENTS or kind.startswith("prop."):
            self._note(kind, **values)
        match kind:
            case "file-loaded":
                self._note_size()
                self._note_bounds()
            case "seek":
                self._last = None  # it may be sought where it is
                self._note_position()  # the target
            case "playback-restart" | "prop.pause":
                self._advances = not self._halted and self._last is not None
        self._begin_at(kind)

    def _prepare(self, kind: str, values: dict[str, Any]) -> None:
        """Note, or add to an event, what has to be known before it."""
        match kind:
            case "start-file" | "end-file":
                self._failed = values.get("reason") == "error"
                self._advances, self._last = False, None
                self._loading &= kind != "start-file"
            case "prop.pause":
                self._halted = values["value"] is True
                self._note_position()
            case "prop.aid" | "prop.sid":
                values["lang"] = self._language(kind.removeprefix("prop."), values["value"])
            case "prop.end" if str(values["value"]).startswith("#"):
                self._note_chapters()
            case "playback-restart" | "prop.eof-reached":
                self._note_position(onward=kind == "prop.eof-reached")

    def _at_shutdown(self) -> None:
        self._lose()

    def _note_position(self, taken: _Event | None = None, *, onward: bool = False) -> None:
        """Note where playback is, if it moved; ``taken`` is an event that is not noted yet.

        It may be the target of a seek already, of which the event is still to come. ``onward``:
        a move back is none, as from the end that was sought to the last picture.
        """
        position = self._client.seconds("time-pos")
        self._drain()
        if any(event and event[0] in _MOVES for event in (taken, *self._waiting)):
            return
        before, self._last = self._last, position
        back = onward and position is not None and position < (before or 0.0)
        if position is not None and position != before and not back:
            self._note("prop.time-pos", value=position)

    def _drain(self) -> None:
        """Take what was reported so far, to be received in its turn."""
        while (event := self._client.next(0.0)) is not None:
            self._waiting.append(event)
            if event[0] == "shutdown":
                break

    def _note_size(self) -> None:
        """Without one mpv may take for the length what was read so far."""
        size = self._client.get("file-size")
        self._note("prop.file-size", value=None if size is None else float(size))

    def _note_bounds(self) -> None:
        """Which part of the file is to be played, if not all of it."""
        bounds = {name: self._client.get(name) or "none" for name in _BOUNDS}
        if any(value.startswith("#") for value in bounds.values()):
            self._note_chapters()
        for name, value in bounds.items():
            if value != "none":
                self._note(f"prop.{name}", value=value)

    def _note_chapters(self) -> None:
        """Where the chapters start."""
        get = self._client.get
        count = int(get("chapter-list/count") or 0)
        starts = [float(get(f"chapter-list/{n}/time") or 0.0) for n in range(count)]
        self._note("chapters", starts=starts)

    def _language(self, kind: str, track: object) -> str | None:
        """The language of the track of that number, if it says so."""
        get = self._client.get
        wanted = ("audio" if kind == "aid" else "sub", str(track))
        for n in range(int(get("track-list/count") or 0)):
            if (get(f"track-list/{n}/type"), get(f"track-list/{n}/id")) == wanted:
                return get(f"track-list/{n}/lang")
        return None

    def _begin_at(self, kind: str) -> None:
        """Give a seek again that came too early, and play only when a seek has begun.

        Media that cannot be sought in reports no seek, so it is not waited for there.
        """
        with self._opening:
            if self._loading:
                return
            if kind == "file-loaded" and self._too_early is not None:
                position, self._too_early = self._too_early, None
                with suppress(RefusedError):
                    self._client.command("seek", str(position), "absolute")
                    self._sought = self._client.get("seekable") != "no"
            elif kind == "seek" or self._failed:
                self._too_early, self._sought = None, False
            if self._plays_then and not self._waits:
                self._plays_then = False
                self._halt(False)

    @property
    def _waits(self) -> bool:
        """For a seek to be taken, or to begin: else it would play where it was, if not for long."""
        return self._too_early is not None or self._sought

    def _look_up(self, record: dict[str, Any]) -> Iterable[dict[str, Any]]:
        """The media of a file that starts, unless it is the same again, by a replay or a seek."""
        match record["kind"]:
            case "app.replay":
                self._replays = True
            case "start-file":
                replays, self._replays = self._replays, False
                before = self._media
                if not replays:
                    self._media = self._find(record["playlist_entry_id"]) or before
                if not (replays or (self._media == before and self._translator.in_row)):
                    return (self._opened(record["t"], self._media or ""),)
        return ()

    def _find(self, entry_id: int) -> str | None:
        """The media of that number in the playlist."""
        with self._asking:
            if self._gone:
                return None
            get = self._client.get
            for n in range(int(get("playlist-count") or 0)):
                if get(f"playlist/{n}/id") == str(entry_id):
                    return get(f"playlist/{n}/filename")
        return None

    # ---------------------------------------------------------------------- the commands

    def _load(self, media: str) -> None:
        self._stop()
        with self._opening:
            self._too_early, self._sought, self._plays_then = None, False, False
            self._loading = True
            self._halt(True)
        self._client.command("loadfile", media)

    def _play(self) -> None:
        get = self._client.get
        over = get("idle-active") == "yes" and self._media is not None and not self._failed
        if not self._loading and (over or get("eof-reached") == "yes"):
            self._replay()
            return
        with self._opening:
            self._plays_then = self._waits and not self._plays_then  # not for ever
            if self._plays_then:
                self._note("app.play", args=[])
            else:
                self._halt(False)

    def _pause(self) -> None:
        with self._opening:
            self._plays_then = False
            self._halt(True)

    def _halt(self, on: bool) -> None:
        """Pause or go on; noted here, since mpv reports nothing of two changes in a row."""
        self._client.set("pause", "yes" if on else "no")
        self._note("prop.pause", value=on)

    def _seek(self, position: float) -> None:
        """One that comes before the file is open is given again when it is."""
        self._note("app.seek", args=[position])
        get = self._client.get
        with self._opening:
            if self._loading:
                self._too_early = position
                return
            try:
                self._client.command("seek", str(position), "absolute")
            except RefusedError as error:
                if error.code != TOO_EARLY or get("idle-active") == "yes":
                    raise
                self._too_early = position
            else:
                # `_begin_at` cannot have noticed it, for want of the lock.
                self._sought = get("seekable") != "no"

    def _rate(self, rate: float) -> None:
        self._note("app.rate", args=[rate])
        self._client.set("speed", str(rate))

    def _loop(self, on: bool) -> None:
        self._client.set("loop-file", "inf" if on else "no")

    def _replay(self) -> None:
        self._note("app.replay", args=[])
        if self._client.get("time-pos") is not None:
            self._client.command("seek", "0", "absolute")
        elif self._media is not None:
            self._client.command("loadfile", self._media)
        self._halt(False)

    def _stop(self) -> None:
        self._note("app.stop", args=[])
        self._loading = False
        self._client.command("stop")
