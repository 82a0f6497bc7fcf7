"""Structured Streaming with a state for each player: a stream of signals in, one of events out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from math import ceil
from typing import Any

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as f
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.streaming.stateful_processor import StatefulProcessor, StatefulProcessorHandle
from pyspark.sql.types import StringType, StructType

from ..columns.decode import SignalBatch
from ..columns.encode import event_table
from ..core.fleet import Fleet
from ..errors import PlayertrackError
from ..events import Event
from ..policy import Policy
from ..signals import MAX_AT, Signal, to_record
from .batch_job import entry_of
from .frames import EVENTS, chosen, in_order, signal_columns

#: The column that says why a signal was left out, and the one that has it.
_WHY, _WHAT = "left_out", "signal"
_OUT = StructType([*EVENTS.fields]).add(_WHY, StringType()).add(_WHAT, StringType())

#: A device whose clock is further ahead than this does not move the clock of the stream.
_MOST_AHEAD = "1 day"


def derive_stream(
    signals: DataFrame,
    *,
    policy: Policy | Mapping[str, Any] | None = None,
    lateness: str = "5 seconds",
    idle_close: str = "4 hours",
    left_out: bool = False,
) -> DataFrame:
    """Derive the events of a stream of signals, as they become known.

    ``signals`` is as for `derive`. Each player's signals are sorted by ``seq``: a missing one is
    waited for up to ``lateness`` by the player's own clock, and repeats are dropped. A player that
    is silent for longer than ``idle_close`` is closed as of its last signal, once the watermark
    has come that far; if it returns, it starts as a new one.

    Signals that come too late, or cannot be used, are left out. The query's progress counts them
    (``observedMetrics["playertrack"]``: ``late`` and ``refused``). With ``left_out`` they are also
    rows of the stream, with the columns ``left_out`` ("late", or what is wrong) and ``signal``
    (the signal as a line of a trace).

    The state store has to be RocksDB: set its provider in the Spark session. Raises
    `PlayertrackError` if a column is missing or has the wrong type.
    """
    frame = signal_columns(signals)
    late, idle = _seconds("lateness", lateness), _seconds("idle_close", idle_close)
    now = f.current_timestamp() + f.expr(f"INTERVAL {_MOST_AHEAD}")
    at = f.when(f.col("at").between(-MAX_AT, MAX_AT), f.col("at"))
    # The watermark is only the clock of the stream. The column is gone before the state is
    # reached, so that Spark drops nothing by it: what is late, each player's own time decides.
    timed = frame.withColumn("_time", f.least(f.timestamp_seconds(at), now))
    kept = timed.withWatermark("_time", f"{ceil(late * 1000)} milliseconds").drop("_time")
    made = kept.groupBy("player").transformWithStateInPandas(
        statefulProcessor=_Player(chosen(policy), late, idle, to_arrow_schema(frame.schema)),
        outputStructType=_OUT,
        outputMode="Append",
        timeMode="EventTime",
    )
    why = f.col(_WHY)
    observed = made.observe(
        "playertrack",
        f.count(f.when(why == "late", 1)).alias("late"),
        f.count(f.when(why != "late", 1)).alias("refused"),
    )
    return observed if left_out else observed.where(why.isNull()).drop(_WHY, _WHAT)


def _seconds(name: str, text: str) -> float:
    """The seconds of an interval, as in "5 seconds"."""
    seconds = -1.0
    # Without a unit pandas takes them for nanoseconds.
    if isinstance(text, str) and re.search("[a-z]", text, re.IGNORECASE):
        with suppress(ValueError):
            seconds = float(pd.Timedelta(text) / timedelta(seconds=1))
    if not seconds >= 0.0:
        raise PlayertrackError(
            f"{name}: {text!r} is not allowed; expected a time with its unit, as in '5 seconds'"
        )
    return seconds


class _Player(StatefulProcessor):
    """Derives one player after the other; between batches a player is its snapshot."""

    def __init__(
        self, policy: Policy, lateness: float, idle_close: float, schema: pa.Schema
    ) -> None:
        self._options = policy, lateness, idle_close
        self._schema = schema

    def init(self, handle: StatefulProcessorHandle) -> None:
        """Called in the worker, before anything else."""
        policy, lateness, self._idle_close = self._options
        self._handle = handle
        self._state = handle.getValueState("player", "snapshot binary")
        self._fleet = Fleet(policy=policy, reorder=lateness, idle_close=self._idle_close)

    def handleInputRows(
        self,
        key: Any,
        rows: Iterator[pd.DataFrame],
        timerValues: Any,
    ) -> Iterator[pd.DataFrame]:
        """The signals of one player in this batch, in any order."""
        player = key[0]
        entries, out = self._entries(rows)
        if player is not None and entries:
            fleet = self._fleet
            if self._state.exists():
                fleet.restore(self._snapshot())
            events: list[Event] = []
            last = 0.0
            for seq, signal in in_order(entries, self._idle_close):
                late = fleet.late
                events += fleet.feed(player, signal, seq)
                last = max(last, signal.at)
                if fleet.late > late:
                    out.append(("late", signal.at, player, _line(player, seq, signal)))
            self._state.update((fleet.snapshot(player),))
            fleet.forget(player)
            self._set_timer(last, timerValues.getCurrentWatermarkInMs())
            yield _frame(events)
        if out:
            yield _left_out(out)

    def handleExpiredTimer(
        self,
        key: Any,
        timerValues: Any,
        expiredTimerInfo: Any,
    ) -> Iterator[pd.DataFrame]:
        """The player was silent for so long that it is closed."""
        if not self._state.exists():
            return
        fleet = self._fleet
        player = fleet.restore(self._snapshot())
        events = fleet.close(player)
        fleet.forget(player)
        self._state.clear()
        yield _frame(events)

    def close(self) -> None:
        """Nothing is open."""

    def _snapshot(self) -> bytes:
        """The state that is there."""
        value = self._state.get()
        assert value is not None
        return bytes(value[0])

    def _set_timer(self, last: float, watermark: int) -> None:
        """Wake up when the player was idle for too long.

        By its own time; one whose clock is behind that of the stream is given as much time from
        now on, or it would be closed at once. Signals that come late make it no sooner.
        """
        due = max(ceil(last * 1000), watermark) + ceil(self._idle_close * 1000) + 1
        for listed in list(self._handle.listTimers()):
            old = _timer_of(listed)
            self._handle.deleteTimer(old)
            due = max(due, old)
        self._handle.registerTimer(due)

    def _entries(
        self, rows: Iterator[pd.DataFrame]
    ) -> tuple[list[tuple[int, Signal]], list[tuple[str, float | None, str | None, str]]]:
        """The signals with their numbers, and the rows that cannot be signals."""
        entries: list[tuple[int, Signal]] = []
        refused: list[tuple[str, float | None, str | None, str]] = []
        for frame in rows:
            table = pa.Table.from_pandas(frame, self._schema, preserve_index=False)
            for each in table.to_batches():
                batch = SignalBatch(each, "signals")
                for row in range(batch.rows):
                    try:
                        _, seq, signal = entry_of(batch, row)
                    except PlayertrackError as error:
                        fields = each.slice(row, 1).to_pylist()[0]
                        given = {name: value for name, value in fields.items() if value is not None}
                        line = json.dumps(given, ensure_ascii=False)
                        refused.append((str(error), batch.ats[row], batch.players[row], line))
                    else:
                        entries.append((seq, signal))
        return entries, refused


def _timer_of(listed: Any) -> int:
    """The time of a timer as it is listed."""
    return int(listed[0]) if isinstance(listed, (tuple, list)) else int(listed)


def _line(player: str, seq: int, signal: Signal) -> str:
    return json.dumps(to_record(signal, player, seq), ensure_ascii=False)


def _frame(events: list[Event]) -> pd.DataFrame:
    frame = event_table(events).to_pandas()
    frame[_WHY] = None
    frame[_WHAT] = None
    return frame


def _left_out(rows: list[tuple[str, float | None, str | None, str]]) -> pd.DataFrame:
    frame = _frame([]).reindex(range(len(rows)))
    frame[_WHY] = [why for why, _, _, _ in rows]
    frame["at"] = [at for _, at, _, _ in rows]
    frame["player"] = [player for _, _, player, _ in rows]
    frame[_WHAT] = [line for _, _, _, line in rows]
    return frame
