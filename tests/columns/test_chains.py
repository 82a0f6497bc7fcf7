"""Chains of quiet updates, taken in one step: no event and no bit differs from row by row."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from columns.tables import Entry, as_rows, bits, rows_of, table_of
from playertrack import Engine, Event, Fleet, Policy
from playertrack.cli import main
from playertrack.columns import EVENT_SCHEMA, SIGNAL_FIELDS, derive
from playertrack.columns.batch_feed import feed_batches
from playertrack.columns.decode import SignalBatch
from playertrack.columns.gathered import Gathered
from playertrack.signals import (
    Captions,
    Close,
    Ended,
    Error,
    Loaded,
    Pause,
    Playing,
    RateChange,
    Seek,
    Seeked,
    Seeking,
    Signal,
    Stall,
    StallEnd,
    TimeUpdate,
    Volume,
)
from playertrack.trace.codec import TraceError


def trace_of(random: Random, start: float) -> list[Signal]:
    """A long, mostly quiet playback: some jitter, coarse positions, seeks, a clock that steps."""
    duration = random.choice([60.0, 123.456, None])
    at, position, rate = start, 0.0, 1.0
    signals: list[Signal] = [
        Loaded(at=at, entry_id="A", duration=duration),
        Playing(at=at),
    ]
    coarse = random.choice([0.0, 0.0, 0.12])
    for _ in range(random.randrange(200, 500)):
        step = random.choice([0.25, 0.25, 0.25, 0.26, 1.0])
        at += step
        position += step * rate * random.choice([1.0, 1.0, 1.0, 0.99, 1.04])
        shown = position if not coarse else round(position / coarse) * coarse
        what = random.random()
        if what < 0.95:
            # Some lie on a milestone, or just before a VIEW is due.
            shown = random.choice([shown] * 12 + [15.0, 30.0, 10.0])
            signals.append(TimeUpdate(at=at, position=max(0.0, shown)))
        elif what < 0.96:
            position = random.uniform(0.0, 50.0)
            signals.append(Seek(at=at, position=position))
        elif what < 0.97:
            signals += [Pause(at=at), Playing(at=at + 2.0)]
            at += 2.0
        elif what < 0.98:
            signals += [Stall(at=at), StallEnd(at=at + 1.0)]
            at += 1.0
        elif what < 0.985:
            rate = random.choice([1.0, 1.0, 1.25, 2.0, 0.5])
            signals.append(RateChange(at=at, rate=rate))
        elif what < 0.99:
            at -= random.choice([1.0, 3600.0])
    return [*signals, Ended(at=at)]


def mixed(random: Random, players: int) -> list[Entry]:
    queues = {
        (f"p{number}" if number else None): trace_of(random, 1000.0 + number)
        for number in range(players)
    }
    entries: list[Entry] = []
    while queues:
        player = random.choice(list(queues))
        for _ in range(random.randrange(1, 40)):
            entries.append((player, queues[player].pop(0), None))
            if not queues[player]:
                del queues[player]
                break
    return entries


def fed(entries: list[Entry], policy: Policy) -> list[dict[str, Any]]:
    fleet = Fleet(policy=policy)
    events = [event for player, each, _ in entries for event in fleet.feed(player, each)]
    return bits(as_rows(events + fleet.close()))


POLICIES = {
    "as it is": Policy(),
    "no views": Policy(view_interval=None),
    "views": Policy(view_interval=1.0),
    "frozen": Policy(frozen_after=2.0),
}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("seed", range(8))
def test_no_bit_differs(seed: int, policy: str) -> None:
    random = Random(seed)
    entries = mixed(random, random.randrange(1, 6))
    table = table_of(entries)
    expected = fed(entries, POLICIES[policy])
    for rows in (len(entries), random.randrange(150, 700)):
        batches = derive(iter(table.to_batches(max_chunksize=rows)), policy=POLICIES[policy])
        assert bits(rows_of(pa.Table.from_batches(batches, EVENT_SCHEMA))) == expected


@pytest.mark.parametrize("seed", range(8))
def test_batches_may_be_taken_together(seed: int) -> None:
    """Each has other codes for the players; some are taken in chains, some row by row."""
    random = Random(seed)
    entries = mixed(random, random.choice([1, 3, 12]))
    batches = table_of(entries).to_batches(max_chunksize=random.randrange(30, 200))
    fleet = Fleet()
    events: list[Any] = []
    together = random.choice([100, 300, 1000])
    for made in feed_batches(batches, fleet, together=together):
        for _, each in made:
            assert not isinstance(each, TraceError)
            events += each
    assert bits(as_rows([*events, *fleet.close()])) == fed(entries, Policy())


def test_more_players_than_short_codes_have_room_for() -> None:
    players = [None, *map(str, range(1 << 16))]
    signals = ["ready"] * len(players)
    times = [float(number) for number in range(len(players))]
    batch = pa.record_batch({"signal": signals, "at": times, "player": players})
    few = batch.slice(0, 3)
    made = feed_batches([few, batch, few], Fleet(), together=10 * len(players))
    events = [event for some in made for _, each in some for event in cast("list[Event]", each)]
    assert [event.player for event in events] == players


@pytest.mark.parametrize("count", [3, 1 << 10, 1 << 16])
def test_rows_are_sorted_by_player_and_else_stay_in_order(count: int) -> None:
    random = Random(count)
    players = [str(number) for number in range(count)]
    shown = players + random.choices(players, k=5000)
    random.shuffle(shown)
    gathered = Gathered("rows", 1)
    columns = {
        "signal": ["ready"] * len(shown),
        "at": [float(n) for n in range(len(shown))],
        "player": shown,
    }
    gathered.add(SignalBatch(pa.record_batch(columns), "rows"))
    places = {player: place for place, player in enumerate(gathered.players)}
    rows = sorted(range(len(shown)), key=lambda row: places[shown[row]])
    for _ in range(2):  # in the same memory
        found, codes, updates, at, _ = gathered.by_player()
        assert found.tolist() == rows
        assert codes.tolist() == sorted(places[player] for player in shown)
        assert not updates.any()
        assert at.tolist() == [float(row) for row in rows]


@pytest.fixture
def chained(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many updates each call of `Engine.advance` takes."""
    taken: list[int] = []
    whole = Engine.advance

    def counted(self: Engine, positions: Any, times: Any, start: int, *rest: Any) -> int:
        end = whole(self, positions, times, start, *rest)
        taken.append(end - start)
        return end

    monkeypatch.setattr(Engine, "advance", counted)
    return taken


