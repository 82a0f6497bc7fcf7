"""``playertrack play``: plays real media headless and tracks it."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TextIO

from .common import add_command, add_json, add_policy, any_number, name_of, read_policy
from .delivering import Sinks, add_sinks, keep_stdout
from .drawing import add_timeline, show_timeline
from .prose import show
from .screen import JsonLines, Progress, Screen, summary_lines
from .view_option import add_view, linger, open_view

if TYPE_CHECKING:
    from ..core.session import Summary
    from ..policy import Policy
    from ..signals import Signal
    from ..sinks import Sink

#: Players: an entry is called as ``entry(on_signal, speed=X)`` and gives a `SignalPlayer`. It
#: raises ValueError for a speed that it cannot have. One that has a ``policy``, which suits it,
#: takes ``record_raw=PATH`` too; a ``check()`` raises MissingLibraryError where it cannot be used.
GROUP = "playertrack.players"

#: The player that is found even where this project is not installed …
_BUILT_IN = "av"
#: … and all those that come with an extra of their name.
_EXTRAS = ("av", "gstplay", "gstreamer", "mpv", "vlc")

#: A line of a script: where it is, and what `SignalPlayer.at` takes.
Cue = tuple[str, tuple[float, str, float | bool | None]]


class SignalPlayer(Protocol):
    """A player that reports what it does as signals, `close` the last of them."""

    def load(self, media: str, *, entry_id: str | None = None) -> None:
        """Open a file or URL; what cannot be opened is a fatal `error` before any `loaded`."""

    def play(self) -> None:
        """Play it."""

    def at(self, seconds: float, action: str, value: float | bool | None = None) -> None:
        """Do what a line of a script says, ``seconds`` after `play`; ValueError if it cannot."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing will happen by itself any more."""

    def close(self, timeout: float = 5.0) -> None:
        """End it all; no signal comes after that."""


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = add_command(
        subparsers,
        "play",
        "Plays a file or URL without a window or sound, and tracks it. Ctrl-C ends playback as if\n"
        "the viewer had left: the events are still delivered, and the exit code is as usual.",
        "  playertrack play talk.mp4\n"
        "  playertrack play talk.mp4 --record trace.jsonl --speed 20\n"
        '  playertrack play talk.mp4 --do "2 pause" --do "3.5 play" --do "4 seek 30"\n'
        "  playertrack play https://example.org/live.m3u8 --sink jsonl:events.jsonl\n"
        "  KALTURA_PARTNER_ID=102 playertrack play talk.mp4 --sink stats --sink kava --queue outbox"
        "\n\n"
        "A script has one command a line: the time in seconds since play, by the player's clock,\n"
        "then play, pause, stop, replay, seek SECONDS, rate X, loop on|off or stall SECONDS (the\n"
        "player gets no data for that long). # starts a comment.\n\n"
        "exit codes: 0 played, 1 played with errors, 2 wrong usage or unusable media,\n"
        "3 not everything was delivered.",
    )
    parser.add_argument(
        "media", metavar="MEDIA", nargs="?", help="a file or URL; - for standard input"
    )
    parser.add_argument(
        "--player",
        metavar="NAME",
        default=_BUILT_IN,
        help="av (default), gstplay, gstreamer, mpv, mpv-process, qt or vlc; all but av play in "
        "real time",
    )
    parser.add_argument(
        "--list-players",
        action="store_true",
        help="list the players that work here, and how to install the others",
    )
    parser.add_argument(
        "--entry-id",
        metavar="ID",
        default=os.environ.get("KALTURA_ENTRY_ID") or None,
        help="the id of the media (default: KALTURA_ENTRY_ID, or else the file name)",
    )
    add_sinks(parser, "send events here instead of printing them")
    parser.add_argument(
        "--record", metavar="TRACE", help="record the signals in this file, for derive and explain"
    )
    parser.add_argument(
        "--record-raw",
        metavar="FILE",
        help="record everything the player reports in this file, for --raw",
    )
    parser.add_argument(
        "--speed",
        metavar="X",
        type=any_number,
        default=1.0,
        help="run the player's clock up to X times as fast (inf: as fast as it can decode). All "
        "times are by that clock, so events are as in normal playback; for the playback rate "
        "that a viewer chooses, use the script command rate",
    )
    parser.add_argument(
        "--do",
        metavar='"SECONDS COMMAND"',
        action="append",
        default=[],
        help="one command of a script (repeatable)",
    )
    parser.add_argument(
        "--script", metavar="FILE", help="read a script from this file; - for standard input"
    )
    add_policy(parser)
    add_timeline(parser)
    add_view(parser)
    add_json(parser, "one event a line")


