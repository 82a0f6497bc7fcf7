"""What tests share: a clip to play, and how long the properties look for a counterexample.

``--hypothesis-profile=long`` looks for hours.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from playertrack_av.clips import make_clip

settings.register_profile("long", deadline=None, max_examples=20_000, print_blob=True)
# Enough to find what a mutant changes everywhere; the tables find the rest.
settings.register_profile("few", deadline=None, max_examples=10, derandomize=True, database=None)


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds of picture and sound, for real players."""
    return make_clip(tmp_path_factory.mktemp("film") / "film.mp4", 6.0)
