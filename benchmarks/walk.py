"""``python benchmarks/walk.py --minutes 10``: walk over every state that a player can be in.

Breadth first, by all signals and by those that happen all the time, half of the time each;
see `tests/core/walking.py` for what makes a state. Stops with the signals that led there at the
first invariant that does not hold.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic

_ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(_ROOT), str(_ROOT / "tests"), str(_ROOT / "tests" / "core")]

from walking import CORE, FULL, Walk  # noqa: E402 (the walk is a test's)

_PLAYING = (
    {"signal": "loaded", "entry_id": "A", "duration": 8.0},
    {"signal": "playing"},
)


def _after(seconds: float) -> Callable[[], bool]:
    """A clock that says when so much time (s) has gone by."""
    end = monotonic() + seconds
    return lambda: monotonic() > end


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=1.0, metavar="M", help="how long")
    parser.add_argument("--nodes", type=int, default=200_000, help="how many may wait in memory")
    options = parser.parse_args()
    for name, alphabet in (("all signals", FULL), ("playback", CORE)):
        walk = Walk(alphabet, at_most=options.nodes)
        walk.begin(_PLAYING)
        walk.go_on(_after(30.0 * options.minutes))
        left = len(walk.waiting) + walk.left_out
        done = "complete" if not left else f"{left} states not walked from"
        print(
            f"{name}: {walk.transitions} transitions, {walk.states} states, depth {walk.depth}, "
            f"{len(walk.reached)} of 13 machine states; {done}; every invariant held"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
