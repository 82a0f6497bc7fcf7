"""The binding's view of an mpv, in this process (`client`) or another one (`ipc`)."""

from __future__ import annotations

from typing import Any, Protocol

#: MPV_ERROR_COMMAND: what a seek gets before there is anything to seek in.
TOO_EARLY = -12


class RefusedError(Exception):
    """mpv refuses a command; ``code`` is its number for why."""

    def __init__(self, command: str, code: int, why: str) -> None:
        self.code = code
        super().__init__(f"{command}: {why}")


class Core(Protocol):
    """A client of the core of an mpv."""

    def observe(self, name: str) -> None:
        """Have `next` report the property now, and each time it changes."""

    def next(self, timeout: float) -> tuple[str, dict[str, Any]] | None:
        """The kind and values of the next event, as a record has them.

        None after ``timeout`` (s; negative: not at all) and after `wake`.
        """

    def wake(self) -> None:
        """Have `next` return; from any thread."""

    def command(self, *words: str) -> None:
        """Give a command; `RefusedError` if mpv does not take it."""

    def set(self, name: str, value: str) -> None:
        """Set a property; `RefusedError` if it cannot have that value."""

    def get(self, name: str) -> str | None:
        """A property as text; None if it has no value at present."""

    def seconds(self, name: str) -> float | None:
        """A property that is a time; None if it has no value at present.

        What happened before is there for `next`.
        """

    def destroy(self) -> None:
        """Give the client up."""
