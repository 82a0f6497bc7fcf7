"""Signals are valid by construction: what each field may hold."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal
from math import inf, nan, nextafter
from typing import Any

import attrs
import pytest
from signal_values import AT, LEAST, OPTIONAL, make

from playertrack import signals
from playertrack._fields import checked
from playertrack.errors import SignalError
from playertrack.signals import (
    ACTIONS,
    MAX_AT,
    MAX_DURATION,
    SEEKERS,
    SIGNALS,
    SLOTS,
)

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
    *(
        (name, "by", [(by, by) for by in (None, *SEEKERS)], ["", "VIEWER", "user", 1, True])
        for name in ("seeking", "seek")
    ),
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
        [(None, None), (0, 0.0), (-0.0, 0.0), (1500, 1500.0), (1500.5, 1500.5), (1500.0, 1500.0)],
        [-1, -0.5, *NO_NUMBERS],
    ),
    ("source_selected", "bitrate", [(None, None), (800, 800.0)], [-1, *NO_NUMBERS]),
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
        ("play", "at", "2026-11-29T12:00:00Z", "Unix time in seconds"),
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
        signal.extra = 1  # type: ignore[attr-defined] # the point
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
    assert repr(made) == "Seek(at=1.0, position=60.0, origin=10.0, by=None)"


def own(**fields: Any) -> Any:
    """A class with such fields; those that are there without a value must be given."""
    made = {
        name: attrs.field() if value is attrs.NOTHING else attrs.field(default=value)
        for name, value in fields.items()
    }
    return attrs.make_class("Own", made, frozen=True, kw_only=True, field_transformer=checked)


def test_a_position_that_must_be_given_cannot_be_none() -> None:
    must, may = own(position=attrs.NOTHING), own(position=None)
    assert (must(position=1).position, may().position) == (1.0, None)
    with pytest.raises(SignalError, match="position: None is not allowed"):
        must(position=None)


def test_another_field_that_must_be_given_has_the_check_of_its_name() -> None:
    assert own(duration=attrs.NOTHING)(duration=0).duration is None
    assert own(rate=attrs.NOTHING)(rate=2).rate == 2.0


def test_a_flag_may_be_none_only_where_that_is_its_default() -> None:
    assert own(live=None)().live is None
    assert own(live=None)(live=True).live is True
    with pytest.raises(SignalError, match="live: None is not allowed"):
        own(live=False)(live=None)
    with pytest.raises(SignalError, match="live: 1 is not allowed"):
        own(live=None)(live=1)
