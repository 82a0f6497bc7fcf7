"""Text for a terminal: as wide as it is, words kept whole, in colour where ``rich`` is there."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import TextIO

#: What is coloured, by `rich`: the names of events, rules, and what did not happen.
_STYLES = (
    (re.compile(r"\b[A-Z]{3,}(?:_[A-Z0-9]+)*\b"), "bold"),
    (re.compile(r"\[?\b[RI]-[a-z-]+\]?"), "cyan"),
    (re.compile(r"did not fire"), "yellow"),
    (re.compile(r"[+-]?\d+\.\d{3} s"), "green"),
)


def show(lines: Iterable[str], out: TextIO) -> None:
    """Print ``lines``, wrapped to the terminal's width; a pipe gets them as they are."""
    width = width_of(out)
    wrapped = lines if width is None else (part for line in lines for part in wrap(line, width))
    if width is not None and out.isatty() and "NO_COLOR" not in os.environ:
        try:
            from rich.console import Console
            from rich.text import Text
        except ImportError:
            pass
        else:
            console = Console(file=out, width=width, highlight=False, soft_wrap=True)
            for line in wrapped:
                text = Text(line)
                for pattern, style in _STYLES:
                    text.highlight_regex(pattern, style)
                console.print(text)
            return
    for line in wrapped:
        print(line, file=out)


def width_of(out: TextIO) -> int | None:
    """The width to keep to: of the terminal, or ``COLUMNS``; None for a pipe."""
    from shutil import get_terminal_size

    if not out.isatty() and not os.environ.get("COLUMNS"):
        return None
    return max(get_terminal_size().columns, 40)


def wrap(line: str, width: int) -> Iterator[str]:
    """``line`` in lines of at most ``width``, each as far to the right as the first.

    >>> list(wrap("  PLAY: the first frame", 14))
    ['  PLAY: the', '  first frame']
    """
    from textwrap import wrap as fill

    indent = line[: len(line) - len(line.lstrip())]
    yield from fill(
        line,
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    ) or [""]
