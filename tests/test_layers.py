"""The layout: who may import whom, what the core may not touch, how long a module may grow.

Nothing is run but the test of what ``import playertrack`` loads; the sources are read.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "playertrack"
ADAPTERS = ROOT / "adapters"
MAX_LINES = 400

#: What each room of the house may import from, besides itself; ``top`` is the modules that lie
#: in the package's own folder. A room is a folder, so a new module has its place already.
ROOMS: dict[str, set[str]] = {
    "top": set(),
    "core": {"top"},
    "trace": {"top", "core"},
    "columns": {"top", "core", "trace"},
    "spark": {"top", "core", "trace", "columns"},
    "sinks": {"top", "trace"},
    "outbox": {"top"},
    "delivery": {"top", "outbox"},
    "destinations": {"top", "outbox", "delivery", "sinks"},
    "live": {"top", "core", "trace", "sinks"},
    "timeline": {"top", "core", "trace"},
    "view": {"top", "core", "trace", "timeline", "columns"},
    "collector": {
        *("top", "core", "trace", "outbox", "delivery", "destinations", "timeline", "view"),
    },
    "testing": {
        *("top", "core", "trace", "sinks", "outbox", "delivery", "destinations"),
        *("live", "timeline", "view", "collector"),
    },
    "cli": {
        *("top", "core", "trace", "sinks", "outbox", "delivery", "destinations"),
        *("live", "timeline", "view", "collector", "testing", "columns"),
    },
}

#: The core is a function of its signals, so nothing else that it could ask or say gets in.
IMPURE = {
    *("time", "datetime", "random", "secrets", "uuid"),
    *("os", "io", "sys", "pathlib", "tempfile", "socket", "subprocess", "sqlite3"),
    *("asyncio", "concurrent", "multiprocessing", "threading"),
    *("logging", "warnings"),
}
IMPURE_CALLS = {"open", "print", "input"}
ALLOWED = {"playertrack.core.session": {"uuid"}}
CORE_NEEDS = {"attrs", "msgspec", "transitions"}

#: What an adapter may know of the engine.
PUBLIC_CORE = ("playertrack.core.session", "playertrack.core.engine", "playertrack.core.fleet")

HEAVY = {"aiohttp", "argparse", "asyncio", "av", "gi", "mpv", "rich", "vlc"}


def name_of(path: Path) -> str:
    """``playertrack/sinks/jsonl.py`` is ``playertrack.sinks.jsonl``."""
    root = PACKAGE.parent if path.is_relative_to(PACKAGE) else ADAPTERS
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
ADAPTER_MODULES = {name_of(path): path for path in sorted(ADAPTERS.rglob("*.py"))}


def imports(source: str, module: str, is_package: bool = False) -> Iterator[str]:
    """The dotted name of all that is imported anywhere in ``source``, relative ones made absolute.

    ``from a import b`` gives ``a.b``, since ``b`` may be a module.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".")
            up = node.level - is_package
            package = ".".join(base[: len(base) - up] if node.level else [])
            start = ".".join(filter(None, (package, node.module)))
            yield from (f"{start}.{alias.name}" for alias in node.names)


def room(dotted: str) -> str:
    """The room of a dotted name: ``playertrack.sinks.null.NullSink`` is in ``sinks``."""
    _, *below = dotted.split(".")
    return below[0] if below and below[0] in ROOMS else "top"


def imported_by(module: str, path: Path) -> list[str]:
    return list(imports(path.read_text("utf-8"), module, path.name == "__init__.py"))


def own_imports(module: str, path: Path) -> Iterator[str]:
    """The modules of playertrack that ``module`` imports."""
    for dotted in imported_by(module, path):
        if dotted.split(".")[0] == "playertrack":
            yield dotted


#: The core decides which events there are; what it is made of is pure, too.
CORE_MODULES = {
    name: path
    for name, path in MODULES.items()
    if room(name) == "core"
    or name in ("playertrack.errors", "playertrack.signals", "playertrack.events")
    or name in ("playertrack.policy", "playertrack._fields")
}


@pytest.mark.parametrize(
    ("source", "module", "is_package", "expected"),
    [
        ("import os.path, time", "playertrack.core.engine", False, ["os.path", "time"]),
        ("from os import path", "playertrack.core.engine", False, ["os.path"]),
        ("from .. import events", "playertrack.core.engine", False, ["playertrack.events"]),
        (
            "from ..events import Event",
            "playertrack.core.fleet",
            False,
            ["playertrack.events.Event"],
        ),
        (
            "from .core.engine import Engine",
            "playertrack",
            True,
            ["playertrack.core.engine.Engine"],
        ),
        ("from .. import events", "playertrack.sinks.null", False, ["playertrack.events"]),
        ("from .null import Null", "playertrack.sinks", True, ["playertrack.sinks.null.Null"]),
        ("def f():\n    import socket", "playertrack.core.engine", False, ["socket"]),
    ],
)
def test_imports_are_found_and_made_absolute(
    source: str, module: str, is_package: bool, expected: list[str]
) -> None:
    assert list(imports(source, module, is_package)) == expected


def test_each_folder_is_a_room() -> None:
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders == ROOMS.keys() - {"top"}


#: The package and its ``__main__`` hand on names and commands from all rooms.
DOORS = ("playertrack", "playertrack.__main__")


