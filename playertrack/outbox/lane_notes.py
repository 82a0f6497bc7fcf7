"""What is remembered of each lane beside its rows: how the next item of it has to be made.

A note is committed together with the item that it came with, so the process that makes the
next one goes on exactly there, whatever happened to the one before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .connecting import Connection

#: `Note` by destination and lane.
Notes = Mapping[tuple[str, str], bytes]

NOTES_TABLE = """
CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY, destination TEXT NOT NULL, lane TEXT NOT NULL, note BLOB NOT NULL,
    UNIQUE (destination, lane)
)"""

#: A lane is forgotten after so many notes on others: its session was over long before.
MOST = 50_000


def write_notes(connection: Connection, notes: Notes) -> None:
    """Remember ``notes``, within a transaction."""
    connection.executemany(
        "INSERT OR REPLACE INTO notes (destination, lane, note) VALUES (?, ?, ?)",
        [(destination, lane, note) for (destination, lane), note in notes.items()],
    )
    connection.execute("DELETE FROM notes WHERE id <= (SELECT max(id) FROM notes) - ?", (MOST,))


def read_note(connection: Connection, destination: str, lane: str) -> bytes | None:
    """The last note on a lane, None if there is none."""
    row = connection.execute(
        "SELECT note FROM notes WHERE destination = ? AND lane = ?", (destination, lane)
    ).fetchone()
    return None if row is None or not isinstance(row[0], bytes) else row[0]


def sound_notes(rows: Iterable[tuple[object, ...]]) -> Notes:
    """The notes among what could be read of a damaged queue."""
    return {
        (destination, lane): note
        for destination, lane, note in rows
        if isinstance(destination, str) and isinstance(lane, str) and isinstance(note, bytes)
    }
