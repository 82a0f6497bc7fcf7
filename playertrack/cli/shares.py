"""The work of ``playertrack derive``: files in, events out, in one process or in several.

Each process reads all of the input and derives a share of the players; the results are merged in
the order of the lines that made them, so the output does not depend on the number of processes.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from heapq import merge
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import attrs

from .common import Noted, WantedPlayer, name_of, open_raw, report_empty
from .progress import CountedReader

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from ..core.fleet import Fleet
    from ..events import Event
    from ..policy import Policy
    from ..trace.feed import Made, Share
    from ..trace.input_files import Kind

#: A process for each core is all that is of use, and thousands could stop the machine.
_MOST_PROCESSES = max(16, os.cpu_count() or 1)

#: Where in the input something was made: file and line; at the end, after all files, the same of
#: the player's first appearance.
Key = tuple[float, ...]

#: Something that was made: events (encoded, if that was asked for), what is wrong with a line,
#: summaries, or an error that ends the work.
Item = tuple[Key, Any]

#: So many events become lines at a time.
_AT_A_TIME = 1 << 10


@attrs.frozen
class Task:
    """One piece of work: what to derive from what, as a value to hand to another process.

    ``player`` (... for all) and ``session``, an ordinal or an id, choose what is given.
    ``encoded``: events are given as lines. ``summaries``: those are given, too.
    """

    paths: tuple[str, ...]
    policy: Policy
    reorder: float | None = None
    idle_close: float | None = None
    player: str | Any = ...
    session: int | str | None = None
    encoded: bool = False
    summaries: bool = False


@attrs.frozen
class BytesRead:
    """How far the reading is: ``read`` bytes of the files."""

    read: int


@attrs.frozen
class Totals:
    """Totals known at the end: signals ``late``, ``sessions`` and the player asked for."""

    late: int
    sessions: int
    wanted: WantedPlayer | None


def derived(task: Task, jobs: int) -> Iterator[Item | BytesRead | Totals]:
    """All that the input makes, in order; `BytesRead` between, `Totals` last.

    ``jobs`` is how many processes there may be.
    """
    if jobs == 1 or not all(map(os.path.isfile, task.paths)):
        # What comes through a pipe can be read but once, and what is missing not at all.
        with _without_collector():
            yield from _share(task, None)
    else:
        yield from _merged(task, min(jobs, _MOST_PROCESSES))


# ------------------------------------------------------------------------- one process


def _share(task: Task, share: Share | None) -> Iterator[Item | BytesRead | Totals]:
    from ..core.fleet import Fleet
    from ..errors import PlayertrackError
    from ..trace.summaries import EndedSessions

    chosen = _Chosen(task)
    ended = EndedSessions(chosen.ids) if task.summaries else None
    fleet = Fleet(
        policy=task.policy,
        ids=chosen.ids if ended is None else ended.ids,
        reorder=task.reorder,
        idle_close=task.idle_close,
        on_close=None if ended is None else ended.closed,
    )
    if ended is not None:
        ended.watch(fleet)
    first_seen: dict[str | None, Key] = {}
    options: dict[str, Any] = {"share": share, "wanted": chosen.player, "ended": ended}
    done = BytesRead(0)
    for number, path in enumerate(task.paths):
        try:
            before = done
            for made, done in _read(path, before, fleet, options, alone=len(task.paths) == 1):
                yield from chosen.items(number, made)
                yield done
        except (PlayertrackError, OSError) as error:
            if share is None:
                raise
            # Every share meets it at the same place: after all that came before.
            yield (number, inf), _portable(error)
            yield done
            return
        if share is not None:
            for player, line in share.first_seen.items():
                first_seen.setdefault(player, (number, line))
            share.first_seen.clear()
    for player in list(fleet.known):
        key = (len(task.paths), *first_seen.get(player, ()))
        yield from chosen.given(key, fleet.close(player))
        if ended:
            yield from chosen.given(key, ended.take())
    yield Totals(fleet.late, chosen.sessions, chosen.player)


def _read(
    path: str, before: BytesRead, fleet: Fleet, options: dict[str, Any], *, alone: bool
) -> Iterator[tuple[list[Made], BytesRead]]:
    """Read a file; yields its results, with how far the reading is after it."""
    from ..trace.feed import feed_lines
    from ..trace.input_files import columns_in, kind_of, uncompressed

    source, kind, share = name_of(path), kind_of(path), options["share"]
    speaks = share is None or share.number == 0  # one process for all
    with open_raw(path) as file:
        if kind == "parquet":
            from ..columns.batch_feed import TOGETHER, feed_batches
            from ..columns.parquet import SignalFile

            _use_small_pages()
            size = os.fstat(file.fileno()).st_size
            table = SignalFile(Path(path), source)
            if not table.rows and alone and speaks:
                report_empty(path, "trace")  # one part of several may well have no rows
            options = {**options, "source": source, "together": TOGETHER}
            for made in feed_batches(table.batches(), fleet, **options):
                part = int(size * table.read_rows / max(1, table.rows))
                yield made, BytesRead(before.read + part)
            yield [], BytesRead(before.read + size)
        else:
            if "player" in columns_in(path):
                _check_player(path, kind, source)
            counted = CountedReader(file)
            with uncompressed(cast("BinaryIO", counted), kind, source) as stream:  # it only reads
                noted = Noted(stream)
                for made in feed_lines(noted, fleet, source=source, **options):
                    yield made, BytesRead(before.read + counted.read_bytes)
            if noted.blank and speaks:
                report_empty(path, "trace")


def _check_player(path: str, kind: Kind, source: str) -> None:
    """Raise `PlayertrackError` if the first line has no player, which the path has."""
    from ..errors import PlayertrackError
    from ..trace.codec import read_records
    from ..trace.input_files import ONLY_IN_PATH, uncompressed

    with open_raw(path) as file, uncompressed(file, kind, source) as stream:
        lines = read_records(stream, source, on_bad=lambda _: None)  # who derives it reports them
        _, first = next(lines, (0, {"player": None}))
        if "player" not in first:
            raise PlayertrackError(f"{source}: player: {ONLY_IN_PATH}")


def _use_small_pages() -> None:
    """Let pyarrow have memory in small pages: huge ones, its own choice, may be slow to come by."""
    import pyarrow as pa

    if "ARROW_DEFAULT_MEMORY_POOL" not in os.environ:
        with suppress(NotImplementedError):  # it is not in each build
            pa.set_memory_pool(pa.jemalloc_memory_pool())


class _Chosen:
    """The players and sessions that were asked for."""

    def __init__(self, task: Task) -> None:
        from ..core.session import offline_ids
        from ..trace.codec import TraceError, encode_events

        self._task = task
        self._make_id, self._error, self._encode = offline_ids, TraceError, encode_events
        self._ids: set[str] = set()
        self.sessions = 0
        self.player = None if task.player is ... else WantedPlayer(task.player)

    def ids(self, player: str | None, ordinal: int, at: float) -> str:
        """The session id factory, which sees every session."""
        session = self._make_id(player, ordinal, at)
        if self._task.session in (None, ordinal, session):
            self.sessions += 1
            if self._task.session is not None:
                self._ids.add(session)
        return session

    def items(self, file: int, made: Iterable[Made]) -> Iterator[Item]:
        """A file's results, as far as they were asked for."""
        for number, each in made:
            yield from self.given((file, number), each)

    def given(self, key: Key, made: Any) -> Iterator[Item]:
        """The results at ``key``, as far as they were asked for."""
        if isinstance(made, self._error) or not made:
            if made:
                yield key, made
            return
        if self._task.session is not None:
            made = [each for each in made if _session_of(each) in self._ids]
        if made and self._task.encoded and not isinstance(made[0], dict):
            # As many at a time as stay in the cache.
            for start in range(0, len(made), _AT_A_TIME):
                yield key, self._encode(made[start : start + _AT_A_TIME])
        elif made:
            yield key, list(made)


