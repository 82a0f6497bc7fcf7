"""Finds words that the project does not use in what a person reads, and says what to write.

    python tools/words.py            # everything that git tracks
    python tools/words.py docs       # these files and folders

Reads documents, and of code the docstrings, comments and messages, all names, and the names of
modules. A line that has to have such a word, as a quotation, ends in ``words: ok``. Exit code 1
with findings.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]

#: A pattern, and the word for it.
WORDS = (
    (r"told|tells?|telling", "report, say"),
    (r"mend(s|ed|ing)?", "fix, repair"),
    (r"films?", "video, media, clip"),
    (r"hear(s|d|ing)?", "receive, listen to"),
    (r"(the|a|its|their|each|every) begin|begin of|from begin", "start"),
    (r"laws?", "retry policy, rule"),
    (r"couriers?", "dispatcher"),
    (r"shelf", "failover"),
    (r"estates?", "what a dead process left, recovery"),
)
BANNED = [(re.compile(rf"\b({pattern})\b", re.IGNORECASE), better) for pattern, better in WORDS]

#: Names of modules that say less than others for the same.
MODULES = {
    "passing": "attributes",
    "pausing": "pause",
    "stalling": "buffering",
    "advertising": "ads",
    "ending": "end",
    "following": "position",
    "setting": "context",
    "pending": "open_intervals",
    "saving": "snapshot",
    "courier": "dispatcher",
    "signalling": "signal_methods",
    "watching": "backfill, watched",
    "traces": "codec",
    "recordings": "recording",
    "differences": "diff",
    "invariants": "lint",
    "hearing": "media_uri",
    "adopting": "recovery",
    "opening": "recovery",
    "disk": "files",
    "law": "retry",
    "turns": "scheduler",
    "packing": "envelope",
    "asking": "api, client",
    "target": "destination",
    "resolving": "resolver",
    "credentials": "auth",
    "answers": "responses",
    "viewing": "view_state, view_option",
    "box": "outbox",
    "shelf": "failover",
    "claims": "leases",
    "looking": "inspect",
    "journal": "ack_log",
}

#: A docstring says what a thing is for, so it does not open with these.
OPENINGS = ("What", "Whether")

#: Quotes others, or is made of names that others gave.
LEFT_OUT = ("LICENSE", "tests/traces/", "tests/reports/", "tests/cases/", "tools/words.py")

EXCUSE = "words: ok"

#: What keeps a line from a check, with nothing behind it.
ESCAPE = re.compile(r"# (type: ignore(\[[\w, -]*\])?|noqa(: [A-Z0-9, ]+)?|pragma: no cover)$")

#: The prefixes of strings that have code in them.
_FORMATTED = ("f", "rf", "fr")


def main() -> int:
    """Look through the files; prints a line a finding."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("paths", nargs="*", default=["."], metavar="PATH")
    listed = ["git", "ls-files", "--", *parser.parse_args().paths]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    findings = 0
    for name in names.splitlines():
        path = ROOT / name
        if not name.startswith(LEFT_OUT) and kind(path) in READERS and path.is_file():
            for line, finding in sorted(look(path)):
                print(f"{name}:{line}: {finding}")
                findings += 1
    if findings:
        print(f"{findings} words to replace", file=sys.stderr)
    return 1 if findings else 0


def kind(path: Path) -> str:
    """The ending of a file that says how to read it; of a template, the one before."""
    return Path(path.stem).suffix if path.suffix == ".tmpl" else path.suffix


def look(path: Path) -> Iterator[tuple[int, str]]:
    """The findings of a file, each with its line."""
    stem = path.name.partition(".")[0].removeprefix("test_")
    if stem in MODULES and path.suffix == ".py":
        yield 1, f"a module called {stem!r}: write {MODULES[stem]}"
    source = path.read_text("utf-8")
    excused = {n for n, line in enumerate(source.splitlines(), 1) if EXCUSE in line}
    if path.suffix == ".py":
        yield from escapes(source)
    for first, text in READERS[kind(path)](source):
        for offset, line in enumerate(text.splitlines()):
            number = first + offset
            if number in excused:
                continue
            for pattern, better in BANNED:
                for found in pattern.finditer(line):
                    yield number, f"{found[0]!r}: write {better}"
            if offset == 0 and line.startswith("\0"):
                yield number, f"a docstring opens with {line[1:].split()[0]!r}: say what it is for"


def escapes(source: str) -> Iterator[tuple[int, str]]:
    """Find each escape from a check that has no reason, behind it or in a comment above."""
    before = ""
    for number, line in enumerate(source.splitlines(), 1):
        if ESCAPE.search(line) and not before.lstrip().startswith("#"):
            yield number, "an escape from a check: add the reason"
        before = line


def python(source: str) -> Iterator[tuple[int, str]]:
    """The texts of a module: strings, comments and names, these in words."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a template
        yield from plain(source)
        return
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    openings = {
        node.body[0].lineno
        for node in ast.walk(tree)
        if isinstance(node, documented) and (ast.get_docstring(node) or "").startswith(OPENINGS)
    }
    parts = {tokenize.STRING, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", -1)}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in parts:
            text = token.string
            if token.type == tokenize.STRING and text[: text.index(text[-1])].lower() in _FORMATTED:
                text = re.sub(r"\{[^{}]*\}", "{}", text)  # code, before Python 3.12
            mark = "\0" if token.start[0] in openings and token.type == tokenize.STRING else ""
            yield token.start[0], mark + text.lstrip("rbfu\"'") if mark else text
        elif token.type == tokenize.NAME:
            yield token.start[0], in_words(token.string)


def in_words(name: str) -> str:
    """The words of a name: ``_told_of`` and ``ToldOf`` are two each."""
    return re.sub(r"_|(?<=[a-z])(?=[A-Z])", " ", name)


def plain(source: str) -> Iterator[tuple[int, str]]:
    """All of a document, but for names of code: what it quotes, and options of directives."""
    yield 1, re.sub(r"`[^`\n]+`|(?<=\n)   :\w+:.*", "", source)


def script(source: str) -> Iterator[tuple[int, str]]:
    """All of a script, with its names in words."""
    for number, line in enumerate(source.splitlines(), 1):
        yield number, in_words(line)


READERS = {".py": python, ".md": plain, ".txt": plain, ".js": script, ".toml": plain}


if __name__ == "__main__":
    sys.exit(main())
