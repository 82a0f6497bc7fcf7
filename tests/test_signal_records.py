"""Signals from records and to records."""

from __future__ import annotations

from math import nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signal_values import AT, LEAST, OPTIONAL, OTHER, make

from playertrack import signals
from playertrack.errors import PlayertrackError, SignalError
from playertrack.signals import (
    ACTIONS,
    MAX_AT,
    MAX_DURATION,
    SEEKERS,
    SIGNALS,
    SLOTS,
    from_record,
    to_record,
)


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


def test_player_and_number_are_in_the_record_where_they_are_known() -> None:
    record = {"signal": "pause", "at": AT}
    assert to_record(make("pause"), "tv", 7) == {**record, "player": "tv", "seq": 7}
    assert to_record(make("pause"), "", 0) == {**record, "player": "", "seq": 0}


@pytest.mark.parametrize(
    ("name", "field"), [(name, field) for name in SIGNALS for field in ("at", *LEAST[name])]
)
def test_record_without_a_required_field_is_refused(name: str, field: str) -> None:
    record = {"signal": name, "at": AT, **LEAST[name]}
    del record[field]
    with pytest.raises(SignalError) as caught:
        from_record(record)
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{name} needs ")
    assert field in str(caught.value)


@pytest.mark.parametrize(
    "name", [None, "", "Play", "PLAY", "plays", 1, True, ["play"], {}, "\ud800"]
)
def test_record_with_an_unknown_signal_is_refused(name: Any) -> None:
    with pytest.raises(SignalError) as caught:
        from_record({"signal": name, "at": AT})
    assert caught.value.field == "signal"
    assert caught.value.value is name
    assert caught.value.allowed.startswith("the name of a signal")


def test_an_unknown_signal_gets_a_suggestion() -> None:
    with pytest.raises(SignalError, match="did you mean timeupdate"):
        from_record({"signal": "timeUpdate", "at": AT})
    with pytest.raises(SignalError, match=r"name of a signal: .*pause, play, playing"):
        from_record({"signal": "zzz", "at": AT})


def test_record_without_a_signal_is_refused() -> None:
    message = r"^there is no signal, such as play or timeupdate$"
    with pytest.raises(SignalError, match=message) as refused:
        from_record({"at": AT})
    assert refused.value.field == "signal"


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


seconds = st.floats(0, 1e300) | st.integers(0, 10**9)
texts = st.text(max_size=20)
flags = st.booleans()
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "at": st.floats(-MAX_AT, MAX_AT) | st.integers(-(10**12), 10**12),
    "position": seconds,
    "origin": seconds | st.none(),
    "by": st.sampled_from((None, *SEEKERS)),
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
