"""How long the properties look for a counterexample: ``--hypothesis-profile=long`` for hours."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("long", deadline=None, max_examples=20_000, print_blob=True)
