"""The columns of signals, events and summaries."""

from __future__ import annotations

from typing import Any, get_type_hints

import pyarrow as pa

from ..core.session import Summary
from ..signals import FIELDS
from ..trace.statistics import Stats

DOUBLE, STRING, BOOL, WHOLE = pa.float64(), pa.string(), pa.bool_(), pa.int64()

#: The type of each field of a signal.
_FIELD_TYPES = {
    **dict.fromkeys(("at", "position", "origin", "duration", "rate", "bitrate", "volume"), DOUBLE),
    **dict.fromkeys(("live", "dvr", "loop", "fatal", "muted", "on"), BOOL),
}

#: Every column of signals that means something, and its type; others are ignored.
SIGNAL_FIELDS: dict[str, pa.DataType] = {
    "player": STRING,
    "signal": STRING,
    "at": DOUBLE,
    "seq": WHOLE,
    **{
        name: _FIELD_TYPES.get(name, STRING)
        for names in FIELDS.values()
        for name in names
        if name != "at"
    },
}

#: The columns of events: what all have, then the fields of the contract's section 3 in its order.
EVENT_SCHEMA = pa.schema(
    [
        ("event", STRING),
        ("at", DOUBLE),
        ("player", STRING),
        ("session", STRING),
        ("index", WHOLE),
        ("entry_id", STRING),
        ("position", DOUBLE),
        ("duration", DOUBLE),
        # left column of the contract's table, from the top
        ("live", BOOL),
        ("join_time", DOUBLE),
        ("origin", DOUBLE),
        ("target", DOUBLE),
        ("inferred", BOOL),
        ("by", STRING),
        ("previous_session", STRING),
        ("seconds", DOUBLE),
        ("watched", DOUBLE),
        # right column
        ("bitrate", DOUBLE),
        ("source", STRING),
        ("language", STRING),
        ("rate", DOUBLE),
        ("code", STRING),
        ("message", STRING),
        ("fatal", BOOL),
        ("play_time", DOUBLE),
        ("buffer_time", DOUBLE),
    ]
)

_TYPES: dict[Any, pa.DataType] = {
    str: STRING,
    int: WHOLE,
    float: DOUBLE,
    bool: BOOL,
    str | None: STRING,
    float | None: DOUBLE,
    tuple[int, ...]: pa.list_(WHOLE),
    tuple[float | None, ...]: pa.list_(DOUBLE),
    tuple[tuple[float, float], ...]: pa.list_(pa.list_(DOUBLE)),
}
_STATS_TYPES = {name: _TYPES.get(hint) for name, hint in get_type_hints(Stats).items()}
_SUMMARY_TYPES = {name: _TYPES[hint] for name, hint in get_type_hints(Summary).items()}
_FIRST = {
    "player": STRING,
    "session": STRING,
    "entry_id": STRING,
    "started_at": DOUBLE,
    "ended_at": DOUBLE,
}

#: The columns of summaries, a row a session.
SUMMARY_SCHEMA = pa.schema(list({**_FIRST, **_SUMMARY_TYPES}.items()))

#: The columns of the figures of ``stats``, besides that of the groups.
STATS_SCHEMA = pa.schema([each for each in _STATS_TYPES.items() if each[0] != "group"])