@pytest.mark.parametrize("module", [name for name in MODULES if name not in DOORS])
def test_module_imports_only_from_rooms_below_its_own(module: str) -> None:
    own = room(module)
    wrong = [
        name
        for name in own_imports(module, MODULES[module])
        if room(name) not in ROOMS[own] | {own}
    ]
    assert not wrong, f"{module} imports {', '.join(wrong)}, which {own} may not"


#: It finds sinks of all rooms by their names, as it finds those of other packages.
REGISTRY = "playertrack.sinks.base"


@pytest.mark.parametrize("module", [name for name in MODULES if name not in (*DOORS, REGISTRY)])
def test_module_that_is_named_in_a_text_is_in_a_room_below_too(module: str) -> None:
    own, tree = room(module), ast.parse(MODULES[module].read_text("utf-8"))
    texts = [each.value for each in ast.walk(tree) if isinstance(each, ast.Constant)]
    named = [text.partition(":")[0] for text in texts if isinstance(text, str)]
    wrong = [name for name in named if name in MODULES and room(name) not in ROOMS[own] | {own}]
    assert not wrong, f"{module} names {', '.join(wrong)}, which {own} may not"


def test_rooms_have_an_order() -> None:
    TopologicalSorter(ROOMS).prepare()


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    known = {
        module: {
            found
            for dotted in own_imports(module, path)
            for found in (dotted, dotted.rpartition(".")[0])
            if found in MODULES and found not in (module, "playertrack")
        }
        for module, path in MODULES.items()
    }
    TopologicalSorter(known).prepare()


@pytest.mark.parametrize("module", CORE_MODULES)
def test_core_module_knows_no_clock_no_io_and_no_randomness(module: str) -> None:
    path = CORE_MODULES[module]
    tops = {dotted.split(".")[0] for dotted in imported_by(module, path)}
    impure = tops & IMPURE - ALLOWED.get(module, set())
    assert not impure, f"{module} imports {', '.join(sorted(impure))}"
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not calls & IMPURE_CALLS


@pytest.mark.parametrize("module", CORE_MODULES)
def test_core_module_needs_no_more_than_the_three_small_libraries(module: str) -> None:
    tops = {dotted.split(".")[0] for dotted in imported_by(module, CORE_MODULES[module])}
    assert tops - sys.stdlib_module_names - {"playertrack"} <= CORE_NEEDS


@pytest.mark.parametrize("module", ADAPTER_MODULES)
def test_adapter_imports_only_what_is_public_and_no_other_adapter(module: str) -> None:
    own = module.split(".")[0]
    for dotted in imported_by(module, ADAPTER_MODULES[module]):
        top, *below = dotted.split(".")
        assert not (top.startswith("playertrack_") and top != own), f"{module}: {dotted}"
        if top == "playertrack":
            assert not any(part.startswith("_") for part in below), f"{module}: {dotted}"
            public = dotted.startswith(PUBLIC_CORE)
            assert room(dotted) != "core" or public, f"{module}: {dotted} is a part of the engine"


def test_modules_are_short() -> None:
    folders = (PACKAGE, ADAPTERS, *(ROOT / name for name in ("tests", "tools", "benchmarks")))
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for folder in folders
        for path in folder.rglob("*.py")
    }
    long = {name: lines for name, lines in lengths.items() if lines >= MAX_LINES}
    assert not long, "make two of each"


def test_import_of_playertrack_loads_nothing_heavy() -> None:
    code = (
        "import sys; was = set(sys.modules); import playertrack; print(*sys.modules.keys() - was)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "playertrack" in loaded
    assert not loaded & HEAVY


#: Classes of one name on purpose: the signal that a player sends, and the event made of it.
SIGNAL_AND_EVENT = {"Error", "FlavorSwitch", "Play", "Replay", "Seek", "SourceSelected"}

#: Functions of one name on purpose: each does the same, to signals or events, lines or columns.
SAME_FUNCTION = {"derive", "to_record"}


def is_a_verb(name: str, module: str) -> bool:
    """True for a function that is always called with the name of its module, as a verb of it."""
    if room(module) == "cli":
        return name in ("add_parser", "run")
    return module.startswith("playertrack.core.rules.")


def repeated(found: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The names that occur in several modules, with these; ``found``: names and modules."""
    homes: dict[str, list[str]] = {}
    for name, module in found:
        homes.setdefault(name, []).append(module)
    return {name: modules for name, modules in homes.items() if len(modules) > 1}


def public(*kinds: type[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Names that modules of the package define at their top for others, each with its module."""
    for module, path in MODULES.items():
        for node in ast.parse(path.read_text("utf-8")).body:
            name = getattr(node, "name", "_")
            if isinstance(node, kinds) and not name.startswith("_"):
                yield name, module


def test_one_name_of_a_class_has_one_meaning() -> None:
    """In the package, whose names stand side by side in its documentation."""
    assert repeated(public(ast.ClassDef)).keys() == SIGNAL_AND_EVENT


def test_one_name_of_a_function_has_one_meaning() -> None:
    functions = public(ast.FunctionDef, ast.AsyncFunctionDef)
    shared = repeated(each for each in functions if not is_a_verb(*each))
    assert shared.keys() == SAME_FUNCTION, shared


def test_one_name_of_a_module_has_one_meaning() -> None:
    """A command's module is called like the command, and so like the module that does its work."""
    shared = repeated(
        (module.rpartition(".")[2], module)
        for module, path in MODULES.items()
        if path.name != "__init__.py" and room(module) != "cli"
    )
    assert not shared
