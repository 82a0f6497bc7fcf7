"""A trace to work on."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.commanding import TRACE


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace.jsonl"
    path.write_text(TRACE)
    return path
