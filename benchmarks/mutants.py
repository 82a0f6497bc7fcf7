"""``python -m benchmarks.mutants``: change the core in small ways, and see whether a test fails.

What `mutmut` would change is taken from it; the tests are run in another way, which is far
quicker: they are collected once, and run once as they are, to see which function each of them
calls. For each mutant a fork of that process gets the code of the one function that is another,
and runs the tests that call it until the first fails. A mutant that survives is a line that no
test needs.

A function may also have run before the tests began, when its module was imported or the tests
were collected: what it did then, a fork has from the original. A mutant of such a function that
survives is judged again in a process of its own, which imports the changed module.

Of those that survive, mypy (`make types`) finds some, which are counted by themselves.

``--sample 500`` judges so many, drawn at random; the same number and seed draw the same ones of
the same sources. Names of modules judge those alone.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from time import process_time
from types import CodeType, FrameType, ModuleType

import pytest

from .mutating import MODULES, ROOT, Mutant, mutants, path_of, refused_by_mypy

#: The tests of all the core and of its modules, and those that take long.
_TESTS = (
    *("test_signals", "test_signal_records", "test_events", "test_policy"),
    *("core/test_rules", "core/test_engine", "core/test_diagnostics", "core/test_summaries"),
    *("core/test_timers", "core/test_snapshots", "core/test_stored_snapshots"),
    *("core/test_playhead", "core/test_rangeset", "core/test_fleet", "core/test_reorder"),
    *("core/test_fleet_order", "core/test_fleet_members", "core/test_skim"),
    *("core/test_advance", "core/test_session_ids"),
    *("core/test_machine_table", "core/test_quick", "trace/test_conformance_cases"),
)
_SLOW = ("core/test_machine", "core/test_properties")

#: A test that takes so much CPU time (s) more than thrice what it takes will not end any more.
_PATIENCE = 5.0

#: All tests but the slow ones may take so long (s of CPU time) in a process of their own.
_LIMIT = 300

#: Where a function is: its file, and its first line.
Place = tuple[str, int]


# ---------------------------------------------------------------------- in a process of its own


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the module of a mutant with the change in it."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(
        self, fullname: str, path: object, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != f"playertrack.{self.mutant.module}":
            return None
        return importlib.util.spec_from_file_location(
            fullname, path_of(self.mutant.module), loader=self
        )

    def exec_module(self, module: ModuleType) -> None:
        code = compile(self.mutant.whole_module(), str(module.__file__), "exec", dont_inherit=True)
        exec(code, vars(module))


def _judge_alone(name: str) -> int:
    """Run all tests but the slow ones on one mutant; 0 if they pass."""
    module, _, name = name.partition(":")
    (mutant,) = (each for each in mutants(module) if each.name == name)
    sys.meta_path.insert(0, _Changed(mutant))
    resource.setrlimit(resource.RLIMIT_CPU, (_LIMIT, _LIMIT))
    return int(pytest.main(["-x", *_arguments(_TESTS)]))


# ---------------------------------------------------------------------- in forks


class Judge:
    """A pytest plugin that runs the tests once as they are, and some of them for each mutant."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.drawn: list[Mutant] = []
        self.survived: list[Mutant] = []
        self.judged = 0
        self._before = Calls()  # all that comes before the tests
        self._before.start()

    def draw(self) -> list[Mutant]:
        """The mutants that are wanted."""
        made = [mutant for module in self.options.modules for mutant in mutants(module)]
        drawn = made
        if self.options.only is not None:
            names = Path(self.options.only).read_text("utf-8").split()
            drawn = [mutant for mutant in made if mutant.name in names]
        print(f"{len(drawn)} mutants", flush=True)
        drawn = [mutant for mutant in drawn if not mutant.same]
        print(f"{len(drawn)} that do something else", flush=True)
        if self.options.sample is not None:
            drawn = Random(self.options.seed).sample(drawn, min(self.options.sample, len(drawn)))
        return drawn

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._before.stop()
        early = self._before.places
        self.drawn = self.draw()
        # Most mutants fail many tests: one is soon found if they come in any order.
        Random(0).shuffle(session.items)
        calls, seconds = _as_they_are(session)
        order = sorted(range(len(session.items)), key=lambda i: round(seconds[i], 1))
        for number, mutant in enumerate(self.drawn, 1):
            place = _place(mutant.original().__code__)
            chosen = [(session.items[i], seconds[i]) for i in order if place in calls[i]]
            survives = _passes(mutant, chosen, session)
            if survives and place in early:
                survives = _passes_alone(mutant)
            if survives:
                self.survived.append(mutant)
                print(f"survived: {mutant.module} {mutant.name}\n{mutant.difference}", flush=True)
            self.judged = number
            if number % 50 == 0:
                print(f"{number}: {len(self.survived)} survived", flush=True)
        return True


