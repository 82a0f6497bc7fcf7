"""Text for a terminal: wrapped to its width between words, in colour if ``rich`` is installed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

#: What is coloured, by `rich`: names of events, rules, times, what is wrong, and states.
_TIME = r"(?<![\w:.-])-?(?:\d+(?:\.\d+)? s|\d+(?::\d\d){1,2}(?:\.\d+)?)(?![\w:])"
_STYLES = (
    (re.compile(r"\b[A-Z]{3,}(?:_[A-Z0-9]+)*\b"), "bold"),
    (re.compile(r"\[?\b[RI]-[a-z-]+\]?"), "cyan"),
    (re.compile(r"did not fire|(?<=: )(?:paused|waiting)\b"), "yellow"),
    (re.compile(r"(?<=: )(?:down)\b|\bFAIL\b"), "red"),
    (re.compile(r"(?<=: )(?:up)\b"), "green"),
    (re.compile(_TIME), "green"),
)


def show(lines: Iterable[str], out: TextIO) -> None:
    """Print ``lines``, wrapped to the terminal's width; a pipe gets them as they are."""
    write = printer(out)
    for line in lines:
        write(line)


def printer(out: TextIO) -> Callable[[str], None]:
    """As `show`, for lines that come one by one."""
    width = width_of(out)
    if width is None:
        return lambda line: print(line, file=out, flush=True)
    write = _coloured(out, width) or (lambda part: print(part, file=out, flush=True))

    def wrapped(line: str) -> None:
        for part in wrap(line, width):
            write(part)

    return wrapped


def _coloured(out: TextIO, width: int) -> Callable[[str], None] | None:
    """A function that prints in colour; None without a terminal, a wish for it, or `rich`."""
    console = None if "NO_COLOR" in os.environ else _console(out, width)
    if console is None:
        return None
    from rich.text import Text

    def write(line: str) -> None:
        text = Text(line)
        for pattern, style in _STYLES:
            text.highlight_regex(pattern, style)
        console.print(text, soft_wrap=True)

    return write


def show_table(heads: Sequence[str], rows: Iterable[Sequence[str]], out: TextIO) -> bool:
    """Print a table, its first column to the left, the others to the right.

    False, and nothing is printed, without a terminal or `rich`, or if the table is wider than
    the terminal: print lines instead.
    """
    console = _console(out, width_of(out))
    if console is None:
        return False
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, padding=0)
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number else "left")
    for row in rows:
        table.add_row(*map(Text, row))
    unbounded = console.options.update(width=10_000)
    if console.measure(table, options=unbounded).maximum > console.width:
        return False
    console.print(table)
    return True


def _console(out: TextIO, width: int | None) -> Console | None:
    """A console of `rich`; None without a terminal or `rich`."""
    if not out.isatty():
        return None
    try:
        from rich.console import Console
    except ImportError:
        return None
    return Console(file=out, width=width, highlight=False)


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
