"""Opens a queue, whatever is there: a sound one, none, or an unreadable file.

A file that SQLite cannot read is set aside, and its undamaged content goes into a new one: its
pages are read one by one, and each row, tally and note is judged by its checksum.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

import attrs

from .ack_log import AckLog
from .connecting import Connect, connect, open_file
from .database import QUEUE, Entries, keep_newer, sound, state_of
from .lane_notes import Notes, is_sound
from .pages import Image, Log, read_log
from .records import intact, sound_letter
from .store import Store
from .values import DELIVERED, DROPPED, REJECTED, DeadLetter, Item

#: How far the numbers of a new queue are from those of the damaged one that it replaces.
_LEAP = 1 << 32

#: No queue counts as far as that: what is higher was not written so.
_MOST = 1 << 60

#: What SQLite only says of a file that is not as it was written: no statement here breaks a
#: constraint of a sound one.
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT)

#: The destination of lost events of which nobody knows where they were to go.
UNKNOWN = "unknown"


@attrs.frozen
class Damage:
    """A queue that was damaged: what was carried over or lost, and where the old file is now.

    ``path`` is None where the file could be repaired in its place.
    """

    path: Path | None
    rows: int
    lost: int


@attrs.frozen(kw_only=True)
class Contents:
    """All that is in a queue; ``rows`` are in order, each with its number and destination."""

    rows: Sequence[tuple[int, str, Item]]
    entries: Entries
    dead: Sequence[DeadLetter]
    notes: Notes

    @classmethod
    def of(cls, store: Store) -> Contents:
        """The content of ``store``."""
        return cls(
            rows=store.everything(),
            entries=store.entries(),
            dead=store.dead(),
            notes=store.noted(),
        )

    @classmethod
    def salvaged(cls, image: Image, known: Entries) -> Contents:
        """The readable content of the pages of a damaged queue.

        ``known`` are tallies that this process remembers, for those that cannot be read, or
        are older.
        """
        rows: dict[int, tuple[int, str, Item]] = {}
        dead: dict[int, DeadLetter] = {}
        notes: dict[tuple[str, str], bytes] = {}
        entries: Entries = {}
        for seq, record in image.records():
            if seq is None:
                if len(record) == 3:
                    keep_newer(entries, sound([record]))  # pages may be older versions
            elif len(record) == 5 and is_sound(record[1:]):
                notes[record[1], record[2]] = record[3]
            elif 0 < seq < _MOST and len(record) in (9, 10):
                # The number is the id of the row; SQLite keeps whole numbers as integers.
                fields = [seq, *record[1:]]
                fields[5] = float(fields[5]) if isinstance(fields[5], int) else fields[5]
                if len(record) == 9 and (whole := intact(fields)) is not None:
                    rows[seq] = whole
                elif len(record) == 10 and (letter := sound_letter(fields)) is not None:
                    dead[seq] = letter
        newer = state_of(known)[1] >= state_of(entries)[1]
        return cls(
            rows=[rows[seq] for seq in sorted(rows)],
            entries={**entries, **known} if newer else {**known, **entries},
            dead=[dead[seq] for seq in sorted(dead)],
            notes=notes,
        )

    @property
    def last(self) -> int:
        """The highest number in it."""
        tallied, _ = state_of(self.entries)
        in_use = (*(row[0] for row in self.rows[-1:]), *(each.seq for each in self.dead[-1:]))
        return max(0, tallied, *in_use)

    def renumbered(self, first: int) -> Contents:
        """The same in the same order, with numbers from ``first`` on."""
        old = sorted([*(row[0] for row in self.rows), *(each.seq for each in self.dead)])
        new = {seq: number for number, seq in enumerate(old, first)}
        return attrs.evolve(
            self,
            rows=[(new[seq], destination, item) for seq, destination, item in self.rows],
            dead=[attrs.evolve(each, seq=new[each.seq]) for each in self.dead],
            entries={name: entry for name, entry in self.entries.items() if name != QUEUE},
        )


def adopt(store: Store, contents: Contents) -> int:
    """Take ``contents`` over under their own numbers, within a transaction.

    Gives how many rows are missing: those that its counters know of, and that are not there.
    They are counted as damaged.
    """
    store.append(contents.rows)
    store.bury(contents.dead)
    store.skip(contents.last)
    store.tally.count_commits(state_of(contents.entries)[1])
    store.remember(contents.notes)
    missing = Counter({name: -n for name, n in Counter(row[1] for row in contents.rows).items()})
    for destination, entry in contents.entries.items():
        if destination == QUEUE:
            continue
        if entry.get("paused") is not None:
            store.pause(destination, entry["paused"])
        for name, n in entry.get("counters", {}).items():
            if name == "accepted":
                missing[destination] += n
                continue
            store.count(destination, name, n)
            if name in (DELIVERED, REJECTED) or name.startswith(DROPPED):
                store.count(destination, "accepted", n)
                missing[destination] -= n
    lost = +missing
    for destination, n in lost.items():
        lose(store, destination, n)
    return lost.total()


def lose(store: Store, destination: str, n: int) -> None:
    """Count events as accepted and lost."""
    store.count(destination, "accepted", n)
    store.count(destination, f"{DROPPED}damaged", n)


def is_damage(error: Exception, path: Path) -> bool:
    """True if SQLite says that the file at ``path`` is no sound database."""
    if isinstance(error, UnicodeError):
        return True  # a message that names what is damaged
    if not isinstance(error, sqlite3.Error):
        return False
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return type(error) is sqlite3.DatabaseError
    if code == sqlite3.SQLITE_READONLY:
        # By its header only a newer SQLite may write it, unless the system says so, too.
        return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    if code == sqlite3.SQLITE_ERROR:
        return str(error) == "unsupported file format"  # the other such field of the header
    return int(code) & 0xFF in _DAMAGED


def open_store(
    path: Path, connect: Connect = connect, *, verify: bool = True, used: bool = False
) -> Store:
    """The queue at ``path``, a new one if there is none; ``verify`` it as a whole.

    If the process that replaced it died before it was done, its work is finished. One that is
    known to have been ``used`` is damaged if it is empty.

    Raises `sqlite3.Error` or `OSError` if that cannot be, `QueueError` if it is a newer one's.
    """
    if not path.exists():
        with suppress(FileNotFoundError):
            _new(path).rename(path)
    return _open(path, connect, secrets.randbits(62), 1, verify=verify, used=used)


def replace(
    path: Path,
    acks: AckLog | None,
    log: Log,
    known: Entries,
    connect: Connect = connect,
    *,
    shared: bool = False,
) -> tuple[Store, Damage]:
    """Set the damaged queue aside, and make a new one with all that can be read of it.

    ``log`` is its log of changes as it was before SQLite opened it, ``acks`` knows its
    generation if the file does not. ``shared``: this process has it open elsewhere. Only who
    holds the lock may do that. Raises as `open_store`.
    """
    log = log if log.frames else read_log(Path(f"{path}-wal"))
    with closing(Image(path, log, shared=shared)) as image:
        contents = Contents.salvaged(image, known)
        # All that was ever committed was in the log, and that is gone with the counters.
        nothing = image.blank and QUEUE not in contents.entries
        gone = acks.committed[0] if acks is not None and nothing else 0
    generation = contents.entries.get(QUEUE, {}).get("generation")
    if generation is None:
        generation = secrets.randbits(62) if acks is None else acks.generation
    # The new one is whole before the old one goes: a crash in between loses neither.
    for leftover in (_new(path), *(Path(f"{_new(path)}-{end}") for end in ("wal", "shm"))):
        leftover.unlink(missing_ok=True)
    with (
        closing(_open(_new(path), connect, generation, contents.last + _LEAP)) as store,
        store.transaction(),
    ):
        lost = adopt(store, contents) + gone
        if gone:
            lose(store, UNKNOWN, gone)
    aside = _set_aside(path)
    return open_store(path, connect, verify=False), Damage(aside, len(contents.rows), lost)


def _new(path: Path) -> Path:
    return path.with_name(f"{path.name}.new")


def _open(
    path: Path,
    connect: Connect,
    generation: int,
    first: int,
    *,
    verify: bool = True,
    used: bool = False,
) -> Store:
    store = Store(open_file(path, connect))
    try:
        empty = store.empty
        if empty and used:
            raise sqlite3.DatabaseError("all that was committed is missing from queue.db")
        if not empty:
            store.examine(repair=True)
        store.configure()
        if empty:
            store.create(generation, first)
        elif verify:
            store.verify()
    except BaseException:  # raised again: only the file must not stay open
        with suppress(sqlite3.Error):
            store.close()
        raise
    return store


def _set_aside(path: Path) -> Path:
    """Rename the database with its log; the old ones of that name stay."""
    n = 1
    while (aside := path.with_name(f"{path.name}.damaged-{n}")).exists():
        n += 1
    with suppress(FileNotFoundError):
        os.replace(f"{path}-wal", f"{aside}-wal")  # noqa: PTH105 - no such Path
    Path(f"{path}-shm").unlink(missing_ok=True)  # it only serves the log
    path.rename(aside)
    return aside
