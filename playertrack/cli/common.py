"""Options, input, output and complaints that all commands share."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import isfinite
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from .._words import counted
from .progress import CountedReader, Meter

if TYPE_CHECKING:
    from ..core.session import Summary
    from ..policy import Policy
    from ..trace.codec import ByteStream


#: How many names of players are kept for a message.
_SOME_PLAYERS = 10_000


def add_command(
    subparsers: Any, name: str, description: str, examples: str
) -> argparse.ArgumentParser:
    """The parser of a command, with examples in its help and ``--json``."""
    from . import COMMANDS

    parser: argparse.ArgumentParser = subparsers.add_parser(
        name,
        help=COMMANDS[name],
        description=description,
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(parser=parser)  # who reports an option that it does not have
    return parser


def add_json(parser: argparse.ArgumentParser, what: str) -> None:
    """``--json``; ``what`` says what it prints."""
    parser.add_argument("--json", action="store_true", help=f"machine-readable output: {what}")


def add_policy(parser: argparse.ArgumentParser) -> None:
    """``--policy k=v``, any number of times; see `read_policy`."""
    parser.add_argument(
        "--policy",
        metavar="K=V",
        action="append",
        default=[],
        help="set a policy field to a JSON value, such as view_interval=null (repeatable)",
    )


def add_skip_bad(parser: argparse.ArgumentParser) -> None:
    """``--skip-bad``; see `Complaints`."""
    parser.add_argument(
        "--skip-bad",
        action="store_true",
        help="report each unusable line and continue; the exit code is then 1",
    )


def read_policy(options: list[str], base: Policy | None = None) -> Policy:
    """The policy that ``--policy`` options make of ``base``; raises `PolicyError`.

    A value that is no JSON is a string, so that nobody has to quote quotes.
    """
    from ..errors import PolicyError
    from ..policy import Policy
    from ..trace.codec import LineError, parse_json

    values: dict[str, Any] = {} if base is None else base.changes()
    for option in options:
        name, equals, text = option.partition("=")
        if not equals:
            raise PolicyError(
                "--policy", option, "a field, = and its value, as in view_interval=null"
            )
        try:
            values[name] = parse_json(text.encode(errors="surrogateescape"))
        except LineError:
            values[name] = text
    return Policy.from_mapping(values)


class Complaints:
    """Where the lines go that cannot be taken: reported and counted, or raised."""

    def __init__(self, skip: bool) -> None:
        self.count = 0
        self.on_bad = self._report if skip else None

    def add(self, error: Exception) -> None:
        """A line that cannot be taken: raised unless such lines are left out."""
        if self.on_bad is None:
            raise error
        self._report(error)

    def _report(self, error: Exception) -> None:
        self.count += 1
        print(error, file=sys.stderr)


def add_session(parser: argparse.ArgumentParser) -> None:
    """``--player ID`` and ``--session N|UUID``; see `WantedPlayer` and `no_such_session`."""
    parser.add_argument("--player", metavar="ID", default=..., help="only this player")
    parser.add_argument(
        "--session",
        metavar="N|UUID",
        type=session,
        help="only the Nth session of each player (from 1), or the session with this id",
    )


class WantedPlayer:
    """The player that ``--player`` names; True of its name, and knows others for a message."""

    def __init__(self, player: str) -> None:
        self._player = player
        self.found = False
        self.others: set[str] = set()

    def __call__(self, player: str | None) -> bool:
        if player == self._player:
            self.found = True
            return True
        if player is not None and len(self.others) < _SOME_PLAYERS:
            self.others.add(player)
        return False

    @classmethod
    def of(cls, shares: Sequence[WantedPlayer]) -> WantedPlayer | None:
        """The same of all shares of the input."""
        if not shares:
            return None
        whole = cls(shares[0]._player)
        whole.found = any(each.found for each in shares)
        whole.others = set().union(*(each.others for each in shares))
        return whole

    def check(self, source: str) -> None:
        """Raise `PlayertrackError` if the input has no such player."""
        from .._words import did_you_mean
        from ..errors import PlayertrackError, shorten

        if self.found:
            return
        names = sorted(self.others)
        known = ", ".join(map(shorten, names[:5])) + (", …" if len(names) > 5 else "")
        hint = did_you_mean(self._player, names) or f"; there are {known}"
        raise PlayertrackError(
            f"{source}: --player: there is no player {shorten(self._player)}"
            f"{hint if names else '; no line names a player'}"
        )


def session(text: str) -> int | str:
    """The type of ``--session``: an ordinal from 1 on, or an id."""
    if not text or text.lstrip("+-").isdigit():
        return whole_number(text)
    return text


def no_such_session(session: int | str, path: str, ordinals: Iterable[int]) -> int:
    """Report that the input at ``path`` has only the sessions ``ordinals``; the exit code."""
    last = max(ordinals, default=0)
    known = f"there {'is' if last == 1 else 'are'} {counted(last, 'session')}"
    print(f"{name_of(path)}: --session: {known}, not {session}", file=sys.stderr)
    return 2


def is_chosen(summary: Summary, session: int | str | None) -> bool:
    """True if ``--session`` selects the session of ``summary``."""
    return session in (None, summary.ordinal, summary.session)


def whole_number(text: str) -> int:
    """The type of an option that is a whole number from 1 on."""
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def any_number(text: str) -> float:
    """The type of an option that is a number."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None


