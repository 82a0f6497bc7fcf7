"""The documents say what is so: the drawn machine, the code in the README, its commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from playertrack.machine import diagram

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_drawn_machine_is_the_one_that_runs() -> None:
    text = (ROOT / "docs" / "machine.md").read_text("utf-8")
    drawn = re.search(
        r"<!-- diagram: begin -->\n```mermaid\n(.*)```\n<!-- diagram: end -->", text, re.DOTALL
    )
    assert drawn is not None
    assert drawn[1].strip() == diagram().strip()


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_the_readmes_code_runs(block: str, capfd: pytest.CaptureFixture[str]) -> None:
    exec(compile(block, "README.md", "exec"), {"__name__": "readme"})
    shown = capfd.readouterr()
    assert "PLAY_REACHED_25" in shown.out or "SEEK" in shown.out + shown.err


def test_the_readmes_engine_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(BLOCKS[-1], "README.md", "exec"), {"__name__": "readme"})
    lines = capsys.readouterr().out.splitlines()
    assert "31.0 PLAY_REACHED_25" in lines
    assert "31.0 SEEK" in lines
    assert not [line for line in lines if "_50" in line or "_75" in line]


def test_the_readmes_commands_are_the_commands() -> None:
    from playertrack.cli import COMMANDS

    named = set(re.findall(r"^\| `playertrack ([\w-]+)", README, re.MULTILINE))
    assert named == set(COMMANDS)
