"""A client of an mpv core, beside the one that python-mpv has.

The core keeps the events and observed properties of each client apart. So nothing observed here
shows up in the program's own observers, and all of it goes away with the client.
"""

from __future__ import annotations

import ctypes
from typing import Any

from playertrack.errors import PlayertrackError

from .core import RefusedError
from .library import mpv

_create = mpv.backend["mpv_create_weak_client"]
_create.argtypes, _create.restype = [mpv.MpvHandle, ctypes.c_char_p], mpv.MpvHandle
_destroy = mpv.backend["mpv_destroy"]
_destroy.argtypes, _destroy.restype = [mpv.MpvHandle], None
_observe = mpv.backend["mpv_observe_property"]
_observe.argtypes = [mpv.MpvHandle, ctypes.c_ulonglong, ctypes.c_char_p, ctypes.c_int]
_wait = mpv.backend["mpv_wait_event"]
_wait.argtypes = [mpv.MpvHandle, ctypes.c_double]
_wait.restype = ctypes.POINTER(mpv.MpvEvent)
_wakeup = mpv.backend["mpv_wakeup"]
_wakeup.argtypes, _wakeup.restype = [mpv.MpvHandle], None
_command = mpv.backend["mpv_command"]
_command.argtypes = [mpv.MpvHandle, ctypes.POINTER(ctypes.c_char_p)]
_set = mpv.backend["mpv_set_property_string"]
_set.argtypes = [mpv.MpvHandle, ctypes.c_char_p, ctypes.c_char_p]
_get = mpv.backend["mpv_get_property_string"]
_get.argtypes, _get.restype = [mpv.MpvHandle, ctypes.c_char_p], ctypes.c_void_p
_free = mpv.backend["mpv_free"]
_free.argtypes = [ctypes.c_void_p]
_get_as = mpv.backend["mpv_get_property"]
_get_as.argtypes = [mpv.MpvHandle, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p]
_name = mpv.backend["mpv_event_name"]
_name.argtypes, _name.restype = [ctypes.c_int], ctypes.c_char_p
_describe = mpv.backend["mpv_error_string"]
_describe.argtypes, _describe.restype = [ctypes.c_int], ctypes.c_char_p

_DOUBLE = 5  # MPV_FORMAT_DOUBLE
_NODE = 6  # MPV_FORMAT_NODE: a value of whatever type it has

_REASONS = {0: "eof", 2: "stop", 3: "quit", 4: "error", 5: "redirect"}


def address(player: mpv.MPV) -> int | None:
    """The address of a player's core, which identifies it; None if it was terminated."""
    return None if player.handle is None else ctypes.cast(player.handle, ctypes.c_void_p).value


def checked(player: object) -> mpv.MPV:
    """``player``, if it is one that can be measured; raises TypeError or PlayertrackError."""
    if not isinstance(player, mpv.MPV):
        raise TypeError(
            f"expected an mpv.MPV of python-mpv, not {player!r}: an object around one has it "
            "as an attribute; an mpv that runs as a process is measured by track_process"
        )
    if player.handle is None:
        raise PlayertrackError("this player was terminated: measure the one that follows it")
    return player


class Client:
    """A weak client: it does not keep the player alive. `destroy` must be the last call."""

    def __init__(self, player: mpv.MPV) -> None:
        if player.handle is None:
            raise ValueError("the player was terminated")
        self._handle = _create(player.handle, b"playertrack")
        if not self._handle:
            raise MemoryError("mpv makes no client")

    def observe(self, name: str) -> None:
        """Have `next` report the property now, and each time it changes."""
        _observe(self._handle, 0, name.encode(), _NODE)

    def next(self, timeout: float) -> tuple[str, dict[str, Any]] | None:
        """The kind and values of the next event, as a record has them.

        None after ``timeout`` (s; negative: not at all) and after `wake`.
        """
        event = _wait(self._handle, timeout).contents
        kind = _name(event.event_id.value).decode()
        match kind:
            case "none":
                return None
            case "property-change":
                changed = event.data
                return f"prop.{changed.name}", {"value": changed.value}
            case "start-file":
                return kind, {"playlist_entry_id": event.data.playlist_entry_id}
            case "end-file":
                return kind, _why(event.data)
        return kind, {}

    def wake(self) -> None:
        """Have `next` return; from any thread."""
        _wakeup(self._handle)

    def command(self, *words: str) -> None:
        """Give a command; `RefusedError` if mpv does not take it."""
        encoded = [word.encode() for word in words]
        code = _command(self._handle, (ctypes.c_char_p * (len(words) + 1))(*encoded, None))
        if code < 0:
            raise RefusedError(words[0], code, _describe(code).decode())

    def set(self, name: str, value: str) -> None:
        """Set a property; `RefusedError` if it cannot have that value."""
        code = _set(self._handle, name.encode(), value.encode())
        if code < 0:
            raise RefusedError(name, code, _describe(code).decode())

    def get(self, name: str) -> str | None:
        """A property as text; None if it has no value at present."""
        held = _get(self._handle, name.encode())
        if not held:
            return None
        text = ctypes.string_at(held).decode(errors="replace")
        _free(held)
        return text

    def seconds(self, name: str) -> float | None:
        """A property that is a time; None if it has no value at present."""
        value = ctypes.c_double()
        code = _get_as(self._handle, name.encode(), _DOUBLE, ctypes.byref(value))
        return None if code < 0 else value.value

    def destroy(self) -> None:
        """Give the client up."""
        _destroy(self._handle)


def _why(end: Any) -> dict[str, Any]:
    reason = _REASONS.get(end.reason, str(end.reason))
    if reason != "error":
        return {"reason": reason}
    return {"reason": reason, "file_error": _describe(end.error).decode()}