def run(args: argparse.Namespace) -> int:
    """Run it; 1 if there were errors, 2 if the media cannot be opened, 3 as `derive`."""
    from ..errors import PlayertrackError

    if args.list_players:
        return list_players()
    if args.media is None:
        raise PlayertrackError("name a file or URL to play; see playertrack play --help")
    make_player = find_player(args.player)
    if args.player in _EXTRAS and "://" not in args.media and args.media != "-":
        Path(args.media).open("rb").close()  # what is not there is wrong use, before any event
    policy = read_policy(args.policy, getattr(make_player, "policy", None))
    options = {"speed": args.speed}
    if args.record_raw is not None:
        if not hasattr(make_player, "policy"):
            raise PlayertrackError(f"--record-raw: player {args.player} has signals only: --record")
        options["record_raw"] = args.record_raw
    cues = [*_file_cues(args.script), *_option_cues(args.do)]
    with ExitStack() as files:
        # Unbuffered: what is written outlives the process.
        record = files.enter_context(Path(args.record).open("wb", 0)) if args.record else None
        if args.json:
            keep_stdout(args)
        sinks = Sinks(args)
        if args.json:
            sinks.all.append(JsonLines())
        view = open_view(files) if args.view else None
        report = _Report(
            sinks.all or [Screen()],
            policy,
            record,
            args.timeline,
            {} if view is None else view.watch(None, policy),
            real=hasattr(make_player, "policy"),
        )
        try:
            try:
                player = make_player(report.receive, **options)
            except ValueError as error:
                raise PlayertrackError(f"--{error}") from error
            _play(player, args.media, args.entry_id, cues, report)
        finally:
            report.close(args.deliver_timeout)
        if view is not None and not report.interrupted:
            linger(view)
    out = sys.stderr if args.json else sys.stdout
    return report.finish(args.media, sinks.finish(out), out)


def _play(
    player: SignalPlayer, media: str, entry_id: str | None, cues: list[Cue], report: _Report
) -> None:
    """Play until nothing happens any more, or Ctrl-C: a viewer who leaves."""
    from ..errors import PlayertrackError

    try:
        for where, cue in cues:
            try:
                player.at(*cue)
            except ValueError as error:
                raise PlayertrackError(f"{where}: {error}") from error
        player.load(media, entry_id=entry_id)
        player.play()
        # In turns, since Windows lets no Ctrl-C through to a wait without an end.
        while not player.wait(0.5) and not report.unread:
            pass
    except KeyboardInterrupt:
        report.interrupted = True
    finally:
        player.close()


class _Report:
    """Tracks a player, and keeps what is to be said of it in the end."""

    def __init__(
        self,
        sinks: list[Sink],
        policy: Policy,
        record: BinaryIO | None,
        timeline: bool,
        viewed: Mapping[str, Any],
        *,
        real: bool,
    ) -> None:
        from ..live.tracker import Tracker
        from ..signals import DurationChange, Loaded, Playing

        # A failure is reported here, in one line, rather than with its traceback.
        logging.getLogger("playertrack").addHandler(logging.NullHandler())
        self.unread = self.interrupted = False
        self._viewed = viewed.get("on_signal")
        self._record = record
        self._observer = None
        if timeline:
            from ..timeline import Observer

            self._observer = Observer(policy)
        self._received = 0
        # A real player knows its media before it can say whether that can be opened.
        self._opens = (DurationChange, Playing) if real else (Loaded,)
        self._opened = False
        self._refusal: str | None = None
        self._closed_at: float | None = None
        self._delivered = True
        self._summaries: list[Summary] = []
        self._progress: Progress | None = None
        if sys.stderr.isatty():
            self._progress = Progress()
            sinks = [self._progress, *sinks]
        self._tracker = Tracker(
            sinks,
            policy=policy,
            **{**viewed, "on_signal": self._on_signal},
            on_summary=self._summaries.append,
            on_error=self._on_error,
        )

    def receive(self, signal: Signal) -> None:
        """Take a signal of the player."""
        from ..signals import Close

        if isinstance(signal, Close):
            self._closed_at = signal.at
        else:
            self._tracker.feed(signal)

    def close(self, timeout: float) -> None:
        """Deliver everything, or give up after ``timeout`` (s)."""
        if not self._tracker.close(timeout, at=self._closed_at):
            self._delivered = False

    def finish(self, media: str, left: list[str], out: TextIO) -> int:
        """Say what it was in the end, and what is ``left`` to deliver; returns the exit code."""
        if self.unread:
            raise BrokenPipeError
        if self._refusal is not None:
            print(f"{media}: {self._refusal}", file=sys.stderr)
            return 2
        for summary in self._summaries:
            show(summary_lines(summary), out)
        if self._observer is not None:
            show_timeline(self._observer.timeline(), out)
        if left or not self._delivered:
            print("not everything was delivered", *left, sep="\n", file=sys.stderr)
            return 3
        return 1 if any(summary.error_count for summary in self._summaries) else 0

    def _on_signal(self, signal: Signal) -> None:
        from ..signals import Error
        from ..trace.codec import encode_signal

        if isinstance(signal, self._opens):
            self._opened = True
        elif isinstance(signal, Error) and signal.fatal and not self._opened:
            self._refusal = signal.message
        if self._progress is not None:
            self._progress.update(signal)
        self._received += 1
        if self._viewed is not None:
            self._viewed(signal)
        if self._observer is not None:
            self._observer.feed(self._received, None, signal)
        if self._record is not None:
            self._record.write(encode_signal(signal, seq=self._received) + b"\n")

    def _on_error(self, error: BaseException) -> None:
        if isinstance(error, BrokenPipeError):
            self.unread = True
            return
        self._delivered = False
        print(f"playertrack: {error}", file=sys.stderr)


