"""The events: which there are, what each carries, and the line that each becomes.

The tables are the contract's section 3 and the file format written out again.
"""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import attrs
import pytest

from playertrack import events
from playertrack.events import AD_CLICKED, AD_STARTED, ENGAGEMENT, EVENTS, QUARTILES, Event
from playertrack.signals import ACTIONS, SLOTS

#: Every event, in the contract's order, with its own fields and what they are when not given.
OWN: dict[str, dict[str, Any]] = {
    "WIDGET_LOADED": {},
    "MEDIA_LOADED": {"live": False},
    "PLAY_REQUEST": {},
    "PLAY": {"join_time": 0.0},
    "FIRST_PLAY": {},
    "PAUSE": {},
    "RESUME": {},
    "SEEK": {"origin": None, "target": None, "inferred": False, "by": None},
    "REPLAY": {"previous_session": None},
    **{f"PLAY_REACHED_{percent}": {} for percent in range(1, 101)},
    "COMPLETED": {"watched": 0.0},
    "BUFFER_START": {},
    "BUFFER_END": {"seconds": 0.0},
    "SOURCE_SELECTED": {"bitrate": None, "source": None},
    "FLAVOR_SWITCH": {"bitrate": None},
    "CAPTIONS": {"language": None},
    "AUDIO_SELECTED": {"language": None},
    "SPEED": {"rate": 1.0},
    "ERROR": {"code": "", "message": "", "fatal": False},
    "OPEN_FULL_SCREEN": {},
    "CLOSE_FULL_SCREEN": {},
    "SHARE_CLICKED": {},
    "DOWNLOAD_CLICKED": {},
    "RELATED_CLICKED": {},
    "REPORT_CLICKED": {},
    "INFO_CLICKED": {},
    "OPEN_EDIT": {},
    "OPEN_UPLOAD": {},
    "SAVE_PUBLISH": {},
    "CLOSE_EDITOR": {},
    "PREROLL_STARTED": {},
    "MIDROLL_STARTED": {},
    "POSTROLL_STARTED": {},
    "OVERLAY_STARTED": {},
    "PRE_BUMPER_PLAYED": {},
    "POST_BUMPER_PLAYED": {},
    "PREROLL_CLICKED": {},
    "MIDROLL_CLICKED": {},
    "POSTROLL_CLICKED": {},
    "OVERLAY_CLICKED": {},
    "BUMPER_CLICKED": {},
    "PREROLL_25": {},
    "PREROLL_50": {},
    "PREROLL_75": {},
    "MIDROLL_25": {},
    "MIDROLL_50": {},
    "MIDROLL_75": {},
    "POSTROLL_25": {},
    "POSTROLL_50": {},
    "POSTROLL_75": {},
    "VIEW": {"play_time": 0.0, "buffer_time": 0.0},
}

#: Of each own field a value that is no default.
GIVEN: dict[str, Any] = {
    "live": True,
    "join_time": 0.4,
    "origin": 10.0,
    "target": 60.0,
    "inferred": True,
    "by": "viewer",
    "watched": 0.9,
    "previous_session": "s0",
    "seconds": 1.5,
    "bitrate": 1500,
    "source": "hd",
    "language": "de",
    "rate": 2.0,
    "code": "E1",
    "message": "broken",
    "fatal": True,
    "play_time": 10.0,
    "buffer_time": 2.5,
}

COMMON = {
    "at": 1700000001.0,
    "session": "s1",
    "index": 4,
    "entry_id": "1_abc",
    "position": 12.25,
    "duration": 100.0,
}


def make(name: str, **fields: Any) -> Event:
    return EVENTS[name](name, **{**COMMON, **fields})


def given(name: str) -> dict[str, Any]:
    return {field: GIVEN[field] for field in OWN[name]}


def test_there_are_exactly_the_events_of_the_contract() -> None:
    assert list(EVENTS) == list(OWN)


