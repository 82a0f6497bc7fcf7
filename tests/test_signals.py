"""The signals: every field's limits, and that records and signals are the same thing.

The tables are the contract's section 2 written out again, so that a change there is a
change here.
"""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from math import inf, nan, nextafter
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playertrack import signals
from playertrack.errors import PlayertrackError, SignalError
from playertrack.signals import (
    ACTIONS,
    MAX_AT,
    MAX_DURATION,
    SIGNALS,
    SLOTS,
    Signal,
    from_record,
    to_record,
)

AT = 1700000000.0

#: Each signal with the fields that it cannot be without.
LEAST: dict[str, dict[str, Any]] = {
    "ready": {},
    "loaded": {"entry_id": "1_a"},
    "play": {},
    "playing": {},
    "pause": {},
    "timeupdate": {"position": 3.2},
    "seeking": {},
    "seeked": {},
    "seek": {"position": 60.0},
    "stall": {},
    "stall_end": {},
    "ended": {},
    "looped": {},
    "stop": {},
    "replay": {},
    "ratechange": {"rate": 1.5},
    "durationchange": {"duration": 100.0},
    "error": {"code": "E1"},
    "source_selected": {},
    "flavor_switch": {},
    "captions": {"language": "de"},
    "audio_track": {"language": "fr"},
    "volume": {"volume": 0.5},
    "fullscreen": {"on": True},
    "engage": {"action": "share"},
    "ad_start": {"slot": "preroll"},
    "ad_progress": {"position": 1.0},
    "ad_click": {},
    "ad_end": {},
    "tick": {},
    "close": {},
}

#: What may be there besides, each with the value that it has when it is left out.
OPTIONAL: dict[str, dict[str, Any]] = {
    "loaded": {"duration": None, "live": False, "dvr": False, "loop": False},
    "seeking": {"origin": None},
    "seek": {"origin": None},
    "durationchange": {"live": None, "dvr": None, "loop": None},
    "error": {"message": "", "fatal": True},
    "source_selected": {"bitrate": None, "source": None},
    "flavor_switch": {"bitrate": None},
    "volume": {"muted": False},
    "ad_start": {"duration": None},
    "ad_progress": {"duration": None},
}

#: Of each field a value that is no default.
OTHER: dict[str, Any] = {
    "position": 12.5,
    "origin": 4.0,
    "duration": 90.0,
    "live": True,
    "dvr": True,
    "loop": True,
    "message": "broken",
    "fatal": False,
    "bitrate": 1500,
    "source": "hd",
    "muted": True,
}

NO_NUMBERS: list[Any] = [
    nan,
    inf,
    -inf,
    True,
    False,
    "1",
    "",
    b"1",
    [1.0],
    {},
    1j,
    Decimal(1),
    10**400,
]
NO_TEXTS: list[Any] = [1, 1.0, True, b"x", ["x"], "\ud800", "a\udfffb"]
NO_BOOLS: list[Any] = [0, 1, 1.0, "true", "", [], nan]