# ------------------------------------------------------------------------------- the player


def find_player(name: str) -> Callable[..., SignalPlayer]:
    """Find the factory of players of that name; a `PlayertrackError` says how to get it."""
    from importlib.metadata import entry_points

    from .._words import did_you_mean
    from ..errors import MissingLibraryError, PlayertrackError, shorten

    found = entry_points(group=GROUP)
    cure = f"pip install 'playertrack[{name}]'"
    try:
        make: Callable[..., SignalPlayer] | None = None
        if name in found.names:
            make = found[name].load()
        elif name == _BUILT_IN:
            make = import_module("playertrack_av").AvPlayer
    except MissingLibraryError as error:
        raise PlayertrackError(f"player {name}: {error}") from error
    except Exception as error:
        # Whatever goes wrong in the import of a player and its libraries, there is one cure.
        raise PlayertrackError(f"player {name} cannot be loaded ({error}): {cure}") from error
    if make is not None:
        return make
    if name in _EXTRAS:
        raise PlayertrackError(f"player {name} is not installed: {cure}")
    names = sorted(found.names | set(_EXTRAS))
    hint = did_you_mean(name, names) or f"; known are {', '.join(names)}"
    raise PlayertrackError(f"there is no player {shorten(name)}{hint}")


def list_players() -> int:
    """Say which players can be used here, and how to get the others."""
    from importlib.metadata import entry_points

    from ..errors import PlayertrackError

    names = sorted({*entry_points(group=GROUP).names, *_EXTRAS})
    width = max(map(len, names))
    for name in names:
        try:
            getattr(find_player(name), "check", bool)()
        except PlayertrackError as error:
            reason = str(error).removeprefix(f"player {name}: ")
            print(f"{name:{width}}  not here: {reason}")
        else:
            print(f"{name:{width}}  ready")
    return 0


# ------------------------------------------------------------------------------- the script


def _file_cues(path: str | None) -> Iterator[Cue]:
    """The lines of a script; an empty one or a comment is none."""
    if path is None:
        return
    text = sys.stdin.read() if path == "-" else Path(path).read_text("utf-8", "replace")
    for line_number, line in enumerate(text.splitlines(), 1):
        if words := line.partition("#")[0].split():
            where = f"{name_of(path)}:{line_number}"
            yield where, _cue(where, words)


def _option_cues(options: list[str]) -> Iterator[Cue]:
    for option in options:
        where = f"--do {option!r}"
        yield where, _cue(where, option.split())


def _cue(where: str, words: list[str]) -> tuple[float, str, float | bool | None]:
    """``SECONDS COMMAND [VALUE]``; whether the command takes that value the player knows."""
    from ..errors import PlayertrackError

    try:
        if len(words) == 2:
            return float(words[0]), words[1], None
        seconds, action, value = words
        return float(seconds), action, _value(value)
    except ValueError:
        problem = "expected SECONDS COMMAND [VALUE], as in 4 seek 30 or 5 loop on"
        raise PlayertrackError(f"{where}: {problem}") from None


def _value(word: str) -> float | bool:
    return {"on": True, "off": False}[word] if word in ("on", "off") else float(word)