def _session_of(made: Event | dict[str, Any]) -> str:
    session: str = made["session"] if isinstance(made, dict) else made.session
    return session


@contextmanager
def _without_collector() -> Iterator[None]:
    """Without the search for garbage in cycles: players make none, and it visits them all."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


# ------------------------------------------------------------------------- several processes


def _merged(task: Task, jobs: int) -> Iterator[Item | BytesRead | Totals]:
    from multiprocessing import get_context

    context = get_context("spawn")
    workers, pipes = [], []
    try:
        for number in range(jobs):
            here, there = context.Pipe(duplex=False)
            worker = context.Process(target=_work, args=(task, number, jobs, there), daemon=True)
            with _without_interrupts():
                worker.start()
            there.close()
            workers.append(worker)
            pipes.append(here)
        totals: list[Totals | None] = [None] * jobs
        progress: list[BytesRead] = [BytesRead(0)] * jobs
        shown = BytesRead(0)
        streams = [_received(pipe, index, totals, progress) for index, pipe in enumerate(pipes)]
        for key, made in merge(*streams, key=lambda item: item[0]):
            if isinstance(made, Exception) and key[-1] == inf:
                raise made
            yield key, made
            least = min(progress, key=lambda each: each.read)
            if least is not shown:
                shown = least
                yield shown
        yield _sum_of([each for each in totals if each is not None])
    finally:
        for pipe in pipes:
            pipe.close()
        for worker in workers:
            worker.terminate()
            worker.join()


def _sum_of(totals: Sequence[Totals]) -> Totals:
    return Totals(
        late=sum(each.late for each in totals),
        sessions=sum(each.sessions for each in totals),
        wanted=WantedPlayer.of([each.wanted for each in totals if each.wanted is not None]),
    )


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Processes that start here are spared Ctrl-C: who started them ends them, without a word.

    They are started whole, too: a SIGTERM waits, for them until they begin to work.
    """
    from multiprocessing import resource_tracker

    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # else the first one starts it, which undoes what is next
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(task: Task, number: int, count: int, pipe: Connection) -> None:
    """The process of one share: sends what it makes, block by block."""
    from ..trace.feed import Share

    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    items: list[Item] = []
    with suppress(BrokenPipeError), _without_collector():
        for each in _share(task, Share(number, count)):
            if isinstance(each, tuple):
                items.append(each)
            else:
                pipe.send((items, each))
                items = []
        pipe.close()


def _portable(error: Exception) -> Exception:
    """An error that another process can be sent."""
    from ..errors import PlayertrackError

    if isinstance(error, OSError):
        return OSError(error.errno, error.strerror, error.filename)
    return PlayertrackError(str(error))


def _received(
    pipe: Connection, index: int, totals: list[Totals | None], progress: list[BytesRead]
) -> Iterator[Item]:
    """Receives from a process until its totals, or an error, after which nobody asks for more."""
    from ..errors import PlayertrackError

    while totals[index] is None:
        try:
            items, state = pipe.recv()
        except (EOFError, OSError):  # where it left off is a matter of chance
            raise PlayertrackError(
                "--jobs: one of the processes was killed, perhaps for lack of memory; "
                "start again with fewer of them"
            ) from None
        if isinstance(state, Totals):
            totals[index] = state
        else:
            progress[index] = state
        yield from items


def sizes(paths: Sequence[str]) -> int:
    """The bytes of the files, 0 if one of them is a stream."""
    total = 0
    for path in paths:
        with suppress(OSError):
            if path == "-" or not Path(path).is_file():
                return 0
            total += Path(path).stat().st_size
    return total