def seconds(text: str) -> float:
    """The type of an option that is a time to wait."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not (value >= 0 and isfinite(value)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, 0 or more")
    return value


def point_in_time(text: str) -> float:
    """The type of an option that is a time: Unix seconds, or ISO 8601, UTC if nothing is said."""
    from .. import _times

    try:
        return _times.unix_time(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a time; expected Unix seconds or ISO 8601, as 2026-11-01T20:15:00Z"
        ) from None


def port(text: str) -> int:
    """The type of an option that is a TCP port; 0 is a free one."""
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) < 1 << 16):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, 0 to 65535")
    return int(text)


# ------------------------------------------------------------------------- input and output


def name_of(path: str) -> str:
    """The name of the input ``path`` in messages."""
    return "<stdin>" if path == "-" else path


@contextmanager
def open_raw(path: str) -> Iterator[BinaryIO]:
    """The bytes of the file at ``path`` as they are there, of standard input for ``-``."""
    from pathlib import Path

    from ..errors import PlayertrackError

    if path == "-":
        yield sys.stdin.buffer
        return
    if _is_media(path) and Path(path).is_file():
        cure = f"playertrack play {path} --record trace.jsonl makes a trace of it"
        raise PlayertrackError(f"{path}: this is a media file; {cure}")
    with Path(path).open("rb") as file:
        yield file


@contextmanager
def open_input(path: str, what: str | None = "trace") -> Iterator[ByteStream]:
    """The lines of the file at ``path``, compressed or not; of standard input for ``-``.

    The rows of a Parquet file are its lines, too.

    If there was nothing in it, standard error says that the ``what`` is empty, unless it is None.
    """
    from pathlib import Path

    from ..errors import PlayertrackError
    from ..trace.input_files import kind_of, uncompressed

    kind = kind_of(path)
    if path != "-" and Path(path).is_dir():
        readers = "derive, diff, stats and view take folders"
        raise PlayertrackError(f"{path}: this is a folder, not a file; {readers}")
    if kind == "parquet":
        from ..columns.lines import RowLines

        size = Path(path).stat().st_size
        meter = Meter(size)
        noted = Noted(RowLines(path, on_read=lambda share: meter.show(int(share * size))))
        try:
            yield noted
        finally:
            meter.close()
    else:
        with open_raw(path) as file:
            meter = Meter(os.fstat(file.fileno()).st_size if path != "-" else 0)
            source = cast("BinaryIO", CountedReader(file, meter.show))  # it only reads
            try:
                with uncompressed(source, kind, name_of(path)) as stream:
                    noted = Noted(stream)
                    yield noted
            finally:
                meter.close()
    if noted.blank and what is not None:
        report_empty(path, what)


def _is_media(path: str) -> bool:
    from mimetypes import guess_type

    return (guess_type(path)[0] or "").startswith(("video/", "audio/"))


def report_empty(path: str, what: str) -> None:
    """Say that there was nothing in the input at ``path``."""
    print(f"{name_of(path)}: the {what} is empty", file=sys.stderr)


class Noted:
    """Reads from a stream and notes if there was nothing but space."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self.blank = True

    def read1(self, size: int, /) -> bytes:
        chunk = self._stream.read1(size)
        self.blank = self.blank and not chunk.strip()
        return chunk
