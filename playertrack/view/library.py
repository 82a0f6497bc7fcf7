"""The page's data: rows for the table, and the detail of the chosen session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from .detail import Detail
from .rows import SessionRow


class Library(Protocol):
    """Sessions to look at. Everything is called in the server's loop.

    ``title`` names it, ``live`` says that sessions arrive by themselves; ``collector`` that
    they are what a server received. ``note`` says how far reading is, ``problems`` what could
    not be read. ``version`` grows whenever something changed.
    """

    title: str
    live: bool
    collector: bool

    @property
    def rows(self) -> Sequence[SessionRow]:
        """All sessions, in the library's order."""

    @property
    def version(self) -> int:
        """Grows with every change."""

    @property
    def note(self) -> str:
        """How far reading is; empty when all is read."""

    @property
    def problems(self) -> Sequence[str]:
        """Messages on input that could not be read."""

    def find(self, session: str, place: str) -> SessionRow | None:
        """The row of a session; ``place``, its number, separates rows of the same id."""

    def detail(self, row: SessionRow) -> Detail | None:
        """All of one session; None if it is gone. May take a moment, and runs in a thread."""

    def listen(self, call: Callable[[], object]) -> Callable[[], None]:
        """``call`` after each change, from any thread; returns what ends that."""
