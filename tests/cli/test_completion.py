"""`playertrack completion`: what a shell does with its scripts."""

from __future__ import annotations

import json
import subprocess

import pytest

from cli.commanding import Capture
from playertrack.cli import COMMANDS, main
from playertrack.cli.completion import SHELLS

#: Prints what bash completes the words to, the last of which is being typed.
ASK = """
set -u
complete() {{ :; }}; compopt() {{ :; }}
{script}
COMP_WORDS=({words})
COMP_CWORD=$(({count} - 1))
_shtab_playertrack playertrack "${{COMP_WORDS[COMP_CWORD]}}" 2>/dev/null
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def script_for(shell: str, capsys: Capture) -> str:
    assert main(["completion", shell, "--json"]) == 0
    script = json.loads(capsys.readouterr().out)["script"]
    assert isinstance(script, str)
    return script


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_is_in_the_script(shell: str, capsys: Capture) -> None:
    script = script_for(shell, capsys)
    assert [name for name in COMMANDS if name not in script] == []
    assert main(["completion", shell]) == 0
    assert capsys.readouterr().out == f"{script}\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["playertrack", "der"], ["derive"]),
        (["playertrack", "co"], ["collector", "completion"]),
        (["playertrack", "derive", "--po"], ["--policy"]),
        (["playertrack", "queue", "st"], ["status"]),
        (["playertrack", "completion", "f"], ["fish"]),
    ],
    ids=" ".join,
)
def test_bash_completes(words: list[str], expected: list[str], capsys: Capture) -> None:
    script = script_for("bash", capsys)
    asked = ASK.format(script=script, words=" ".join(words), count=len(words))
    done = subprocess.run(["bash", "-c", asked], check=False, capture_output=True, text=True)
    assert sorted(done.stdout.split()) == expected, done.stderr