#: The limits of each field: a signal that has it, what it takes (given, kept), what it refuses.
LIMITS: list[tuple[str, str, list[tuple[Any, Any]], list[Any]]] = [
    (
        "play",
        "at",
        [(0, 0.0), (-5, -5.0), (AT, AT), (MAX_AT, 1e12), (-MAX_AT, -1e12)],
        [None, nextafter(1e12, inf), -nextafter(1e12, inf), AT * 1000, 1700000000000, *NO_NUMBERS],
    ),
    (
        "play",
        "position",
        [(None, None), (0, 0.0), (-0.0, 0.0), (7, 7.0), (1e300, 1e300)],
        [-1, -5e-324, *NO_NUMBERS],
    ),
    ("timeupdate", "position", [(0, 0.0), (3, 3.0), (-0.0, 0.0)], [None, -1, *NO_NUMBERS]),
    ("seek", "position", [(60, 60.0)], [None, -0.5, *NO_NUMBERS]),
    ("ad_progress", "position", [(1, 1.0)], [None, -0.5, *NO_NUMBERS]),
    ("seeking", "origin", [(None, None), (-0.0, 0.0), (4, 4.0)], [-1, *NO_NUMBERS]),
    ("seek", "origin", [(None, None), (4, 4.0)], [-1, *NO_NUMBERS]),
    (
        "loaded",
        "duration",
        [
            (None, None),
            (0, None),
            (0.0, None),
            (-0.0, None),
            (5e-324, 5e-324),
            (100, 100.0),
            (MAX_DURATION, 315576000.0),
        ],
        [-1, -5e-324, nextafter(MAX_DURATION, inf), *NO_NUMBERS],
    ),
    ("durationchange", "duration", [(None, None), (0, None), (9, 9.0)], [-1, *NO_NUMBERS]),
    ("ad_start", "duration", [(None, None), (30, 30.0)], [-1, *NO_NUMBERS]),
    ("ad_progress", "duration", [(None, None), (30, 30.0)], [-1, *NO_NUMBERS]),
    ("ratechange", "rate", [(1, 1.0), (0.25, 0.25), (16, 16.0)], [None, 0, -0.0, -1, *NO_NUMBERS]),
    (
        "volume",
        "volume",
        [(0, 0.0), (-0.0, 0.0), (1, 1.0), (0.5, 0.5)],
        [None, -5e-324, nextafter(1.0, 2.0), 50, *NO_NUMBERS],
    ),
    (
        "flavor_switch",
        "bitrate",
        [(None, None), (0, 0), (1500, 1500), (1500.5, 1500.5), (1500.0, 1500.0)],
        [-1, -0.5, *NO_NUMBERS],
    ),
    ("source_selected", "bitrate", [(None, None), (800, 800)], [-1, *NO_NUMBERS]),
    ("loaded", "entry_id", [("1_a", "1_a"), (" ", " "), ("é☃", "é☃")], ["", None, *NO_TEXTS]),
    ("error", "code", [("", ""), ("E", "E")], [None, *NO_TEXTS]),
    ("error", "message", [("", ""), ("x" * 10_000, "x" * 10_000)], [None, *NO_TEXTS]),
    ("source_selected", "source", [(None, None), ("", ""), ("hd", "hd")], NO_TEXTS),
    ("captions", "language", [(None, None), ("", ""), ("de", "de")], NO_TEXTS),
    ("audio_track", "language", [(None, None), ("de", "de")], NO_TEXTS),
    ("loaded", "live", [(True, True), (False, False)], [None, *NO_BOOLS]),
    ("loaded", "dvr", [(True, True)], [None, *NO_BOOLS]),
    ("loaded", "loop", [(True, True)], [None, *NO_BOOLS]),
    ("durationchange", "live", [(None, None), (True, True), (False, False)], NO_BOOLS),
    ("durationchange", "dvr", [(None, None), (True, True)], NO_BOOLS),
    ("durationchange", "loop", [(None, None), (True, True)], NO_BOOLS),
    ("error", "fatal", [(True, True), (False, False)], [None, *NO_BOOLS]),
    ("volume", "muted", [(True, True)], [None, *NO_BOOLS]),
    ("fullscreen", "on", [(True, True), (False, False)], [None, *NO_BOOLS]),
    (
        "engage",
        "action",
        [
            (action, action)
            for action in (
                *("share", "download", "related", "report", "info"),
                *("edit", "upload", "save", "close_editor"),
            )
        ],
        ["", "SHARE", "like", None, *NO_TEXTS],
    ),
    (
        "ad_start",
        "slot",
        [
            (slot, slot)
            for slot in ("preroll", "midroll", "postroll", "overlay", "pre_bumper", "post_bumper")
        ],
        ["", "Preroll", "bumper", None, *NO_TEXTS],
    ),
]  # fmt: skip

