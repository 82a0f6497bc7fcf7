"""``python benchmarks/mutants.py``: change the core in small ways, and see whether a test fails.

What `mutmut` would change is taken from it; the tests are run in another way, which is some
twenty times quicker: they are collected once, and for each mutant a fork of that process gets
the code of the one function that is another, and runs them until the first fails. A mutant that
survives is a line that no test needs.

``--sample 500`` judges so many, drawn at random; the same number and seed draw the same ones of
the same sources. Names of modules judge those alone.
"""

from __future__ import annotations
import __future__

import argparse
import ast
import importlib
import os
import resource
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import FunctionType
from typing import Any

import attrs
import pytest
from mutmut.mutation.file_mutation import mutate_file_contents

_ROOT = Path(__file__).parent.parent

#: What decides which events there are: the core, and the values that it is made of.
MODULES = (
    *("_fields", "signals", "events", "policy"),
    *(
        ".".join(path.relative_to(_ROOT / "playertrack").with_suffix("").parts)
        for path in sorted((_ROOT / "playertrack" / "core").rglob("*.py"))
        if path.stem != "__init__"
    ),
)

#: The tests of all the core, those of one module, and those that take long.
_ALL = (
    *("core/test_rules", "core/test_engine", "core/test_diagnostics", "core/test_summaries"),
    *("core/test_timers", "core/test_snapshots", "trace/test_conformance_cases"),
)
_OWN = {
    "_fields": ("test_signals",),
    "signals": ("test_signals", "test_signal_records"),
    "events": ("test_events",),
    "policy": ("test_policy",),
    "core.playhead": ("core/test_playhead",),
    "core.rangeset": ("core/test_rangeset",),
    "core.fleet": ("core/test_fleet",),
    "core.fleet_views": ("core/test_fleet",),
    "core.timer_heap": ("core/test_fleet",),
    "core.reorder": ("core/test_reorder", "core/test_fleet"),
    "core.snapshot": ("core/test_stored_snapshots", "core/test_fleet"),
    "core.quick": ("core/test_fleet",),
    "core.machine": ("core/test_machine_table",),
}
_SLOW = ("core/test_machine", "core/test_properties")

#: After so much CPU time (s) the tests will not end any more.
_LIMIT = 40

_FLAGS = __future__.annotations.compiler_flag


@attrs.frozen
class Mutant:
    """A function that is to have another body."""

    name: str
    module: str
    original: Any
    body: Any

    def apply(self) -> None:
        self.original.__code__ = self.body.__code__
        self.original.__defaults__ = self.body.__defaults__
        self.original.__kwdefaults__ = self.body.__kwdefaults__


def mutants(module: str) -> Iterator[Mutant]:
    """All mutants of one module of the core."""
    path = (_ROOT / "playertrack").joinpath(*module.split(".")).with_suffix(".py")
    changed = mutate_file_contents(str(path), path.read_text("utf-8")).code
    real = importlib.import_module(f"playertrack.{module}")
    for node in ast.parse(changed).body:
        owner = node if isinstance(node, ast.ClassDef) else None
        for function in owner.body if owner else [node]:
            if isinstance(function, ast.FunctionDef) and function.name.split("_")[-1].isdigit():
                place = getattr(real, owner.name) if owner else real
                name = function.name
                original = _plain(vars(place)[_name(name)])
                yield Mutant(name, module, original, _compiled(function, owner, vars(real)))


def _name(mutant: str) -> str:
    """The name of the function that ``x_NAME__mutmut_3`` or ``xǁCLASSǁNAME__mutmut_3`` changes."""
    return mutant.rpartition("__mutmut_")[0].rpartition("ǁ")[2].removeprefix("x_")


def _plain(found: Any) -> FunctionType:
    """The function itself, without what decorates it."""
    found = getattr(found, "fget", None) or getattr(found, "__func__", found)
    function = getattr(found, "__wrapped__", found)
    assert isinstance(function, FunctionType)
    return function


def _compiled(
    function: ast.FunctionDef, owner: ast.ClassDef | None, names: dict[str, Any]
) -> FunctionType:
    function.decorator_list = []
    body: ast.stmt = function
    if owner:  # for the sake of `super`
        body = ast.ClassDef(owner.name, [], [], [function], [])
    tree = ast.fix_missing_locations(ast.Module([body], []))
    made: dict[str, Any] = {}
    exec(compile(tree, "<mutant>", "exec", _FLAGS, dont_inherit=True), dict(names), made)
    found = vars(made[owner.name])[function.name] if owner else made[function.name]
    assert isinstance(found, FunctionType)
    return found


class Judge:
    """A pytest plugin that runs the tests once as they are, and once for each mutant."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.drawn: list[Mutant] = []
        self.survived: list[Mutant] = []

    def draw(self) -> list[Mutant]:
        """The mutants that are wanted."""
        made = [mutant for module in self.options.modules for mutant in mutants(module)]
        drawn = made
        if self.options.only is not None:
            names = Path(self.options.only).read_text("utf-8").split()
            drawn = [mutant for mutant in made if mutant.name in names]
        if self.options.sample is not None:
            drawn = Random(self.options.seed).sample(drawn, min(self.options.sample, len(drawn)))
        print(f"{len(drawn)} of {len(made)} mutants", flush=True)
        return drawn

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.drawn = self.draw()
        # Most mutants fail many tests: one is soon found if they come in any order.
        Random(0).shuffle(session.items)
        session.items.sort(key=lambda item: _kind(item) in _SLOW)
        if not _passes(session, None):
            raise session.Failed("the tests fail without any mutant")
        for number, mutant in enumerate(self.drawn, 1):
            if _passes(session, mutant):
                self.survived.append(mutant)
                print(f"survived: {mutant.module} {mutant.name}", flush=True)
            if number % 50 == 0:
                print(f"{number}: {len(self.survived)} survived", flush=True)
        return True


def _kind(item: pytest.Item) -> str:
    """Its file, as `_ALL` and the others name it."""
    return item.path.relative_to(_ROOT / "tests").with_suffix("").as_posix()


def _passes(session: pytest.Session, mutant: Mutant | None) -> bool:
    """True if all tests pass, in a process of their own."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    resource.setrlimit(resource.RLIMIT_CPU, (_LIMIT, _LIMIT))
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    items = session.items
    if mutant is not None:
        mutant.apply()
        wanted = (*_ALL, *_SLOW, *_OWN.get(mutant.module, ()))
        items = [item for item in items if _kind(item) in wanted]
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            os._exit(1)
    os._exit(0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("modules", nargs="*", default=MODULES, metavar="MODULE")
    parser.add_argument("--sample", type=int, metavar="N", help="judge so many, drawn at random")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="without the tests that take long")
    parser.add_argument("--only", metavar="NAMES", help="judge those in this file, one a line")
    options = parser.parse_args()
    judge = Judge(options)
    kinds = {*_ALL, *sum(_OWN.values(), ()), *(() if options.quick else _SLOW)}
    tests = [str(_ROOT / "tests" / f"{name}.py") for name in sorted(kinds)]
    quietly = ["-q", "-s", "--timeout=0", "-p", "no:cacheprovider", "--hypothesis-profile=few"]
    code = pytest.main([*quietly, *tests], plugins=[judge])
    total = Counter(mutant.module for mutant in judge.drawn)
    survived = Counter(mutant.module for mutant in judge.survived)
    for module in total:
        print(f"{module:28} {total[module]:5} {survived[module]:4} survived")
    share = 100 * survived.total() / max(1, total.total())
    print(f"{'all':28} {total.total():5} {survived.total():4} survived, {share:.1f} %")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
