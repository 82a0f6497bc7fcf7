"""A note for each lane, beside its rows: the state from which its next item is made.

A note is committed together with the item that it came with, so the process that makes the
next one goes on exactly there, whatever happened to the one before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zlib import crc32

from .connecting import Connection

#: `Note` by destination and lane.
Notes = Mapping[tuple[str, str], bytes]

NOTES_TABLE = """
CREATE TABLE notes (
    id INTEGER PRIMARY KEY, destination TEXT NOT NULL, lane TEXT NOT NULL, note BLOB NOT NULL,
    checksum INTEGER NOT NULL, UNIQUE (destination, lane)
)"""

#: A lane is forgotten after so many notes on others: its session was over long before.
MOST = 50_000


def write_notes(connection: Connection, notes: Notes) -> None:
    """Remember ``notes``, within a transaction."""
    connection.executemany(
        "INSERT OR REPLACE INTO notes (destination, lane, note, checksum) VALUES (?, ?, ?, ?)",
        [(*key, note, _check(*key, note)) for key, note in notes.items()],
    )
    connection.execute("DELETE FROM notes WHERE id <= (SELECT max(id) FROM notes) - ?", (MOST,))


def read_note(connection: Connection, destination: str, lane: str) -> bytes | None:
    """The last note on a lane, None if there is none that is as it was written."""
    row = connection.execute(
        "SELECT destination, lane, note, checksum FROM notes WHERE destination = ? AND lane = ?",
        (destination, lane),
    ).fetchone()
    return None if row is None or not is_sound(row) else row[2]


def is_sound(row: tuple[Any, ...]) -> bool:
    """True for destination, lane, note and checksum as they were written."""
    destination, lane, note, checksum = row
    return (
        isinstance(destination, str)
        and isinstance(lane, str)
        and isinstance(note, bytes)
        and checksum == _check(destination, lane, note)
    )


def _check(destination: str, lane: str, note: bytes) -> int:
    return crc32(note, crc32(f"{destination}\0{lane}".encode(errors="surrogatepass")))
