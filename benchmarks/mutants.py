"""``python benchmarks/mutants.py 500``: judge a random sample of the core's mutants.

All of them (`make mutants`) take hours. The same number and seed draw the same mutants of the
same sources. Names of modules after the number draw from those alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

_MUTMUT = str(Path(sys.executable).with_name("mutmut"))
_RESULTS = Path("mutants", "playertrack")
_KILLED = 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("count", type=int, help="how many mutants")
    parser.add_argument("modules", nargs="*", help="only those of these modules")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--max-children", default="1", help="how many at once")
    options = parser.parse_args()
    run = [_MUTMUT, "run", "--max-children", options.max_children]
    if not _RESULTS.exists():
        # Nothing goes by this name, so that the mutants are made and none is judged.
        subprocess.run([*run, "none"], check=False)
    names = [name for name in _judged() if not options.modules or _module(name) in options.modules]
    drawn = sorted(Random(options.seed).sample(sorted(names), min(options.count, len(names))))
    subprocess.run([*run, *drawn], check=True)
    results = _judged()
    print(f"\n{len(drawn)} of {len(names)} mutants")
    total, survived = Counter(map(_module, drawn)), Counter[str]()
    for name in drawn:
        if results[name] != _KILLED:
            survived[_module(name)] += 1
            print(f"  {name}: exit code {results[name]}")
    for module in sorted(total):
        print(f"{module:12} {total[module]:4} {survived[module]:4} survived")
    lost = survived.total()
    print(f"{'all':12} {len(drawn):4} {lost:4} survived, {100 * lost / len(drawn):.1f} %")
    return 0


def _judged() -> dict[str, int | None]:
    """The exit code of the tests for each mutant; None where they were not run."""
    found: dict[str, int | None] = {}
    for file in sorted(_RESULTS.glob("*.meta")):
        found |= json.loads(file.read_text("utf-8"))["exit_code_by_key"]
    return found


def _module(mutant: str) -> str:
    return mutant.split(".")[1]


if __name__ == "__main__":
    sys.exit(main())
