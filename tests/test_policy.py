"""The policy: its defaults, which are the contract's, and what each field may hold."""

from __future__ import annotations

import copy
from decimal import Decimal
from math import inf, nan
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playertrack import Engine, Fleet, Tracker
from playertrack.errors import PlayertrackError, PolicyError
from playertrack.policy import Policy

DEFAULTS: dict[str, Any] = {
    "resume_advance": 0.2,
    "stall_grace": 0.25,
    "pause_grace": 0.3,
    "end_window": 0.5,
    "frozen_after": None,
    "ad_timeout": 120.0,
    "jump_tolerance": 0.5,
    "back_tolerance": 0.25,
    "settle": 1.0,
    "snap": 10.0,
    "stall_credit": 3.0,
    "max_gap": 60.0,
    "max_natural_rate": 4.0,
    "end_tolerance": 2.0,
    "infer_seeks": True,
    "view_interval": 10.0,
    "report_early_end": True,
    "error_repeats": 5,
    "milestones": (25, 50, 75, 100),
    "completion": None,
    "reload_same_entry": "new",
    "replay_session": "new",
    "repeat_loaded": False,
    "max_backstep": 2.0,
    "max_intervals": 10_000,
}

NULLABLE = ["frozen_after", "view_interval"]
FLAGS = ["infer_seeks", "report_early_end", "repeat_loaded"]
COUNTS = {"error_repeats": 0, "max_intervals": 1}
CHOICES = {"reload_same_entry": ["new", "keep"], "replay_session": ["new", "same"]}
ABOVE_ZERO = ["ad_timeout", "frozen_after", "max_natural_rate", "view_interval"]
OTHERS = ["milestones", "completion"]
NUMBERS = [name for name in DEFAULTS if name not in {*FLAGS, *COUNTS, *CHOICES, *OTHERS}]
NO_MILESTONES: list[Any] = [
    0, 25, None, "25", (0,), (101,), (50, 25), (25, 25), (25.0,), (True,), ("25",), [[25]], {25},
]  # fmt: skip

NO_NUMBERS: list[Any] = [
    nan,
    inf,
    -inf,
    -1,
    -5e-324,
    True,
    False,
    "1",
    [1],
    1j,
    Decimal(1),
    10**400,
]
NO_FLAGS: list[Any] = [0, 1, None, "true", 1.0]
NO_CHOICES: list[Any] = ["", "NEW", "keep same", None, True, 1, ["new"], {}]
NO_COUNTS: list[Any] = [-1, 1.0, 0.5, nan, inf, True, False, None, "1", [1]]

GOOD: list[tuple[str, Any, Any]] = [
    *((name, 0, 0.0) for name in NUMBERS if name not in ABOVE_ZERO),
    *((name, 5e-324, 5e-324) for name in NUMBERS),
    *((name, 7, 7.0) for name in NUMBERS),
    *((name, 1e300, 1e300) for name in NUMBERS),
    *((name, None, None) for name in NULLABLE),
    *((name, flag, flag) for name in FLAGS for flag in (True, False)),
    *((name, count, count) for name, least in COUNTS.items() for count in (least, 7, 10**9)),
    *(("milestones", given, tuple(given)) for given in ([], (), [10, 90], (1, 100))),
    *(("completion", given, kept) for given, kept in ((1, 1.0), (0.9, 0.9), (None, None))),
    *((name, choice, choice) for name, choices in CHOICES.items() for choice in choices),
]
BAD: list[tuple[str, Any, str]] = [
    *((name, value, "a number") for name in NUMBERS for value in NO_NUMBERS),
    *((name, None, "a number") for name in NUMBERS if name not in NULLABLE),
    *((name, value, "a number above 0") for name in ABOVE_ZERO for value in (0, 0.0, -0.0)),
    *(("milestones", value, "whole percents from 1 to 100") for value in NO_MILESTONES),
    ("completion", 0, "a number above 0"),
    ("completion", 1.01, "a share above 0 and up to 1"),
    ("completion", "0.9", "a number"),
    *((name, value, "true or false") for name in FLAGS for value in NO_FLAGS),
    *(
        (name, value, f"a whole number from {least} to 1000000000")
        for name, least in COUNTS.items()
        for value in (*NO_COUNTS, least - 1)
    ),
    *(
        (name, value, " or ".join(choices))
        for name, choices in CHOICES.items()
        for value in NO_CHOICES
    ),
]


def test_defaults_are_those_of_the_contract() -> None:
    assert attrs.asdict(Policy()) == DEFAULTS


@pytest.mark.parametrize(("name", "value", "kept"), GOOD)
def test_field_takes(name: str, value: Any, kept: Any) -> None:
    found = getattr(Policy(**{name: value}), name)
    assert found == kept
    assert type(found) is type(kept)


