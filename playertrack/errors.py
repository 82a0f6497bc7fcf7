"""The exceptions that playertrack raises."""

from __future__ import annotations


class PlayertrackError(Exception):
    """Base of every error that playertrack raises on purpose."""


class FieldError(PlayertrackError, ValueError):
    """A value that cannot be used.

    ``field`` names it, ``value`` is what it held, and ``allowed`` says what would have been
    accepted. Where there is no value at all, ``value`` is ``...`` and ``allowed`` is the whole
    message, as in "timeupdate needs a position".
    """

    def __init__(self, field: str, value: object, allowed: str) -> None:
        self.field = field
        self.value = value
        self.allowed = allowed
        super().__init__(field, value, allowed)

    def __str__(self) -> str:
        if self.value is ...:
            return self.allowed
        return f"{self.field}: {shorten(self.value)} is not allowed; expected {self.allowed}"


class SignalError(FieldError):
    """A signal that cannot be valid; it is refused when it is made (contract, section 2)."""


class PolicyError(FieldError):
    """A policy value that cannot be used."""


class SnapshotError(PlayertrackError, ValueError):
    """Bytes that are no snapshot of an engine, or one of another version."""


class MissingLibraryError(PlayertrackError, ImportError):
    """The library of a player is not there; the message says what to install."""


def shorten(value: object, width: int = 60) -> str:
    """Show ``value`` in a message without letting a hostile one fill the screen."""
    try:
        text = repr(value)
    except Exception:
        # A broken __repr__, or an integer too long to print, must not hide the real error.
        text = f"<{type(value).__name__}>"
    return text if len(text) <= width else f"{text[: width - 1]}…"
