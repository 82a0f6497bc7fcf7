"""Helpers that the tests of the KS providers share."""

from __future__ import annotations

import traceback

import pytest

from playertrack.destinations.kaltura import ks as module


class Clock:
    """The monotonic clock of the providers, set by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(module, "monotonic", lambda: self.now)


def everything_of(error: BaseException) -> str:
    """All that is shown of an error, its causes and context included."""
    return repr(error) + "".join(traceback.format_exception(error))