@pytest.mark.parametrize(("name", "value", "allowed"), BAD)
def test_field_refuses(name: str, value: Any, allowed: str) -> None:
    with pytest.raises(PolicyError) as caught:
        Policy(**{name: value})
    assert caught.value.field == name
    kept = tuple(value) if name == "milestones" and isinstance(value, list) else value
    assert [caught.value.value] == [kept]  # in a list nan is itself
    assert caught.value.allowed.startswith(allowed)
    assert str(caught.value).startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("settle", -1, "a number, 0 or more"),
        ("view_interval", -1, "a number, 0 or more, or null for off"),
        ("view_interval", 0, "a number above 0, or null for off"),
        ("max_natural_rate", 0, "a number above 0"),
    ],
)
def test_error_says_what_would_be_allowed(name: str, value: Any, allowed: str) -> None:
    with pytest.raises(PolicyError) as caught:
        Policy(**{name: value})
    assert caught.value.allowed == allowed


@pytest.mark.parametrize("name", ["end_grace", "ad_pause_grace"])
def test_a_field_that_went_says_what_does_its_work(name: str) -> None:
    with pytest.raises(PolicyError, match=rf"{name}.*pause_grace.*R-pause"):
        Policy.from_mapping({name: 1.0})


def test_policy_is_a_frozen_value_without_a_dict() -> None:
    policy = Policy(settle=2)
    for name in DEFAULTS:
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(policy, name, 1.0)
    with pytest.raises(AttributeError):
        policy.other = 1  # type: ignore[attr-defined] # the point
    assert not hasattr(policy, "__dict__")
    assert policy == Policy(settle=2.0) != Policy()
    assert hash(policy) == hash(Policy(settle=2.0))
    assert copy.deepcopy(policy) == policy


def test_fields_are_given_by_name_only() -> None:
    cls: Any = Policy
    with pytest.raises(TypeError):
        cls(0.2)


def test_evolved_policy_is_checked_too() -> None:
    assert attrs.evolve(Policy(), settle=3).settle == 3.0
    with pytest.raises(PolicyError, match=r"^settle: "):
        attrs.evolve(Policy(), settle=-3)


def test_repr_names_the_fields() -> None:
    assert repr(Policy()).startswith("Policy(resume_advance=0.2, stall_grace=0.25, ")


def test_from_mapping_takes_fields_by_name() -> None:
    assert Policy.from_mapping({}) == Policy()
    made = Policy.from_mapping({"view_interval": None, "settle": 2})
    assert made == Policy(view_interval=None, settle=2.0)


def test_from_mapping_checks_the_values() -> None:
    with pytest.raises(PolicyError, match=r"^settle: 'x' is not allowed; expected a number"):
        Policy.from_mapping({"settle": "x"})


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("view_intervall", "a policy field; did you mean view_interval?"),
        ("Settle", "a policy field; did you mean settle?"),
        ("zzz", "a policy field"),
        ("", "a policy field"),
        ("from_mapping", "a policy field"),
    ],
)
def test_from_mapping_refuses_an_unknown_name(name: str, allowed: str) -> None:
    with pytest.raises(PolicyError) as caught:
        Policy.from_mapping({"settle": 1.0, name: 5})
    assert (caught.value.field, caught.value.value) == (name, 5)
    assert caught.value.allowed == allowed


def test_from_mapping_refuses_a_name_that_is_no_string() -> None:
    unknown: dict[Any, Any] = {5: 1.0}
    with pytest.raises(PolicyError) as caught:
        Policy.from_mapping(unknown)
    assert caught.value.field == "5"


def test_changes_are_what_differs_from_the_default() -> None:
    assert Policy().changes() == {}
    changed: dict[str, Any] = {
        "settle": 2.0,
        "infer_seeks": False,
        "replay_session": "same",
        "max_intervals": 5,
    }
    assert Policy(**changed).changes() == changed
    assert Policy(settle=1).changes() == {}


numbers = st.floats(0, allow_infinity=False)
above_zero = st.floats(0, exclude_min=True, allow_infinity=False)
policies = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(NUMBERS, numbers),
        **dict.fromkeys(ABOVE_ZERO, above_zero),
        **dict.fromkeys(NULLABLE, above_zero | st.none()),
        "milestones": st.sets(st.integers(1, 100)).map(lambda each: tuple(sorted(each))),
        "completion": st.none() | st.floats(0.0, 1.0, exclude_min=True),
        **dict.fromkeys(FLAGS, st.booleans()),
        **{name: st.integers(least, 10**9) for name, least in COUNTS.items()},
        **{name: st.sampled_from(choices) for name, choices in CHOICES.items()},
    },
)


@given(policies)
def test_policy_is_made_of_its_changes_again(values: dict[str, Any]) -> None:
    policy = Policy(**values)
    assert Policy.from_mapping(policy.changes()) == policy
    assert policy.changes().keys() <= values.keys()


def test_policy_error_is_caught_as_a_value_error_too() -> None:
    with pytest.raises(ValueError, match="settle"):
        Policy(settle=-1)
    assert issubclass(PolicyError, PlayertrackError)


@pytest.mark.parametrize("make", [Engine, Fleet, Tracker])
def test_what_is_no_policy_is_refused_at_once(make: Any) -> None:
    with pytest.raises(TypeError, match=r"expected a Policy, as in .*, got {'settle': 2.0}"):
        make(policy={"settle": 2.0})


@pytest.mark.parametrize("given", ["settle", 5, [("settle", 1.0)], None])
def test_only_a_mapping_has_fields(given: Any) -> None:
    with pytest.raises(PolicyError, match=r"policy: .* is not allowed; expected a Policy, or a ma"):
        Policy.from_mapping(given)