def quiet(numbers: range, rate: float = 1.0, start: float = 0.0) -> list[Entry]:
    """An update each 0.25 s, at a playback rate that it has from ``numbers`` on."""
    first = numbers[0] - 1
    return [
        ("tv", TimeUpdate(at=start + t / 4, position=(first + (t - first) * rate) / 4), None)
        for t in numbers
    ]


def derived(*batches: list[Entry]) -> list[dict[str, Any]]:
    tables = [table_of(entries) for entries in batches]
    made = derive(batch for table in tables for batch in table.to_batches())
    return bits(rows_of(pa.Table.from_batches(made, EVENT_SCHEMA)))


def test_quiet_updates_are_taken_in_chains(chained: list[int]) -> None:
    derived([("tv", Playing(at=0.0), None), *quiet(range(1, 400))])
    assert sum(chained) > 350


@pytest.mark.parametrize("rate", [0.5, 2.0])
def test_so_they_are_at_another_rate(rate: float, chained: list[int]) -> None:
    """From the moment on in which it changes, and in the next batch."""
    entries = [("tv", Playing(at=0.0), None), *quiet(range(1, 400))]
    entries += [("tv", RateChange(at=99.75, rate=rate), None), *quiet(range(400, 800), rate)]
    assert derived(entries) == fed(entries, Policy())
    assert sum(chained) > 780
    chained.clear()
    assert derived(entries[:450], entries[450:]) == fed(entries, Policy())
    assert sum(chained) > 780


def test_so_they_are_while_a_seek_settles(chained: list[int]) -> None:
    entries: list[Entry] = [("tv", Playing(at=0.0), None), *quiet(range(1, 100))]
    for n in range(1, 11):
        at, position = 25.0 * n, 100.0 * n
        entries += [("tv", Seeking(at=at, position=position), None)]
        entries += [("tv", Seeked(at=at, position=position), None)]
        times = [0.125 * t for t in range(1, 200)]
        entries += [("tv", TimeUpdate(at=at + t, position=position + t), None) for t in times]
    chained.clear()
    assert derived(entries) == fed(entries, Policy())
    # The updates before it is settled, and those after it.
    assert sum(chained) > len(entries) - 75
    assert len(chained) < 25


def test_signals_of_a_kind_may_have_different_fields() -> None:
    first = Loaded(at=0.0, entry_id="A"), Playing(at=0.0)
    entries: list[Entry] = [("tv", each, None) for each in first]
    others: list[Signal] = [
        Volume(at=25.0, volume=0.5),
        Volume(at=25.0, volume=0.5, muted=True),
        Captions(at=26.0, language="en"),
        Captions(at=27.0, language=None),
        Error(at=28.0, code="1", message="one"),
        Error(at=29.0, code="2"),
        Loaded(at=30.0, entry_id="B", live=True),
        Loaded(at=31.0, entry_id="C", duration=100.0),
    ]
    entries += [*quiet(range(1, 99)), *(("tv", each, None) for each in others)]
    defaults = {"muted": False, "message": "", "live": False, "fatal": False}
    records = [
        {name: value for name, value in each.items() if value != defaults.get(name)}
        for each in table_of(entries).to_pylist()
    ]
    bad = {"signal": "volume", "volume": 2.0}, {"signal": "volume"}, {"signal": "louder"}
    records += [{"at": 32.0, "player": "tv", **each} for each in bad]
    table = pa.Table.from_pylist(records, pa.schema(list(SIGNAL_FIELDS.items())))
    fleet = Fleet()
    events: list[Any] = []
    errors: list[str] = []
    for made in feed_batches(table.to_batches(), fleet):
        for _, each in made:
            if isinstance(each, TraceError):
                errors.append(str(each))
            else:
                events += each
    assert bits(as_rows([*events, *fleet.close()])) == fed(entries, Policy())
    assert [error.partition(" is ")[0] for error in errors] == [
        "<table>:109: volume: 2.0",
        "<table>:110: volume needs a volume",
        "<table>:111: signal: 'louder'",
    ]


