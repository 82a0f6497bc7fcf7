"""Arrow in, Arrow out: the events of the engine, value by value, doubles bit by bit."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import polars
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from columns.tables import Entry, as_rows, bits, rows_of, table_of
from playertrack import Fleet, PlayertrackError, Policy
from playertrack.columns import EVENT_SCHEMA, SIGNAL_FIELDS, derive
from playertrack.events import EVENTS
from playertrack.signals import (
    FlavorSwitch,
    Loaded,
    Playing,
    Signal,
    TimeUpdate,
)
from playertrack.testing.strategies import hostile, policies, realistic

ROOT = Path(__file__).parents[2]

traces = st.one_of(hostile(40), realistic())


def mixed(traces: list[list[Signal]], random: Random) -> list[Entry]:
    """The signals of several players, one of them without a name, as they may arrive."""
    queues: dict[str | None, list[tuple[int, Signal]]] = {
        name: list(enumerate(trace, 1))
        for name, trace in zip((None, "tv", "größer"), traces, strict=False)
    }
    entries: list[Entry] = []
    while any(queues.values()):
        player = random.choice([name for name, queue in queues.items() if queue])
        seq, signal = queues[player].pop(0)
        entries.append((player, signal, seq))
    return entries


def fed(entries: list[Entry], **options: Any) -> list[dict[str, Any]]:
    fleet = Fleet(**options)
    events = [event for player, each, seq in entries for event in fleet.feed(player, each, seq)]
    return bits(as_rows(events + fleet.close()))


@settings(max_examples=40)
@given(
    st.lists(traces, min_size=1, max_size=3),
    st.randoms(use_true_random=False),
    policies(),
    st.sampled_from([None, 5.0]),
    st.sampled_from([None, 60.0]),
)
def test_columns_give_the_events_of_the_engine(
    traces: list[list[Signal]],
    random: Random,
    policy: Policy,
    reorder: float | None,
    idle_close: float | None,
) -> None:
    entries = mixed(traces, random)
    options: dict[str, Any] = {"policy": policy, "reorder": reorder, "idle_close": idle_close}
    table = derive(table_of(entries), **options)
    assert bits(rows_of(table)) == fed(entries, **options)


@settings(max_examples=30)
@given(traces, st.integers(1, 50))
def test_batches_give_the_same_as_a_table(trace: list[Signal], rows: int) -> None:
    table = table_of([(None, signal, None) for signal in trace])
    batches = list(derive(iter(table.to_batches(max_chunksize=rows))))
    together = pa.Table.from_batches(batches, EVENT_SCHEMA)
    assert rows_of(together) == rows_of(derive(table))


def test_a_policy_may_be_a_mapping() -> None:
    table = table_of([(None, Playing(at=0.0), None)])
    names = derive(table, policy={"view_interval": None})["event"].to_pylist()
    assert names == ["WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY"]
    with pytest.raises(PlayertrackError, match="did you mean settle"):
        derive(table, policy={"settel": 1})


def test_the_columns_are_always_all_there() -> None:
    empty = derive(table_of([]))
    assert empty.schema == EVENT_SCHEMA
    assert {name for cls in EVENTS.values() for name in cls.extra} <= set(EVENT_SCHEMA.names)
    assert len(EVENT_SCHEMA.names) == len(set(EVENT_SCHEMA.names))


PLAYED: list[Entry] = [
    ("tv", Loaded(at=0.0, entry_id="A", duration=100.0), 1),
    ("tv", Playing(at=0.0), 2),
    ("tv", FlavorSwitch(at=1.0, bitrate=800.0), 3),
    *(("tv", TimeUpdate(at=float(t), position=float(t)), t + 2) for t in range(2, 30)),
]


def cast(name: str, type_: pa.DataType) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        index = table.schema.get_field_index(name)
        return table.set_column(index, name, table[name].cast(type_))

    return change


#: Other forms of the same columns.
FORMS: dict[str, Callable[[pa.Table], pa.Table]] = {
    "large strings": cast("player", pa.large_string()),
    "dictionary": lambda table: table.set_column(0, "player", table["player"].dictionary_encode()),
    "dictionary of large strings": lambda table: table.set_column(
        1, "signal", table["signal"].cast(pa.large_string()).dictionary_encode()
    ),
    "string views": cast("signal", pa.string_view()),
    "integers for doubles": cast("position", pa.int64()),
    "small integers": cast("at", pa.uint8()),
    "integer bitrates": cast("bitrate", pa.int32()),
    "doubles for seq, as pandas has them": cast("seq", pa.float64()),
    "columns that are all null left out": lambda table: table.select(
        [name for name in table.column_names if table[name].null_count < len(table)]
    ),
    "columns of nulls": lambda table: table.set_column(
        table.schema.get_field_index("volume"), "volume", pa.nulls(len(table))
    ),
    "other columns": lambda table: table.append_column("weather", pa.array(["fine"] * len(table))),
    "another order": lambda table: table.select(sorted(table.column_names)),
    "dictionary of string views": lambda table: table.set_column(
        0,
        "player",
        pa.DictionaryArray.from_arrays(
            pa.array([0] * len(table)), pa.array(["tv"], pa.string_view())
        ),
    ),
    "a code for each row": lambda table: table.set_column(
        1,
        "signal",
        pa.DictionaryArray.from_arrays(pa.array(range(len(table))), table["signal"].to_pylist()),
    ),
    "in pieces": lambda table: pa.concat_tables([table.slice(0, 7), table.slice(7)]),
    "a slice": lambda table: pa.concat_tables([table.slice(0, 3), table]).slice(3),
}


@pytest.mark.parametrize("form", FORMS)
def test_other_forms_of_the_columns(form: str) -> None:
    table = table_of(PLAYED)
    changed = FORMS[form](table)
    assert rows_of(derive(changed, reorder=5.0)) == rows_of(derive(table))


@pytest.mark.parametrize("column", ["player", "signal", "entry_id"])
def test_a_null_may_have_a_code(column: str) -> None:
    values: dict[str, list[str | None]] = {
        "signal": ["playing", "play"],
        "player": ["tv", None],
        "entry_id": ["A", None],
    }
    coded = pa.array([values[column][0], None]).dictionary_encode(null_encoding="encode")
    assert coded.null_count == 0
    table = pa.table({"at": [0.0, 1.0], **values, column: coded})
    if column == "signal":
        with pytest.raises(PlayertrackError, match="<table>:2: there is no signal"):
            derive(table)
    else:
        plain = table.set_column(table.schema.get_field_index(column), column, [values[column]])
        assert rows_of(derive(table)) == rows_of(derive(plain))


@pytest.mark.parametrize("reorder", [None, 5.0])
def test_batches_may_have_different_columns(reorder: float | None) -> None:
    whole = table_of([(None, signal, seq) for _, signal, seq in PLAYED])
    [batch] = whole.combine_chunks().to_batches()
    few, many, last = batch.slice(0, 2), batch.slice(2, 9), batch.slice(11)
    names = ["signal", "at", "entry_id", "duration", "seq"]
    nothing = last.slice(0, 0)
    batches = [
        nothing.select(names[:2]),
        few.select(names),
        nothing,
        many,
        nothing.select(names),
        last.select(whole.column_names[:0:-1]),
    ]
    together = pa.Table.from_batches(list(derive(iter(batches), reorder=reorder)), EVENT_SCHEMA)
    assert rows_of(together) == rows_of(derive(whole))


def row(**fields: Any) -> dict[str, Any]:
    return {"signal": "playing", "at": 1.0, **fields}


#: A row that cannot be taken, and the field that is named.
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "unknown signal": (row(signal="explode"), "signal: 'explode' is not allowed"),
    "no signal": (row(signal=None), "there is no signal"),
    "no at": (row(at=None), "playing needs a time (at)"),
    "at not finite": (row(at=float("nan")), "at: nan is not allowed"),
    "no position": (row(signal="timeupdate"), "timeupdate needs a position"),
    "negative position": (row(signal="timeupdate", position=-1.0), "position: -1.0 is not"),
    "position not finite": (row(signal="timeupdate", position=float("inf")), "position: inf"),
    "negative seq": (row(seq=-1), "seq: -1 is not allowed"),
    "no entry": (row(signal="loaded"), "loaded needs an entry_id"),
    "rate of zero": (row(signal="ratechange", rate=0.0), "rate: 0.0 is not allowed"),
    "an action that there is not": (row(signal="engage", action="dance"), "action: 'dance'"),
}


@pytest.mark.parametrize(("bad", "said"), REFUSED.values(), ids=REFUSED)
def test_a_row_that_cannot_be_taken(bad: dict[str, Any], said: str) -> None:
    good = table_of(PLAYED)
    schema = pa.schema(list(SIGNAL_FIELDS.items()))
    table = pa.concat_tables([good, pa.Table.from_pylist([bad], schema)])
    with pytest.raises(PlayertrackError) as caught:
        derive(table)
    assert str(caught.value).startswith(f"<table>:{len(PLAYED) + 1}: {said}")


def test_a_number_beyond_those_of_signals() -> None:
    table = pa.table({"signal": ["play"], "at": [0.0], "seq": pa.array([1 << 63], pa.uint64())})
    with pytest.raises(PlayertrackError, match="<table>:1: seq: 9223372036854775808 is not"):
        derive(table)


@pytest.mark.parametrize("column", ["player", "signal", "entry_id"])
def test_text_that_is_no_text(column: str) -> None:
    table = pa.table({"signal": ["loaded"] * 2, "at": [0.0, 1.0], "entry_id": ["A", "B"]})
    bad = pa.array([b"A", b"\xff"]).cast(pa.binary())
    broken = pa.StringArray.from_buffers(2, bad.buffers()[1], bad.buffers()[2])
    table = table.drop_columns([column] if column in table.column_names else [])
    with pytest.raises(PlayertrackError, match=f"^<table>:[12]: {column}: "):
        derive(table.append_column(column, broken))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (pa.table({"at": [1.0]}), "signal: the column is missing"),
        (pa.table({"signal": ["play"]}), "at: the column is missing"),
        (pa.table({"signal": ["play"], "at": ["1"]}), "at: a column of string is not allowed"),
        (pa.table({"signal": [1], "at": [1.0]}), "signal: a column of int64 is not allowed"),
        (
            pa.table({"signal": ["play"], "at": [1.0], "player": [7]}),
            "player: a column of int64 is not allowed; expected strings",
        ),
        (
            pa.table({"signal": ["play"], "at": [1.0], "live": [1]}),
            "live: a column of int64 is not allowed; expected true or false",
        ),
        (
            pa.table({"signal": ["play"], "at": [Decimal("1.5")]}),
            "at: a column of decimal128.* is not allowed; expected numbers",
        ),
        (
            pa.table([["play"], [1.0], [2.0]], names=["signal", "at", "at"]),
            "at: there is more than one such column",
        ),
    ],
)
def test_columns_that_cannot_be(table: pa.Table, said: str) -> None:
    with pytest.raises(PlayertrackError, match=said):
        derive(table)


def test_a_data_frame_is_a_table() -> None:
    table = table_of(PLAYED)
    assert rows_of(derive(polars.from_arrow(table))) == rows_of(derive(table))


@pytest.mark.parametrize("given", [None, 7, "signals", [{"signal": "play", "at": 1.0}]])
def test_what_is_no_table(given: Any) -> None:
    with pytest.raises(PlayertrackError, match="expected a table or record batches, not"):
        list(derive(given))


def test_a_null_is_an_absent_field_or_the_value_null() -> None:
    table = pa.table(
        {
            "signal": ["loaded", "playing", "durationchange", "captions", "captions"],
            "at": [0.0, 0.0, 1.0, 2.0, 3.0],
            "entry_id": ["A", None, None, None, None],
            "language": pa.array([None, None, None, "en", None]),
        }
    )
    found = derive(table, policy={"view_interval": None})
    captions = found.filter(pc.equal(found["event"], "CAPTIONS"))
    assert captions["language"].to_pylist() == ["en", None]


def test_the_extra_brings_what_columns_import() -> None:
    """pyarrow does not require numpy, which other extras happened to bring."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    required = [*project["dependencies"], *project["optional-dependencies"]["arrow"]]
    brought = {re.split(r"[^\w-]", each)[0] for each in required}
    imported = {
        name.partition(".")[0]
        for path in (ROOT / "playertrack" / "columns").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in _names_of(node)
    }
    assert imported - set(sys.stdlib_module_names) <= brought


def _names_of(node: ast.AST) -> list[str]:
    """The packages that an absolute import names."""
    if isinstance(node, ast.Import):
        return [each.name for each in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0:
        return [node.module or ""]
    return []


@pytest.mark.parametrize("field", ["reorder", "idle_close"])
@pytest.mark.parametrize("value", [-3.0, float("nan"), float("inf"), "5"])
def test_a_wait_that_is_no_time(field: str, value: Any) -> None:
    with pytest.raises(PlayertrackError, match=f"^{field}: .* is not allowed; expected a number"):
        derive(table_of(PLAYED), **{field: value})
