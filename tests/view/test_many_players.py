"""A trace of more players than are kept as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from playertrack.testing import ScriptedPlayer
from playertrack.trace.codec import encode_signal
from playertrack.view import FileLibrary, find, indexing


def interleaved(count: int) -> Iterator[bytes]:
    """The signals of ``count`` players that play at the same time."""
    scripts = {
        f"player {n}": ScriptedPlayer(20.0, entry_id=f"1_{n}", start=1_700_000_000.0 + n)
        for n in range(count)
    }
    for n, script in enumerate(scripts.values()):
        script.load().play().watch(1.0 + n)
    lines = [(each.at, name, each) for name, script in scripts.items() for each in script.signals]
    for _, name, each in sorted(lines, key=lambda line: line[0]):
        yield encode_signal(each, name) + b"\n"


def test_players_that_were_packed_have_their_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "trace.jsonl"
    trace.write_bytes(b"".join(interleaved(12)))

    def rows() -> list[tuple[object, ...]]:
        library = FileLibrary(find([trace]))
        library.start()
        assert library.loaded(60)
        assert library.problems == []
        return sorted(
            (row.player, row.session, row.start, row.end, row.quartiles, row.watched, row.events)
            for row in library.rows
        )

    expected = rows()
    assert len(expected) == 12
    monkeypatch.setattr(indexing, "_AWAKE", 2)
    monkeypatch.setattr(indexing, "_STRIDE", 5)
    assert rows() == expected