def test_a_rate_that_does_not_become_that_of_the_player(chained: list[int]) -> None:
    """A row that cannot be taken changes nothing, and nobody listens to a closed player."""
    entries: list[Entry] = [("tv", Playing(at=0.0), None), *quiet(range(1, 400))]
    entries += [("tv", Close(at=99.75), None), ("tv", RateChange(at=99.75, rate=2.0), None)]
    entries += quiet(range(400, 800), 2.0)
    other: list[Entry] = [
        ("radio", each, None) for _, each, _ in [*entries[:400], *quiet(range(400, 800))]
    ]
    assert derived(entries, other) == fed([*entries, *other], Policy())
    assert derived([*entries, *other]) == fed([*entries, *other], Policy())

    records = table_of(other).to_pylist()
    records[300] = {**records[300], "signal": "ratechange", "rate": -2.0}
    fleet = Fleet()
    table = pa.Table.from_pylist(records, pa.schema(list(SIGNAL_FIELDS.items())))
    made = [each for part in feed_batches(table.to_batches(), fleet) for _, each in part]
    assert [str(each) for each in made if isinstance(each, TraceError)] == [
        "<table>:301: rate: -2.0 is not allowed; expected a playback speed above 0"
    ]
    del other[300]
    events: list[Any] = [event for each in made if isinstance(each, list) for event in each]
    assert bits(as_rows([*events, *fleet.close()])) == fed(other, Policy())


@pytest.mark.parametrize("pack", [False, True])
def test_each_player_has_a_policy_of_its_own(pack: bool) -> None:
    """A restored player has that of its snapshot: here it takes nothing that is too fast."""
    policy = Policy(jump_tolerance=0.0)
    entries: list[Entry] = [("tv", Playing(at=0.0), None), *quiet(range(1, 100))]
    entries += [("tv", RateChange(at=24.75, rate=2.0), None), *quiet(range(100, 300), 2.0)]
    fast = [TimeUpdate(at=75.0 + t, position=125.0 + 2.125 * t) for t in range(1, 200)]
    entries += [("tv", each, None) for each in fast]
    for first in (1, 150):
        fleet = Fleet()
        fleet.adopt(Engine("tv", policy=policy))
        events = [event for _, each, _ in entries[:first] for event in fleet.feed("tv", each)]
        if pack:
            fleet.pack("tv")
        for made in feed_batches(table_of(entries[first:]).to_batches(), fleet):
            events += [event for _, each in made for event in cast("list[Event]", each)]
        assert bits(as_rows([*events, *fleet.close()])) == fed(entries, policy)


def test_so_they_are_after_a_clock_was_set_back(chained: list[int]) -> None:
    entries: list[Entry] = [("tv", Playing(at=3600.0), None), *quiet(range(1, 100), start=3600.0)]
    entries += quiet(range(100, 800))
    assert derived(entries) == fed(entries, Policy())
    assert sum(chained) > 650


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_rows_that_cannot_be_taken_among_chains(
    jobs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are named in order, and a player that begins with one appears with its first signal."""
    quiet: list[Entry] = [("tv", Loaded(at=0.0, entry_id="A", duration=100.0), None)]
    quiet += [("tv", Playing(at=0.0), None)]
    quiet += [("tv", TimeUpdate(at=t / 4, position=t / 4), None) for t in range(1, 200)]
    late: list[Entry] = [("radio", entry, None) for _, entry, _ in quiet]
    records = table_of([*late[:1], *quiet, *late]).to_pylist()
    records[0] = {**records[0], "entry_id": ""}
    records[100] = {**records[100], "position": -1.0}
    records[110] = {**records[110], "at": 1e13}
    table = pa.Table.from_pylist(records, pa.schema(list(SIGNAL_FIELDS.items())))
    path = tmp_path / "in.parquet"
    pq.write_table(table, path)
    good = [record for number, record in enumerate(records) if number not in (0, 100, 110)]
    pq.write_table(pa.Table.from_pylist(good, table.schema), tmp_path / "good.parquet")

    assert main(["derive", str(path), "--skip-bad", "--jobs", jobs]) == 1
    out, err = capsys.readouterr()
    assert [line.partition(": ")[0] for line in err.splitlines()[:3]] == [
        f"{path}:1",
        f"{path}:101",
        f"{path}:111",
    ]
    assert main(["derive", str(tmp_path / "good.parquet")]) == 0
    assert capsys.readouterr().out == out
