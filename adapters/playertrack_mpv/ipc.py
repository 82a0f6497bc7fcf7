"""A client of an mpv that runs as a process, over its JSON IPC socket.

The counterpart of `client.Client` for an mpv in this process. One thread reads the socket and
separates reports from answers; requests may come from any thread.
"""

from __future__ import annotations

import json
import socket
import threading
from concurrent.futures import Future
from contextlib import suppress
from os import PathLike, fspath
from queue import Empty, SimpleQueue
from typing import Any

from playertrack.errors import PlayertrackError

from .core import TOO_EARLY, RefusedError

#: How long (s) mpv may take to answer; it does so between two pictures.
_PATIENCE = 5.0

#: The longest line that is taken; mpv's own are a few hundred bytes, but for playlists.
_MAX_LINE = 1 << 22

_CODES = {"error running command": TOO_EARLY}

_Event = tuple[str, dict[str, Any]]


class GoneError(PlayertrackError):
    """The process of mpv ended, or closed its socket."""


class IpcClient:
    """A connection to the socket that mpv was started with: ``mpv --input-ipc-server=PATH``.

    Raises OSError if nobody listens there. `destroy` must be the last call.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(fspath(path))
        except BaseException:  # raised again: only the socket must not leak
            self._socket.close()
            raise
        self._events: SimpleQueue[_Event | None] = SimpleQueue()
        self._lock = threading.Lock()  # of the socket's writing end, and what follows
        self._answers: dict[int, Future[Any]] = {}
        self._number = 0
        self._gone = False
        self._thread = threading.Thread(target=self._read, name="mpv-ipc", daemon=True)
        self._thread.start()

    # ------------------------------------------------------------------- what mpv reports

    def observe(self, name: str) -> None:
        """Have `next` report the property now, and each time it changes."""
        self._request("observe_property", 1, name)

    def next(self, timeout: float) -> _Event | None:
        """The kind and values of the next event, as a record has them; ``shutdown`` at the end.

        None after ``timeout`` (s; negative: not at all) and after `wake`.
        """
        try:
            return self._events.get(timeout=None if timeout < 0.0 else timeout)
        except Empty:
            return None

    def wake(self) -> None:
        """Have `next` return; from any thread."""
        self._events.put(None)

    # ----------------------------------------------------------------------- the requests

    def command(self, *words: str) -> None:
        """Give a command; `RefusedError` if mpv does not take it, `GoneError` if it is gone."""
        self._request(*words)

    def set(self, name: str, value: str) -> None:
        """Set a property; `RefusedError` if it cannot have that value."""
        self._request("set_property_string", name, value)

    def get(self, name: str) -> str | None:
        """A property as text; None if it has no value at present, or mpv is gone."""
        value = self._property("get_property_string", name)
        return None if value is None else str(value)

    def seconds(self, name: str) -> float | None:
        """A property that is a time; None if it has no value at present, or mpv is gone.

        `next` has what happened before: mpv reports it ahead of its next answer, but not of this.
        """
        value = self._property("get_property", name)
        with suppress(RefusedError, GoneError):
            self._request("client_name")  # mpv answers that at once
        return float(value) if isinstance(value, int | float) else None

    def destroy(self) -> None:
        """Give the connection up; what was observed goes with it."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(_PATIENCE)
        self._socket.close()

    def _property(self, request: str, name: str) -> Any:
        try:
            return self._request(request, name)
        except (RefusedError, GoneError):
            return None

    def _request(self, *words: Any) -> Any:
        """Ask mpv, and wait for its answer."""
        answer: Future[Any] = Future()
        with self._lock:
            self._number += 1
            number = self._number
            if self._gone:
                raise GoneError(f"{words[0]}: mpv is gone")
            self._answers[number] = answer
            line = json.dumps({"command": words, "request_id": number})
            try:
                self._socket.sendall(line.encode() + b"\n")
            except OSError as error:
                del self._answers[number]
                raise GoneError(f"{words[0]}: mpv is gone ({error})") from error
        try:
            report = answer.result(_PATIENCE)
        except TimeoutError:
            raise GoneError(f"{words[0]}: mpv gave no answer for {_PATIENCE:g} s") from None
        finally:
            with self._lock:
                self._answers.pop(number, None)
        why = report.get("error", "no reason given")
        if why != "success":
            raise RefusedError(str(words[0]), _CODES.get(why, -1), str(why))
        return report.get("data")

    # ----------------------------------------------------------------------- the thread

    def _read(self) -> None:
        try:
            with self._socket.makefile("rb") as lines:
                while line := lines.readline(_MAX_LINE):
                    self._take(line)
        except OSError:
            pass  # as the end of it
        with self._lock:
            self._gone = True
            waiting = list(self._answers.values())
        for answer in waiting:
            if not answer.done():
                answer.set_exception(GoneError("mpv is gone"))
        self._events.put(("shutdown", {}))

    def _take(self, line: bytes) -> None:
        try:
            report = json.loads(line)
        except (ValueError, RecursionError):
            return  # another program's, or a file name that is no text
        if not isinstance(report, dict):
            return
        kind = report.get("event")
        if isinstance(kind, str):
            self._events.put(_event(kind, report))
            return
        number = report.get("request_id")
        with self._lock:
            answer = self._answers.get(number) if isinstance(number, int) else None
        if answer is not None and not answer.done():
            answer.set_result(report)


def _event(kind: str, report: dict[str, Any]) -> _Event:
    match kind:
        case "property-change":
            return f"prop.{report.get('name')}", {"value": report.get("data")}
        case "start-file":
            return kind, {"playlist_entry_id": report.get("playlist_entry_id", 0)}
        case "end-file":
            reason = {"reason": str(report.get("reason", "unknown"))}
            if reason["reason"] == "error":
                reason["file_error"] = str(report.get("file_error", "error"))
            return kind, reason
    return kind, {}
