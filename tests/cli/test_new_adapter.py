"""The package that new-adapter writes: it works as it is, and its tests can fail."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from playertrack.cli import main
from playertrack.cli.new_adapter import files

from .commanding import ROOT, Capture

_BLOCK = re.MULTILINE | re.DOTALL

GUIDE = (ROOT / "docs" / "adapters.md").read_text("utf-8")


@pytest.fixture
def package(tmp_path: Path, capsys: Capture) -> Path:
    written = tmp_path / "adapter"
    assert main(["new-adapter", "my_player", "--output", str(written)]) == 0
    assert str(written) in capsys.readouterr().out
    return written


def run_tests(package: Path, *options: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
        cwd=package,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


#: Enough to see that they run; the soak runs them all.
SOME = "test_translator or pause_and_resume or corrupt or small_skip"


def test_tests_of_a_new_package_pass(package: Path) -> None:
    code, said = run_tests(package, "-k", SOME)
    assert code == 0, said
    assert "8 passed" in said


@pytest.mark.soak
@pytest.mark.timeout(400)
def test_all_tests_of_a_new_package_pass(package: Path) -> None:
    code, said = run_tests(package)
    assert code == 0, said


CONFORMANCE = "conformance and "


@pytest.mark.parametrize(
    ("module", "right", "wrong", "failing"),
    [
        ("translator", "signals.Pause(at=at)", "signals.Play(at=at)", "test_pause_and_seek"),
        ("binding", "self._player.seek(position)", "pass", CONFORMANCE + "test_seek_forward"),
        ("binding", "self._note_media(value)", "pass", CONFORMANCE + "test_pause_and_resume"),
    ],
)
def test_tests_of_a_package_that_is_wrong_fail(
    package: Path, module: str, right: str, wrong: str, failing: str
) -> None:
    break_it(package, module, right, wrong)
    code, said = run_tests(package, "-k", failing)
    assert code == 1, said
    assert "failed" in said


def test_signal_that_is_forgotten_is_named(package: Path) -> None:
    """It is the mistake of a beginner, and nothing comes of it but a wait in vain."""
    break_it(package, "translator", "[signals.Pause(at=at)]", "[]")
    code, said = run_tests(package, "-k", CONFORMANCE + "test_pause_and_resume")
    assert code == 1, said
    assert "PAUSE number 1 did not come within 3 s" in said
    for hint in ("in session 1: ", "the pause lasted [R-pause]", "none of them is pause"):
        assert hint in said, said


def break_it(package: Path, module: str, right: str, wrong: str) -> None:
    """Write something wrong, and let the tests wait no longer than they must."""
    path = package / "playertrack_my_player" / f"{module}.py"
    text = path.read_text("utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong), "utf-8")
    conformance = package / "tests" / "test_conformance.py"
    text = conformance.read_text("utf-8")
    soon = text.replace("    @contextmanager", "    timeout = 3.0\n\n    @contextmanager")
    conformance.write_text(soon)


def test_code_of_the_guide_is_that_of_the_package() -> None:
    """So whoever reads the one knows the other."""
    written = "\n\n\n".join(text for path, text in files("toy") if path.suffix == ".py")
    code = "\n".join(re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL))
    found = re.finditer(r"^class (?!TestToy).*?(?=^(?:class|def|SHAPES)|\Z)", code, _BLOCK)
    classes = [match.group() for match in found]
    assert len(classes) == 7
    for each in classes:
        assert each.strip() in written


def test_package_is_formatted_and_without_findings(package: Path) -> None:
    for command in (["check", "--select", "E,F,I,W,B,UP"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "."],
            cwd=package,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_no_placeholder_is_left() -> None:
    for path, text in files("my_player"):
        assert "{{" not in text.replace("{{}}", ""), path
    assert {path.suffix for path, _ in files("my_player")} <= {".py", ".toml", ".md", ".typed", ""}


@pytest.mark.parametrize("name", ["", "My", "a-b", "1st", "a/../b", "class é"])
def test_name_that_cannot_be_is_refused(name: str, capsys: Capture, tmp_path: Path) -> None:
    assert main(["new-adapter", name, "--output", str(tmp_path / "x")]) == 2
    assert capsys.readouterr().err.startswith("NAME: ")
    assert not (tmp_path / "x").exists()


OURS = sorted(path.name.removeprefix("playertrack_") for path in (ROOT / "adapters").iterdir())


@pytest.mark.parametrize("name", [*filter(str.isidentifier, OURS), "gstplay"])
def test_name_of_an_adapter_of_ours_is_refused(name: str, capsys: Capture, tmp_path: Path) -> None:
    assert main(["new-adapter", name, "--output", str(tmp_path / "x")]) == 2
    assert f"NAME: {name} is an adapter of playertrack's own" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_nothing_is_written_over(package: Path, capsys: Capture) -> None:
    mine = package / "README.md"
    mine.write_text("mine")
    assert main(["new-adapter", "my_player", "--output", str(package)]) == 2
    assert "it is there already" in capsys.readouterr().err
    assert mine.read_text() == "mine"


def test_written_files_are_reported_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new-adapter", "my_player", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["directory"] == "playertrack-my-player"
    assert sorted(shown["files"]) == sorted(
        str(path.relative_to("playertrack-my-player"))
        for path in Path("playertrack-my-player").rglob("*")
        if path.is_file()
    )
