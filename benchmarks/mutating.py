"""Small changes of the core's functions, which `mutants` judges; what to change `mutmut` says.

Left out are mutants that do the same as the original, by a rule and never one by one:
see `_Same`. `mutmut` itself changes no function with a decorator, `classmethod` and
`staticmethod` excepted, and nothing outside of functions.
"""

from __future__ import annotations
import __future__

import ast
import difflib
import importlib
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FunctionType
from typing import Any

import attrs
from mutmut.mutation.file_mutation import mutate_file_contents

ROOT = Path(__file__).parent.parent

#: What decides which events there are: the core, and the values that it is made of.
MODULES = (
    *("_fields", "signals", "events", "policy"),
    *(
        ".".join(path.relative_to(ROOT / "playertrack").with_suffix("").parts)
        for path in sorted((ROOT / "playertrack" / "core").rglob("*.py"))
        if path.stem != "__init__"
    ),
)

_FLAGS = __future__.annotations.compiler_flag


class _Same(ast.NodeTransformer):
    """Two functions that are alike after this do the same, or differ only in an `assert`.

    An `assert` says to the type checker what always holds: nothing makes one fail.
    """

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        return ast.Pass()


@attrs.frozen
class Mutant:
    """A function, and how it is changed."""

    module: str
    name: str
    owner: str | None
    before: ast.FunctionDef
    after: ast.FunctionDef

    @property
    def same(self) -> bool:
        """True if it does the same as the original."""
        if not any(isinstance(node, ast.Assert) for node in ast.walk(self.before)):
            return False
        return _likeness(self.before) == _likeness(self.after)

    @property
    def difference(self) -> str:
        """The lines that it changes."""
        before, after = (ast.unparse(each).splitlines() for each in (self.before, self.after))
        changed = list(difflib.unified_diff(before, after, n=0, lineterm=""))[2:]
        return "\n".join(f"    {line}" for line in changed if not line.startswith("@@"))

    def original(self) -> FunctionType:
        """The function that is in use."""
        real = importlib.import_module(f"playertrack.{self.module}")
        place = getattr(real, self.owner) if self.owner else real
        found = vars(place)[self.before.name]
        found = getattr(found, "__func__", found)  # of a `classmethod`
        assert isinstance(found, FunctionType)
        return found

    def apply(self) -> None:
        """Change it where it is in use."""
        original, changed = self.original(), self._compiled()
        original.__code__ = changed.__code__
        original.__defaults__ = changed.__defaults__
        original.__kwdefaults__ = changed.__kwdefaults__

    def _compiled(self) -> FunctionType:
        body: ast.stmt = _copy(self.after, decorated=False)
        if self.owner:  # for the sake of `super`
            body = ast.ClassDef(self.owner, [], [], [body], [])
        tree = ast.fix_missing_locations(ast.Module([body], []))
        names = dict(vars(importlib.import_module(f"playertrack.{self.module}")))
        made: dict[str, Any] = {}
        exec(compile(tree, "<mutant>", "exec", _FLAGS, dont_inherit=True), names, made)
        found = vars(made[self.owner])[self.before.name] if self.owner else made[self.before.name]
        assert isinstance(found, FunctionType)
        return found

    def whole_module(self) -> ast.Module:
        """Its module with the change in it."""
        tree = ast.parse(path_of(self.module).read_text("utf-8"))
        body = _class(tree, self.owner).body if self.owner else tree.body
        (index,) = (i for i, node in enumerate(body) if _is_named(node, self.before.name))
        body[index] = self.after
        return ast.fix_missing_locations(tree)


def mutants(module: str) -> Iterator[Mutant]:
    """All mutants of one module of the core."""
    path = path_of(module)
    source = path.read_text("utf-8")
    real = ast.parse(source)
    for node in ast.parse(mutate_file_contents(str(path), source).code).body:
        owner = node.name if isinstance(node, ast.ClassDef) else None
        originals = _class(real, owner).body if owner else real.body
        for function in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(function, ast.FunctionDef) and function.name.split("_")[-1].isdigit():
                # `x_NAME__mutmut_3` or `xǁCLASSǁNAME__mutmut_3`
                name, mangled = function.name, function.name.rpartition("__mutmut_")[0]
                function.name = mangled.rpartition("ǁ")[2].removeprefix("x_")
                (before,) = (each for each in originals if _is_named(each, function.name))
                assert isinstance(before, ast.FunctionDef)
                function.decorator_list = before.decorator_list
                yield Mutant(module, name, owner, before, function)


def path_of(module: str) -> Path:
    return (ROOT / "playertrack").joinpath(*module.split(".")).with_suffix(".py")


def _class(tree: ast.Module, name: str | None) -> ast.ClassDef:
    (found,) = (n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name)
    return found


def _is_named(node: ast.stmt, name: str) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name == name


def _likeness(function: ast.FunctionDef) -> str:
    return ast.dump(_Same().visit(_copy(function)))


def _copy(function: ast.FunctionDef, decorated: bool = True) -> ast.FunctionDef:
    copied = ast.parse(ast.unparse(function)).body[0]
    assert isinstance(copied, ast.FunctionDef)
    if not decorated:
        copied.decorator_list = []
    return copied


# ---------------------------------------------------------------------- what mypy says of them


def refused_by_mypy(survivors: Iterable[Mutant]) -> set[Mutant]:
    """Those that mypy finds, as `make types` would.

    Each is put into its module under a name of its own, and so is the original beside it, of
    which nothing counts that mypy says.
    """
    by_module = defaultdict(list)
    for mutant in survivors:
        by_module[mutant.module].append(mutant)
    spans: dict[str, dict[str, tuple[int, int]]] = {}
    command = [sys.executable, "-m", "mypy", "--no-error-summary"]
    with TemporaryDirectory() as folder:
        for module, found in by_module.items():
            text = _with_all(module, found)
            spans[module] = _spans(text)
            file = Path(folder, f"{module}.py")
            file.write_text(text, "utf-8")
            command += ["--shadow-file", str(path_of(module)), str(file)]
        said = subprocess.run(
            [*command, *(str(path_of(module)) for module in by_module)],
            check=False,
            capture_output=True,
            text=True,
            cwd=ROOT,
        ).stdout
    refused = set()
    for module, found in by_module.items():
        about = _said_about(said, path_of(module), spans[module])
        for number, mutant in enumerate(found):
            if about[f"after__{number}"] - about[f"before__{number}"]:
                refused.add(mutant)
    return refused


def _with_all(module: str, found: list[Mutant]) -> str:
    tree = ast.parse(path_of(module).read_text("utf-8"))
    for number, mutant in enumerate(found):
        for kind, function in (("before", mutant.before), ("after", mutant.after)):
            beside = _copy(function)
            beside.name = f"{kind}__{number}"
            (_class(tree, mutant.owner) if mutant.owner else tree).body.append(beside)
    return ast.unparse(ast.fix_missing_locations(tree))


def _spans(text: str) -> dict[str, tuple[int, int]]:
    """From which line to which each function goes, by name."""
    return {
        node.name: (node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
    }


def _said_about(
    said: str, path: Path, spans: dict[str, tuple[int, int]]
) -> defaultdict[str, set[str]]:
    """The errors in each function, by its name."""
    errors: defaultdict[str, set[str]] = defaultdict(set)
    for file, number, message in re.findall(r"(.+?):([0-9]+): error: (.+)", said):
        if ROOT / file == path:
            for name, (first, last) in spans.items():
                if first <= int(number) <= last:
                    errors[name].add(re.sub("(before|after)__[0-9]+", "", message))
    return errors
