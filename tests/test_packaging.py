"""The wheel: what is in it, and that it works where nothing else is, far from the sources."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

pytestmark = pytest.mark.timeout(300)

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PACKAGES = {"playertrack", *(path.name for path in (ROOT / "adapters").glob("playertrack_*"))}


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command to its end, without what this process could lend it; give what it printed."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command,
        check=False,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out, cwd=ROOT)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def files(wheel: Path) -> list[str]:
    with ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    version = PROJECT["version"]
    with ZipFile(wheel) as archive:
        return Parser().parsestr(
            archive.read(f"playertrack-{version}.dist-info/METADATA").decode("utf-8")
        )


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the wheel, what it needs, and nothing else."""
    home = tmp_path_factory.mktemp("bare")
    venv.create(home, with_pip=False)
    quiet = ("--quiet", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "--python", home, "install", *quiet, wheel, cwd=home)
    return home / "bin"


def test_wheel_holds_the_packages_and_nothing_beside_them(files: list[str]) -> None:
    tops = {name.split("/")[0] for name in files}
    assert {top for top in tops if not top.endswith(".dist-info")} == PACKAGES
    assert not [name for name in files if name.endswith(".pyc")]


def test_wheel_holds_every_module_of_the_sources(files: list[str]) -> None:
    sources = {
        path.relative_to(root).as_posix()
        for root in (ROOT, ROOT / "adapters")
        for package in PACKAGES
        for path in (root / package).rglob("*.py")
    }
    assert sources <= set(files)


def test_wheel_holds_the_script_for_pages(files: list[str]) -> None:
    assert "playertrack_html5/static/playertrack.js" in files


def test_each_package_says_that_it_is_typed(files: list[str]) -> None:
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(files)


def test_wheel_carries_its_license_and_version(files: list[str], metadata: Message) -> None:
    version = PROJECT["version"]
    assert f"playertrack-{version}.dist-info/licenses/LICENSE" in files
    assert metadata["Version"] == version
    assert metadata["License-Expression"] == "Apache-2.0"


def test_import_outside_the_sources_takes_the_installed_package(bare: Path, tmp_path: Path) -> None:
    where = run(
        bare / "python", "-I", "-c", "import playertrack; print(playertrack.__file__)", cwd=tmp_path
    )
    assert Path(where.strip()).is_relative_to(bare.parent)


def test_every_module_can_be_imported_without_the_extras(bare: Path, tmp_path: Path) -> None:
    code = """
import importlib, pkgutil, playertrack
needs_an_extra = (
    "playertrack.testing.clips",
    "playertrack.testing.plugin",
    "playertrack.testing.strategies",
    "playertrack.columns",
    "playertrack.spark",
)
for found in pkgutil.walk_packages(playertrack.__path__, "playertrack."):
    if not found.name.endswith("__main__") and not found.name.startswith(needs_an_extra):
        importlib.import_module(found.name)
        print(found.name)
"""
    assert "playertrack.core.engine" in run(bare / "python", "-I", "-c", code, cwd=tmp_path).split()


def test_columns_say_which_extra_they_need(bare: Path, tmp_path: Path) -> None:
    code = """
from playertrack import PlayertrackError
for module in ("columns", "spark"):
    try:
        __import__(f"playertrack.{module}")
    except PlayertrackError as error:
        print(error)
"""
    said = run(bare / "python", "-I", "-c", code, cwd=tmp_path)
    assert "pip install 'playertrack[arrow]'" in said


def test_engines_of_others_can_be_judged_by_the_cases(bare: Path, tmp_path: Path) -> None:
    code = """
from playertrack import Engine
from playertrack.testing import assert_conforms, conformance_cases
assert_conforms(lambda player, policy: Engine(player, policy=policy))
print(len(conformance_cases()))
"""
    shown = run(bare / "python", "-I", "-c", code, cwd=tmp_path)
    assert int(shown) == len(list((ROOT / "tests" / "cases").glob("*.json")))


def test_entry_points_of_the_sinks_can_be_loaded(bare: Path, tmp_path: Path) -> None:
    code = """
from importlib.metadata import entry_points
for point in entry_points(group="playertrack.sinks"):
    assert callable(point.load())
    print(point.name)
"""
    found = run(bare / "python", "-I", "-c", code, cwd=tmp_path).split()
    assert sorted(found) == sorted(PROJECT["entry-points"]["playertrack.sinks"])


def test_the_demo_runs_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """With what the extra av brings, which is taken from this environment."""
    home = tmp_path / "home"
    venv.create(home, with_pip=False)
    quiet = ("--quiet", "--disable-pip-version-check", "--no-deps")
    run(sys.executable, "-m", "pip", "--python", home, "install", *quiet, wheel, cwd=tmp_path)
    [packages] = home.glob("lib/python*/site-packages")
    (packages / "others.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    shown = run(home / "bin" / "python", "-P", home / "bin" / "playertrack", "demo", cwd=tmp_path)
    assert "PLAY_REACHED_25" in shown and "SEEK" in shown
    where = "import playertrack_av; print(playertrack_av.__file__)"
    assert run(home / "bin" / "python", "-c", where, cwd=tmp_path).startswith(str(home))


def test_help_lists_the_commands(bare: Path, tmp_path: Path) -> None:
    shown = run(bare / "playertrack", "--help", cwd=tmp_path)
    assert {"derive", "check", "lint", "diagram"} <= set(re.findall(r"\w+", shown))


def test_diagram_draws_the_states(bare: Path, tmp_path: Path) -> None:
    drawn = run(bare / "playertrack", "diagram", cwd=tmp_path)
    assert "stateDiagram" in drawn
    assert {"LOADED", "PLAYING", "BUFFERING", "ENDED"} <= set(re.findall(r"\w+", drawn))


def test_timeline_makes_a_page(bare: Path, tmp_path: Path) -> None:
    trace = ROOT / "docs" / "picture.jsonl"
    run(bare / "playertrack", "timeline", trace, "-o", "page.html", cwd=tmp_path)
    assert "class Drawing" in (tmp_path / "page.html").read_text(
        "utf-8"
    )  # its script is in the wheel
