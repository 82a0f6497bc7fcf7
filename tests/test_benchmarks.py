"""`python -m benchmarks`: the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_a_measure_needs_no_library_of_another() -> None:
    """The page on scale names measures to someone who installed what they need."""
    run = (
        "import sys; sys.modules['av'] = None; sys.argv[1:] = ['fleets', '--quick', '--json']; "
        "from benchmarks.__main__ import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", run], cwd=ROOT, capture_output=True, check=True)
    assert [row["unit"] for row in json.loads(done.stdout)["rows"]] == ["ms", "ms"]