class Calls:
    """Notes which functions are called, from `start` to `stop`."""

    def __init__(self) -> None:
        # By id: a code object hashes all that it holds each time.
        self._codes: dict[int, CodeType] = {}

    def start(self) -> None:
        sys.settrace(self._note)

    def stop(self) -> None:
        sys.settrace(None)

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        self._codes[id(code)] = code

    @property
    def places(self) -> set[Place]:
        """The functions of this project."""
        codes = self._codes.values()
        return {_place(code) for code in codes if code.co_filename.startswith(str(ROOT))}


def _place(code: CodeType) -> Place:
    return code.co_filename, code.co_firstlineno


def _as_they_are(session: pytest.Session) -> tuple[list[set[Place]], list[float]]:
    """The functions that each test calls, and its CPU time (s); without any mutant."""
    source, sink = os.pipe()
    child = os.fork()
    if not child:
        os.close(source)
        _in_silence()
        with os.fdopen(sink, "w") as out:
            for item in session.items:
                begun = process_time()
                calls = Calls()
                calls.start()
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
                calls.stop()
                out.write(json.dumps([list(calls.places), process_time() - begun]) + "\n")
        os._exit(bool(session.testsfailed))
    os.close(sink)
    with os.fdopen(source) as lines:
        noted = [json.loads(line) for line in lines]
    if os.waitpid(child, 0)[1] or len(noted) < len(session.items):
        raise session.Failed("the tests fail without any mutant")
    called = [{(file, line) for file, line in places} for places, _ in noted]
    return called, [seconds for _, seconds in noted]


def _passes(
    mutant: Mutant, chosen: Sequence[tuple[pytest.Item, float]], session: pytest.Session
) -> bool:
    """True if all of the tests pass, in a process of their own."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    _in_silence()
    mutant.apply()
    for item, seconds in chosen:
        signal.setitimer(signal.ITIMER_PROF, 3 * seconds + _PATIENCE)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        if session.testsfailed:
            os._exit(1)
    os._exit(0)


def _passes_alone(mutant: Mutant) -> bool:
    """True if the tests pass in a process that imports the changed module."""
    command = [sys.executable, "-m", "benchmarks.mutants"]
    command += ["--alone", f"{mutant.module}:{mutant.name}"]
    return subprocess.run(command, check=False, capture_output=True, cwd=ROOT).returncode == 0


def _in_silence() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


# ---------------------------------------------------------------------- the command


def _arguments(tests: Sequence[str]) -> list[str]:
    files = [str(ROOT / "tests" / f"{name}.py") for name in tests]
    quick = ["-q", "-s", "--timeout=0", "-p", "no:cacheprovider", "--hypothesis-profile=few"]
    # It would import what it rewrites by itself.
    return [*quick, "--assert=plain", *files]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("modules", nargs="*", default=MODULES, metavar="MODULE")
    parser.add_argument("--sample", type=int, metavar="N", help="judge so many, drawn at random")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="without the tests that take long")
    parser.add_argument("--only", metavar="NAMES", help="judge those in this file, one a line")
    parser.add_argument("--alone", metavar="MODULE:NAME", help="judge one from its import on")
    options = parser.parse_args()
    if options.alone is not None:
        return _judge_alone(options.alone)
    judge = Judge(options)
    tests = _TESTS if options.quick else (*_TESTS, *_SLOW)
    code = int(pytest.main(_arguments(tests), plugins=[judge]))
    if judge.judged < max(1, len(judge.drawn)):
        print(
            "the tests fail without any mutant, or none was found: nothing is judged",
            file=sys.stderr,
        )
        return code or 1
    _report(judge.drawn, judge.survived)
    return code


def _report(drawn: Sequence[Mutant], survived: Sequence[Mutant]) -> None:
    refused = refused_by_mypy(survived)
    for mutant in refused:
        print(f"refused by mypy: {mutant.module} {mutant.name}")
    counts = [Counter(m.module for m in each) for each in (drawn, survived, refused)]
    for module in counts[0]:
        print(_row(module, *(count[module] for count in counts)))
    print(_row("all", *(count.total() for count in counts)))


def _row(name: str, total: int, passed: int, refused: int) -> str:
    left, all_ = passed - refused, max(1, total)
    return (
        f"{name:24} {total:5}; pass the tests: {passed:3} {passed / all_:5.1%};"
        f" and mypy: {left:3} {left / all_:5.1%}"
    )


if __name__ == "__main__":
    sys.exit(main())
