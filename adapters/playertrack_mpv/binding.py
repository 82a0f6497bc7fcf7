"""Hears an mpv, which tells nearly everything by itself."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from playertrack.binding import Binding, Listener

from .client import Client, RefusedError
from .library import mpv
from .translator import Translator

#: What changed at once is told in this order: that it is at the end, before it pauses there.
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
    *("duration", "time-pos", "paused-for-cache"),
)

_EVENTS = {"start-file", "file-loaded", "seek", "playback-restart", "end-file"}

#: MPV_ERROR_COMMAND: what a seek gets before there is anything to seek in.
_TOO_EARLY = -12


class MpvBinding(Binding):
    """Measures one `mpv.MPV`; made by `playertrack_mpv.track`."""

    source = "mpv"

    def __init__(self, player: mpv.MPV, tracker: Listener, **options: Any) -> None:
        super().__init__(Translator(), tracker, **options)
        self._client = Client(player)
        self._hearing: threading.Thread | None = None
        self._replays = False
        self._failed = False
        self._media: str | None = None
        self._too_early: float | None = None
        self._gone = False
        self._start()

    # -------------------------------------------------------------------------- hearing

    def _subscribe(self) -> None:
        self._catch_up()
        for name in _PROPERTIES:
            self._client.observe(name)
        self._hearing = threading.Thread(target=self._hear, name="mpv-hearing", daemon=True)
        self._hearing.start()

    def _catch_up(self) -> None:
        """Note what began before it was listened to, as if it began now."""
        get = self._client.get
        current = get("playlist-pos")
        if current is None or int(current) < 0 or get("idle-active") == "yes":
            return
        self._note("prop.pause", value=get("pause") == "yes")
        self._note("start-file", playlist_entry_id=int(get(f"playlist/{current}/id") or 0))
        self._note("prop.file-format", value=get("file-format"))
        self._note("prop.seekable", value=get("seekable") == "yes")
        if (length := get("duration")) is not None:
            self._note("prop.duration", value=float(length))
        if (position := get("time-pos")) is not None:
            self._note("seek")
            self._note("prop.time-pos", value=float(position))
            self._note("playback-restart")

    def _unsubscribe(self) -> None:
        self._client.wake()
        if self._hearing is not None:
            self._hearing.join()

    def _hear(self) -> None:
        """The thread of the client; with it all that is observed goes."""
        while not self._over.is_set():
            heard = self._client.next()
            if heard is None:
                continue
            kind, values = heard
            if kind in ("start-file", "end-file"):
                self._failed = values.get("reason") == "error"
            if kind == "shutdown":
                self._lose()
            elif kind in _EVENTS or kind.startswith("prop."):
                self._note(kind, **values)
            if kind == "file-loaded" and self._too_early is not None:
                position, self._too_early = self._too_early, None
                self._seek(position)
        with self._asking:
            self._client.destroy()
            self._gone = True

    def _look_up(self, record: dict[str, Any]) -> Iterable[dict[str, Any]]:
        """What media a file that starts is, unless it is the same again."""
        match record["kind"]:
            case "app.replay":
                self._replays = True
            case "start-file":
                replays, self._replays = self._replays, False
                if not replays:
                    self._media = self._find(record["playlist_entry_id"]) or self._media
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
        self._too_early = None
        self._stop()
        self._halt(True)
        self._client.command("loadfile", media)

    def _play(self) -> None:
        get = self._client.get
        over = get("idle-active") == "yes" and self._media is not None and not self._failed
        if over or get("eof-reached") == "yes":
            self._replay()
        else:
            self._halt(False)

    def _pause(self) -> None:
        self._halt(True)

    def _halt(self, on: bool) -> None:
        """Pause or go on; noted here, since mpv tells of two changes in a row as of none."""
        self._client.set("pause", "yes" if on else "no")
        self._note("prop.pause", value=on)

    def _seek(self, position: float) -> None:
        """One that comes before the file is open is given again when it is."""
        self._note("app.seek", args=[position])
        try:
            self._client.command("seek", str(position), "absolute")
        except RefusedError as error:
            if error.code != _TOO_EARLY or self._client.get("idle-active") == "yes":
                raise
            self._too_early = position

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
        self._client.command("stop")
