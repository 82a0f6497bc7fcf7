"""Makes input and output fail on one thread."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

#: Modules in C whose functions wait for a disk or a network; and others that wait.
_WAITING = {"posix", "nt", "_io", "_socket", "select", "_sqlite3", "sqlite3", "_ssl", "fcntl"}
_WAITING_FUNCTIONS = {("time", "sleep")}
#: The system's random numbers wait for nothing.
_ALLOWED = {"urandom", "getrandom"}
#: The interpreter's audit events to watch, out of many.
_AUDITED = ("open", "import", "os.", "socket.", "sqlite3.", "subprocess.", "shutil.", "glob.")

_forbidden = threading.local()


class InputOutputError(AssertionError):
    """There was some where none may be."""


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    calls = getattr(_forbidden, "calls", None)
    if calls is not None and event.startswith(_AUDITED):
        calls.append(f"audited: {event} {arguments!r}")
        raise InputOutputError(calls[-1])


@cache
def _install() -> None:
    """Hooks cannot be removed, so there is one for all tests; `conftest` has these run last.

    It runs whenever a thread begins to be traced, and in Python 3.11 another thread that
    begins meanwhile dies of that.
    """
    sys.addaudithook(_audit)


@contextmanager
def no_io() -> Iterator[list[str]]:
    """Within it, whatever waits for a disk or a network fails on this thread.

    Gives the names of the functions in C that were called, so that a test can check that
    anything was watched at all. What failed fails again at the end, even if it was caught.
    """
    _install()
    seen: list[str] = []
    _forbidden.calls = calls = list[str]()

    def watch(frame: Any, event: str, called: Any) -> None:
        if event != "c_call":
            return
        owner = type(getattr(called, "__self__", None)).__module__
        module = called.__module__ or owner
        name = called.__name__
        seen.append(name)
        if name in _ALLOWED:
            return
        if module in _WAITING or owner in _WAITING or (module, name) in _WAITING_FUNCTIONS:
            calls.append(f"{module}.{name}")
            raise InputOutputError(calls[-1])

    gc.disable()  # what others do when it runs is not the caller's doing
    sys.setprofile(watch)
    try:
        yield seen
    finally:
        sys.setprofile(None)
        _forbidden.calls = None
        gc.enable()
    if calls:
        raise InputOutputError(", ".join(calls))
