"""The surroundings of a process: threads, names, descriptors, clock, and code of its program.

Each part fails as a test wants it to. What hangs does so until the end, as the worst of its kind
does; but after a few that do so for ever the others return when the part is right again, since
only a few threads are ever left hanging.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from playertrack import _log
from playertrack.delivery.transport import _Connector
from playertrack.events import Event
from playertrack.outbox import BootClock
from playertrack.sinks import NullSink

#: A name that no other look-up is for.
HOST = "surroundings.test"

#: How each part may fail. The first are threads that cannot be started, by their names.
THREADS = ("sender", "dns", "outbox", "token")
FAULTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(THREADS, ("none",)),
    "descriptors": ("none",),
    "names": ("hang", "raise", "slow"),
    "ks": ("hang", "raise", "exit"),
    "beside": ("hang", "raise", "exit"),
    "on_error": ("hang", "raise", "exit"),
    "handler": ("hang", "raise", "exit"),
    "clock": ("unset", "back", "ahead"),
}

#: How far (s) a clock that can be right is off.
_OFF = {"back": -3600.0, "ahead": 86_400.0}

#: So many calls of each part never return.
_FOR_EVER = 3


class Surroundings:
    """The parts that fail at the moment are in ``faults``, each with how."""

    def __init__(self) -> None:
        self.faults: dict[str, str] = {}
        self._over = threading.Event()
        self._hung: Counter[str] = Counter()
        self._failures = 0
        #: How far (s) the clock is off.
        self.off = 0.0
        #: How far (s) it was whenever it could be right.
        self.offs = {0.0}

    def fail(self, part: str, how: str) -> None:
        """``part`` fails from now on."""
        self.faults[part] = how
        if part == "clock":
            self.off = 5.0 - time.time() if how == "unset" else _OFF[how]
            self.offs |= {self.off} - {self.off if how == "unset" else 0.0}

    def repair(self, part: str) -> None:
        """``part`` is right again."""
        self.faults.pop(part, None)
        if part == "clock":
            self.off = 0.0

    def misbehave(self, part: str) -> None:
        """Do what a part does that fails, if it does."""
        how = self.faults.get(part)
        if how == "raise":
            self._failures += 1
            raise OSError(self._failures, f"{part}: no")  # each of another kind
        if how == "exit":
            sys.exit(3)
        if how == "slow":
            time.sleep(0.03)
        if how == "hang":
            self._hung[part] += 1
            for_ever = self._hung[part] <= _FOR_EVER
            while not self._over.wait(60.0 if for_ever else 0.01):
                if not for_ever and self.faults.get(part) != "hang":
                    return
            raise OSError(f"{part}: it is over")

    # ------------------------------------------------------------------------- the parts

    def wall(self) -> float:
        """The wall clock (Unix time, s)."""
        return time.time() + self.off

    def clock(self) -> BootClock:
        """That of a program that is started now."""
        return BootClock(self.wall, time.monotonic, "this boot")

    @contextmanager
    def here(self) -> Iterator[None]:
        """Everything of the process is as it is said here; at the end all that hangs returns."""
        with ExitStack() as patched:
            patched.callback(self._over.set)
            for owner, name in (
                (threading.Thread, "start"),
                (socket.socket, "__init__"),
                (asyncio, "new_event_loop"),
                (socket, "getaddrinfo"),
            ):
                patched.enter_context(patch.object(owner, name, self._instead(owner, name)))
            # Each connection asks for its name anew.
            patched.enter_context(patch.object(_Connector, "__init__", _without_cache))
            patched.enter_context(patch.object(_log, "_PATIENCE", 0.1))
            handler = _Handler(self)
            logging.getLogger("playertrack").addHandler(handler)
            patched.callback(logging.getLogger("playertrack").removeHandler, handler)
            yield

    def _instead(self, owner: Any, name: str) -> Any:
        real, check = getattr(owner, name), getattr(self, f"_{name.strip('_')}")

        def checked(*args: Any, **options: Any) -> Any:
            return real(*(check(*args) or args), **options)

        return checked

    def _start(self, thread: threading.Thread) -> None:
        if thread.name.removeprefix("playertrack-") in self.faults:
            raise RuntimeError("can't start new thread")

    def _init(self, *args: Any) -> None:
        if threading.current_thread().name == "playertrack-sender" and "descriptors" in self.faults:
            raise OSError(errno.EMFILE, "Too many open files")

    _new_event_loop = _init

    def _getaddrinfo(self, host: Any, *args: Any) -> tuple[Any, ...] | None:
        if host != HOST:
            return None
        self.misbehave("names")
        return ("127.0.0.1", *args)


_connector_made = _Connector.__init__


def _without_cache(connector: _Connector, **options: Any) -> None:
    _connector_made(connector, **{**options, "ttl_dns_cache": 0})


class _Handler(logging.Handler):
    """A log handler of the program."""

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__()
        self._surroundings = surroundings
        # The program's own thread has to wait for it, like all that it calls.
        self.addFilter(lambda record: record.threadName != "MainThread")

    def emit(self, record: logging.LogRecord) -> None:
        self._surroundings.misbehave("handler")


class Beside(NullSink):
    """A sink of the program, beside the one that delivers; ``seen`` has what it was given."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.seen: list[Event] = []
        self._surroundings = surroundings

    def emit(self, event: Event) -> None:
        self.seen.append(event)
        self._surroundings.misbehave("beside")

    def on_error(self, sink: object, error: Exception) -> None:
        """Called when one of its sinks fails."""
        self._surroundings.misbehave("on_error")
