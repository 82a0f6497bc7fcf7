"""The players that an example needs."""

from __future__ import annotations

from pathlib import Path

import pytest


def needs(library: str, *files: Path) -> None:
    """Leave the test out where a player is missing; on CI that is a failure (`conftest`)."""
    pytest.importorskip(library, exc_type=ImportError)
    for file in files:
        if not file.exists():
            pytest.skip(f"there is no {file}: make players")
