"""Runs of pytest within this process, which is quicker by the seconds that pytest takes to start.

Such a run forgets the modules that it was the first to import. Those that it needs are imported
here, or a second run would have other classes of the same names.
"""

from __future__ import annotations

import pytest

import playertrack.testing.assertions
import playertrack.testing.bench
import playertrack.testing.engines
import playertrack.testing.golden
import playertrack.testing.network
import playertrack.testing.strategies  # noqa: F401 - loads Hypothesis


def run(suite: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run the tests of ``suite``."""
    return suite.runpytest_inprocess(
        *("-p", "no:xdist", "-o", "asyncio_default_fixture_loop_scope=function"), *arguments
    )