@pytest.mark.parametrize("name", OWN)
def test_event_has_its_own_fields_and_defaults(name: str) -> None:
    event = make(name)
    assert {field: getattr(event, field) for field in event.extra} == OWN[name]
    common = {field.name for field in attrs.fields(Event)}
    assert {field.name for field in attrs.fields(type(event))} - common == OWN[name].keys()


def test_common_fields_are_unknown_unless_given() -> None:
    event = Event("PAUSE", at=1.0, session="s1", index=1)
    assert (event.player, event.entry_id, event.position, event.duration) == (None,) * 4
    assert (event.rule, event.cause) == ("", "")


@pytest.mark.parametrize("missing", ["at", "session", "index"])
def test_event_is_not_made_without_its_time_and_identity(missing: str) -> None:
    fields: dict[str, Any] = {"at": 1.0, "session": "s1", "index": 1}
    del fields[missing]
    with pytest.raises(TypeError, match=missing):
        Event("PAUSE", **fields)


def test_fields_but_the_name_are_given_by_name_only() -> None:
    cls: Any = Event
    with pytest.raises(TypeError):
        cls("PAUSE", 1.0, session="s1", index=1)


@pytest.mark.parametrize("name", OWN)
def test_event_is_a_frozen_value_without_a_dict(name: str) -> None:
    event = make(name, **given(name))
    for field in attrs.fields(type(event)):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(event, field.name, None)
    with pytest.raises(AttributeError):
        event.other = 1  # type: ignore[attr-defined] # the point
    assert not hasattr(event, "__dict__")
    same = make(name, **given(name))
    assert event == same
    assert hash(event) == hash(same)
    assert copy.deepcopy(event) == event
    assert pickle.loads(pickle.dumps(event)) == event


@pytest.mark.parametrize("field", [field.name for field in attrs.fields(events.Seek)])
def test_all_but_the_reasons_are_compared(field: str) -> None:
    event = make("SEEK")
    change: dict[str, Any] = {field: "something else"}
    other = attrs.evolve(event, **change)
    assert (event == other) is (field in ("rule", "cause"))


def test_reasons_can_be_read() -> None:
    event = make("SEEK", rule="R-seek", cause="seeked")
    assert (event.rule, event.cause) == ("R-seek", "seeked")


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (make("PAUSE"), "Event(PAUSE #4 at=1700000001.0 position=12.25)"),
        (make("PAUSE", position=None), "Event(PAUSE #4 at=1700000001.0 position=None)"),
        (
            make("SEEK", origin=1.0, target=2.0),
            (
                "Event(SEEK #4 at=1700000001.0 position=12.25 "
                "origin=1.0 target=2.0 inferred=False by=None)"
            ),
        ),
        (
            make("ERROR", code="E'1"),
            "Event(ERROR #4 at=1700000001.0 position=12.25 code=\"E'1\" message='' fatal=False)",
        ),
    ],
)
def test_repr_shows_what_it_is_about(event: Event, shown: str) -> None:
    assert repr(event) == shown


# ------------------------------------------------------------------------------ records


@pytest.mark.parametrize("name", OWN)
def test_record_has_the_keys_of_the_format_in_its_order(name: str) -> None:
    record = events.to_record(make(name, **given(name)))
    assert list(record.items()) == [
        ("event", name),
        ("at", 1700000001.0),
        ("session", "s1"),
        ("index", 4),
        ("entry_id", "1_abc"),
        ("position", 12.25),
        ("duration", 100.0),
        *given(name).items(),
    ]


def test_record_has_the_player_third_if_there_is_one() -> None:
    assert list(events.to_record(make("PAUSE", player="main")))[:4] == [
        "event",
        "at",
        "player",
        "session",
    ]
    assert events.to_record(make("PAUSE", player=""))["player"] == ""
    assert "player" not in events.to_record(make("PAUSE", player=None))


