"""Wraps the prose of Markdown files at 80 characters.

    python tools/wrap.py docs README.md           # rewrite them
    python tools/wrap.py --check docs README.md   # name what is not wrapped; exit code 1

Tables, code, directives, headings and HTML stay as they are, and so does a word that is too
long for a line, such as a URL.
"""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

WIDTH = 80

#: A list item: its indentation and its mark.
ITEM = re.compile(r"( *)([-*+]|\d+[.)]) +(?=\S)")

#: A line that is no prose: a heading, a table, a quotation, HTML.
FIXED = re.compile(r" *(#|\||>|<|\[\^)")

#: A word that would have a meaning of its own at the start of a line.
MARK = re.compile(r"([-*+#>|]|\d+[.)]|=+|-+)$")


def main() -> int:
    """Wrap the files, or name those that are not wrapped."""
    parser = argparse.ArgumentParser(description="Wraps the prose of Markdown files.")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or folder")
    parser.add_argument("--check", action="store_true", help="change nothing")
    args = parser.parse_args()
    files = chain.from_iterable(
        sorted(path.glob("**/*.md")) if path.is_dir() else [path] for path in args.paths
    )
    changed = 0
    for path in files:
        text = path.read_text("utf-8")
        wrapped = wrap(text)
        if wrapped != text:
            changed += 1
            print(f"{path}: {'not wrapped: run tools/wrap.py' if args.check else 'wrapped'}")
            if not args.check:
                path.write_text(wrapped, "utf-8")
    return 1 if args.check and changed else 0


def wrap(text: str, width: int = WIDTH) -> str:
    """The text with its paragraphs and list items wrapped."""
    return "".join(f"{line}\n" for line in lines(text.splitlines(), width))


def lines(source: list[str], width: int) -> Iterator[str]:
    """The wrapped lines."""
    paragraph: list[str] = []
    fence = ""
    for line in source:
        mark = re.match(r" *(`{3,}|~{3,}|:{3,})", line)
        if fence or mark:
            yield from filled(paragraph, width)
            paragraph = []
            yield line
            if mark and not fence:
                fence = mark[1]
            elif mark and line.strip() == fence:
                fence = ""
        elif not line.strip() or FIXED.match(line) or (line.startswith("    ") and not paragraph):
            yield from filled(paragraph, width)
            paragraph = []
            yield line
        elif ITEM.match(line):
            yield from filled(paragraph, width)
            paragraph = [line]
        else:
            paragraph.append(line)
    yield from filled(paragraph, width)


def filled(paragraph: list[str], width: int) -> list[str]:
    """A paragraph in lines; those of a list item stand below its text."""
    if not paragraph:
        return []
    item = ITEM.match(paragraph[0])
    indent = len(paragraph[0]) - len(paragraph[0].lstrip(" "))
    first = item[0] if item else " " * indent
    text = " ".join(line.strip() for line in [paragraph[0][len(first) :], *paragraph[1:]])
    # What must not start a line is kept to the word before it.
    words: list[str] = []
    for word in text.split():
        if words and MARK.match(word):
            words[-1] += f"\0{word}"
        else:
            words.append(word)
    return [
        line.replace("\0", " ")
        for line in textwrap.wrap(
            " ".join(words),
            width,
            initial_indent=first,
            subsequent_indent=" " * len(first),
            break_long_words=False,
            break_on_hyphens=False,
        )
    ]


if __name__ == "__main__":
    sys.exit(main())