GOOD = [
    pytest.param(name, field, given, kept, id=f"{name}-{field}-{given!r:.20}")
    for name, field, taken, _ in LIMITS
    for given, kept in taken
]
BAD = [
    pytest.param(name, field, value, id=f"{name}-{field}-{value!r:.20}")
    for name, field, _, refused in LIMITS
    for value in refused
]


def fields_of(cls: Any) -> tuple[attrs.Attribute[Any], ...]:
    return tuple(attrs.fields(cls))


def make(name: str, **fields: Any) -> Signal:
    return SIGNALS[name](**{"at": AT, **LEAST[name], **fields})


def test_there_are_exactly_the_signals_of_the_contract() -> None:
    assert list(SIGNALS) == list(LEAST)


def test_every_field_of_every_signal_has_its_limits_in_the_table() -> None:
    has = {(name, field.name) for name, cls in SIGNALS.items() for field in fields_of(cls)}
    shared = {(name, field) for name in SIGNALS for field in ("at", "position")}
    tested = {(name, field) for name, field, _, _ in LIMITS}
    assert has == shared | tested


@pytest.mark.parametrize("name", SIGNALS)
def test_signal_has_the_fields_and_defaults_of_the_contract(name: str) -> None:
    required = {"at", *LEAST[name]}
    optional = {"position": None, **OPTIONAL.get(name, {})}
    for field in required:
        optional.pop(field, None)
    found = {field.name: field.default for field in fields_of(SIGNALS[name])}
    assert {field for field, default in found.items() if default is attrs.NOTHING} == required
    assert {field: default for field, default in found.items() if field not in required} == optional


@pytest.mark.parametrize(("name", "field", "value", "kept"), GOOD)
def test_field_takes(name: str, field: str, value: Any, kept: Any) -> None:
    found = getattr(make(name, **{field: value}), field)
    assert found == kept
    assert type(found) is type(kept)
    assert repr(found) == repr(kept)  # 0.0 and -0.0 are equal, but not in a file


@pytest.mark.parametrize(("name", "field", "value"), BAD)
def test_field_refuses(name: str, field: str, value: Any) -> None:
    with pytest.raises(SignalError) as caught:
        make(name, **{field: value})
    assert caught.value.field == field
    assert caught.value.value is value
    assert str(caught.value).startswith(f"{field}: ")
    assert caught.value.allowed in str(caught.value)


@pytest.mark.parametrize(
    ("name", "field", "value", "allowed"),
    [
        ("play", "at", AT * 1000, "Unix time in seconds (were these milliseconds?)"),
        ("play", "at", "now", "Unix time in seconds (were these milliseconds?)"),
        ("play", "position", -1, "seconds, 0 or more"),
        ("loaded", "duration", -1, "seconds, from 0 to 10 years, or null when unknown or live"),
        ("ratechange", "rate", 0, "a playback speed above 0"),
        ("volume", "volume", 100, "a number from 0 to 1"),
        ("flavor_switch", "bitrate", -1, "kbit/s, 0 or more, or null"),
        ("fullscreen", "on", 1, "true or false"),
        ("error", "code", 404, "a string"),
        ("error", "code", "\ud800", "a string that UTF-8 can hold"),
        ("loaded", "entry_id", "", "a string that is not empty"),
        ("ad_start", "slot", "x", "one of " + ", ".join(SLOTS)),
        ("engage", "action", "x", "one of " + ", ".join(ACTIONS)),
    ],
)
def test_error_says_what_would_be_allowed(name: str, field: str, value: Any, allowed: str) -> None:
    with pytest.raises(SignalError) as caught:
        make(name, **{field: value})
    assert caught.value.allowed == allowed


def test_subclasses_of_numbers_are_kept_as_plain_floats() -> None:
    class Seconds(float):
        pass

    class Count(int):
        pass

    signal = signals.TimeUpdate(at=Seconds(1.0), position=Count(2))
    assert (type(signal.at), type(signal.position)) == (float, float)
    assert type(signals.FlavorSwitch(at=1.0, bitrate=Count(5)).bitrate) is float