def test_record_says_null_where_nothing_is_known() -> None:
    record = events.to_record(Event("WIDGET_LOADED", at=0.0, session="s1", index=1))
    assert json.dumps(record) == (
        '{"event": "WIDGET_LOADED", "at": 0.0, "session": "s1", "index": 1, '
        '"entry_id": null, "position": null, "duration": null}'
    )


def test_record_leaves_the_reasons_out() -> None:
    record = events.to_record(make("PAUSE", rule="R-pause", cause="pause"))
    assert not {"rule", "cause"} & record.keys()


@pytest.mark.parametrize("name", OWN)
def test_event_is_made_of_its_record_again(name: str) -> None:
    event = make(name, player="main", **given(name))
    record = events.to_record(event)
    assert EVENTS[name](**record) == event


# ------------------------------------------------------- the names that signals lead to


def test_every_action_and_slot_has_its_events() -> None:
    assert tuple(ENGAGEMENT) == ACTIONS
    assert tuple(AD_STARTED) == SLOTS
    assert tuple(AD_CLICKED) == SLOTS
    made = {*ENGAGEMENT.values(), *AD_STARTED.values(), *AD_CLICKED.values()}
    assert made <= EVENTS.keys()


@pytest.mark.parametrize(
    ("table", "key", "name"),
    [
        (ENGAGEMENT, "share", "SHARE_CLICKED"),
        (ENGAGEMENT, "download", "DOWNLOAD_CLICKED"),
        (ENGAGEMENT, "related", "RELATED_CLICKED"),
        (ENGAGEMENT, "report", "REPORT_CLICKED"),
        (ENGAGEMENT, "info", "INFO_CLICKED"),
        (ENGAGEMENT, "edit", "OPEN_EDIT"),
        (ENGAGEMENT, "upload", "OPEN_UPLOAD"),
        (ENGAGEMENT, "save", "SAVE_PUBLISH"),
        (ENGAGEMENT, "close_editor", "CLOSE_EDITOR"),
        (AD_STARTED, "preroll", "PREROLL_STARTED"),
        (AD_STARTED, "midroll", "MIDROLL_STARTED"),
        (AD_STARTED, "postroll", "POSTROLL_STARTED"),
        (AD_STARTED, "overlay", "OVERLAY_STARTED"),
        (AD_STARTED, "pre_bumper", "PRE_BUMPER_PLAYED"),
        (AD_STARTED, "post_bumper", "POST_BUMPER_PLAYED"),
        (AD_CLICKED, "preroll", "PREROLL_CLICKED"),
        (AD_CLICKED, "midroll", "MIDROLL_CLICKED"),
        (AD_CLICKED, "postroll", "POSTROLL_CLICKED"),
        (AD_CLICKED, "overlay", "OVERLAY_CLICKED"),
        (AD_CLICKED, "pre_bumper", "BUMPER_CLICKED"),
        (AD_CLICKED, "post_bumper", "BUMPER_CLICKED"),
    ],
)
def test_action_or_slot_leads_to(table: dict[str, str], key: str, name: str) -> None:
    assert table[key] == name


def test_quartiles_are_those_of_the_names() -> None:
    assert QUARTILES == (25, 50, 75, 100)


@pytest.mark.parametrize("name", events.EVENTS)
def test_what_the_engine_makes_is_as_if_its_class_was_called(name: str) -> None:
    cls = events.EVENTS[name]
    common = (5.0, "tv", "s", 3, "1_a", 2.5, 10.0, "R-x", "play")
    more = {field: number for number, field in enumerate(cls.extra)}
    made = events.MAKERS[name](*common, more)
    names = ("at", "player", "session", "index", "entry_id", "position", "duration")
    called: Any = cls
    expected = called(name, **dict(zip((*names, "rule", "cause"), common, strict=True)), **more)
    assert type(made) is cls
    assert made == expected and hash(made) == hash(expected)
    assert (made.rule, made.cause, repr(made)) == ("R-x", "play", repr(expected))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        made.at = 6.0  # type: ignore[misc]  # what is tested
    assert pickle.loads(pickle.dumps(made)) == made
