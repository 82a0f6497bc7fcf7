"""How long the tests run that `make soak` has run for longer, and what they then report.

``PLAYERTRACK_SOAK=100 make soak`` makes them a hundred times as long as they are in `make test`.
"""

from __future__ import annotations

import os
import sys

import pytest

#: How many times as long.
SOAK = max(1, int(os.environ.get("PLAYERTRACK_SOAK", "10")))


def report(capsys: pytest.CaptureFixture[str], line: str) -> None:
    """Say what was counted, whether the test passes or not."""
    with capsys.disabled():
        sys.stderr.write(f"\n{line}\n")