@pytest.mark.parametrize("name", SIGNALS)
def test_signal_is_a_frozen_value_without_a_dict(name: str) -> None:
    signal = make(name)
    for field in fields_of(type(signal)):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(signal, field.name, 1.0)
    with pytest.raises(AttributeError):
        signal.extra = 1  # type: ignore[attr-defined]
    assert not hasattr(signal, "__dict__")
    assert signal == make(name)
    assert hash(signal) == hash(make(name))
    assert signal != make(name, at=AT + 1)
    assert copy.deepcopy(signal) == signal
    assert pickle.loads(pickle.dumps(signal)) == signal


def test_signals_with_the_same_fields_are_not_equal() -> None:
    assert make("play") != make("playing")


def test_fields_are_given_by_name_only() -> None:
    cls: Any = signals.Play
    with pytest.raises(TypeError):
        cls(1.0)


def test_repr_is_the_call_that_makes_it() -> None:
    made = signals.Seek(at=1, position=60, origin=10)
    assert repr(made) == "Seek(at=1.0, position=60.0, origin=10.0)"


# ------------------------------------------------------------------------------ records


@pytest.mark.parametrize("name", SIGNALS)
def test_least_record_gives_the_signal_and_comes_back_alike(name: str) -> None:
    record = {"signal": name, "at": AT, **LEAST[name]}
    signal = from_record(record)
    assert type(signal) is SIGNALS[name]
    assert signal == make(name)
    assert signal.name == name
    assert to_record(signal) == record


@pytest.mark.parametrize("name", SIGNALS)
def test_full_record_comes_back_alike(name: str) -> None:
    more = ("position", *OPTIONAL.get(name, {}))
    record = {"signal": name, "at": AT, **{field: OTHER[field] for field in more}, **LEAST[name]}
    assert to_record(from_record(record)) == record


@pytest.mark.parametrize(
    ("name", "field"), [(name, field) for name in SIGNALS for field in ("at", *LEAST[name])]
)
def test_record_without_a_required_field_is_refused(name: str, field: str) -> None:
    record = {"signal": name, "at": AT, **LEAST[name]}
    del record[field]
    with pytest.raises(SignalError) as caught:
        from_record(record)
    assert caught.value.field == field
    assert caught.value.allowed == f"a value: {name} cannot be without one"


@pytest.mark.parametrize(
    "name", [None, "", "Play", "PLAY", "plays", 1, True, ["play"], {}, "\ud800"]
)
def test_record_with_an_unknown_signal_is_refused(name: Any) -> None:
    with pytest.raises(SignalError) as caught:
        from_record({"signal": name, "at": AT})
    assert caught.value.field == "signal"
    assert caught.value.value is name
    assert caught.value.allowed == "the name of a signal, as in " + ", ".join(sorted(LEAST))


def test_record_without_a_signal_is_refused() -> None:
    with pytest.raises(SignalError, match=r"^signal: None is not allowed; expected the name of"):
        from_record({"at": AT})


def test_invalid_field_of_a_record_is_refused_by_name() -> None:
    with pytest.raises(SignalError, match=r"^position: -1 is not allowed"):
        from_record({"signal": "pause", "at": AT, "position": -1})


def test_unknown_fields_and_the_player_are_ignored() -> None:
    record = {"signal": "pause", "at": AT, "player": "main", "x": nan, "origin": "elsewhere"}
    assert from_record(record) == signals.Pause(at=AT)


def test_record_is_not_changed() -> None:
    record = {"signal": "loaded", "at": 1, "entry_id": "1_a", "duration": 0, "x": 1}
    before = dict(record)
    from_record(record)
    assert record == before


def test_player_comes_second_in_a_record_and_only_if_there_is_one() -> None:
    signal = signals.Seek(at=3, position=4.0, origin=1.0)
    assert list(to_record(signal, "main")) == ["signal", "player", "at", "position", "origin"]
    assert to_record(signals.Pause(at=3.0), "") == {"signal": "pause", "player": "", "at": 3.0}
    assert to_record(signals.Pause(at=3.0)) == {"signal": "pause", "at": 3.0}


def test_required_field_is_written_even_where_it_is_null() -> None:
    off = signals.Captions(at=3.0, language=None)
    assert to_record(off) == {"signal": "captions", "at": 3.0, "language": None}
    unknown = signals.DurationChange(at=3.0, duration=0)
    assert to_record(unknown) == {"signal": "durationchange", "at": 3.0, "duration": None}


def test_signal_error_is_caught_as_a_value_error_too() -> None:
    with pytest.raises(ValueError, match="position"):
        signals.TimeUpdate(at=1.0, position=nan)
    assert issubclass(SignalError, PlayertrackError)


class Unprintable:
    """A value that even an error message cannot show."""

    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x" * 58, "'" + "x" * 58 + "'"),
        ("x" * 59, "'" + "x" * 58 + "…"),
        ("x" * 10**6, "'" + "x" * 58 + "…"),
        ("\n", r"'\n'"),
        pytest.param(10**5000, "<int>", id="endless"),
        (Unprintable(), "<Unprintable>"),
    ],
)
def test_hostile_value_does_not_fill_the_message(value: Any, shown: str) -> None:
    with pytest.raises(SignalError) as caught:
        signals.Fullscreen(at=AT, on=value)
    assert str(caught.value) == f"on: {shown} is not allowed; expected true or false"


# --------------------------------------------------------------------------- properties

seconds = st.floats(0, 1e300) | st.integers(0, 10**9)
texts = st.text(max_size=20)
flags = st.booleans()
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "at": st.floats(-MAX_AT, MAX_AT) | st.integers(-(10**12), 10**12),
    "position": seconds,
    "origin": seconds | st.none(),
    "entry_id": texts.filter(bool),
    "duration": st.floats(0, MAX_DURATION) | st.none(),
    "rate": st.floats(0, exclude_min=True, allow_infinity=False),
    "code": texts,
    "message": texts,
    "bitrate": seconds | st.none(),
    "source": texts | st.none(),
    "language": texts | st.none(),
    "volume": st.floats(0, 1) | st.sampled_from([0, 1]),
    "action": st.sampled_from(ACTIONS),
    "slot": st.sampled_from(SLOTS),
    **dict.fromkeys(("live", "dvr", "loop", "fatal", "muted", "on"), flags),
}


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """A valid trace record, with any of its optional fields."""
    name = draw(st.sampled_from(sorted(SIGNALS)))
    fields = {field: VALUES[field] for field in ("at", *LEAST[name])}
    extra = {field: VALUES[field] for field in ("position", *OPTIONAL.get(name, {}))}
    extra = {field: value for field, value in extra.items() if field not in fields}
    return {"signal": name, **draw(st.fixed_dictionaries(fields, optional=extra))}


@given(records())
def test_record_to_signal_to_record_is_stable(record: dict[str, Any]) -> None:
    signal = from_record(record)
    written = to_record(signal)
    assert from_record(written) == signal
    assert to_record(from_record(written)) == written
    assert written.keys() <= record.keys()


junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from([10**400, "\ud800", b"x", [1.0], {}, 1j]),
)


@given(
    st.sampled_from(sorted(SIGNALS)),
    st.dictionaries(st.sampled_from(sorted(VALUES)), junk),
)
def test_any_record_gives_a_valid_signal_or_a_signal_error(
    name: str, fields: dict[str, Any]
) -> None:
    refused = None
    try:
        signal = from_record({"signal": name, "at": AT, **LEAST[name], **fields})
    except SignalError as error:
        refused = error.field
    else:
        assert from_record(to_record(signal)) == signal
    assert refused is None or refused in fields
