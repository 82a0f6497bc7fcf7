"""Events sent by destinations other than Kaltura's, in a form that can be judged (wire, 8).

A body is read by the rules of its protocol. Problems of a single item are found here; those that
show only among other items are found by the lint.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import attrs

from ..destinations.segment import ADS, CONTENT, PLAYBACK
from ..destinations.xapi import (
    ACTIVITY_TYPE,
    COMPLETED,
    EXTENSIONS,
    INITIALIZED,
    PAUSED,
    PLAYED,
    PROFILE,
    SEEKED,
)
from ..errors import shorten
from .received import CLOUDEVENTS, HTTP, NDJSON, SEGMENT, XAPI

Record = dict[str, Any]

#: Where each is sent to, below the address of the collector.
PATHS = {
    "/http": HTTP,
    "/ndjson": NDJSON,
    "/cloudevents": CLOUDEVENTS,
    "/segment/v1/batch": SEGMENT,
    "/xapi/statements": XAPI,
}

_CONTENT_TYPES = {
    HTTP: "application/json",
    NDJSON: "application/x-ndjson",
    CLOUDEVENTS: "application/cloudevents-batch+json",
    SEGMENT: "application/json",
    XAPI: "application/json",
}

#: Our names for those of the Video spec; which of several it was cannot be known.
_OF_SEGMENT = {
    **{name: event for event, name in PLAYBACK.items()},
    "Video Content Started": "PLAY",
    "Video Content Playing": "VIEW",
    "Video Content Completed": "PLAY_REACHED_100",
}
_OF_XAPI = {
    INITIALIZED: "MEDIA_LOADED",
    PLAYED: "PLAY",
    PAUSED: "PAUSE",
    SEEKED: "SEEK",
    COMPLETED: "PLAY_REACHED_100",
}


class BodyError(ValueError):
    """A body that is not what the protocol has."""


@attrs.frozen(kw_only=True)
class Incoming:
    """One item: ``id`` is unique, ``record`` is for the lint.

    ``name`` is its name there or among our events, ``fields`` what it holds, as text, and
    ``findings`` what is wrong with it by itself.
    """

    id: str
    name: str | None
    session: str
    entry_id: str
    record: object
    fields: dict[str, str]
    findings: tuple[str, ...] = ()


def read_items(endpoint: str, content_type: str, body: bytes) -> list[Incoming]:
    """The items of a body; raises `BodyError` if it has none."""
    if content_type != _CONTENT_TYPES[endpoint]:
        raise BodyError(f"the Content-Type is {content_type}, not {_CONTENT_TYPES[endpoint]}")
    values: Any
    try:
        if endpoint == NDJSON:
            values = [json.loads(line) for line in body.splitlines()]
        else:
            values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BodyError("the body is no JSON") from error
    if endpoint == SEGMENT:
        values = values.get("batch") if isinstance(values, dict) else None
    if not isinstance(values, list) or not values:
        raise BodyError("the body has no list of events")
    return [_READERS[endpoint](value) for value in values]


def _incoming(
    item: object, name: object, session: object, entry: object, identity: object, **more: Any
) -> Incoming:
    fields = item if isinstance(item, dict) else {"item": item}
    return Incoming(
        id=str(identity),
        name=name if isinstance(name, str) else None,
        session=session if isinstance(session, str) else "",
        entry_id=entry if isinstance(entry, str) else "",
        fields={
            str(key): value if isinstance(value, str) else json.dumps(value)
            for key, value in fields.items()
        },
        **more,
    )


def _of_http(item: object) -> Incoming:
    record = dict(item) if isinstance(item, dict) else {}
    identity = record.pop("id", None)
    expected = f"{record.get('session')}:{record.get('index')}"
    wrong = () if identity == expected else (f"id: {shorten(identity)} is not {expected}",)
    return _incoming(
        item,
        *(record.get("event"), record.get("session"), record.get("entry_id"), identity),
        record=record if isinstance(item, dict) else item,
        findings=wrong,
    )


def _of_cloudevent(item: object) -> Incoming:
    outer = item if isinstance(item, dict) else {}
    data = outer.get("data")
    inner = _of_http({**data, "id": outer.get("id")} if isinstance(data, dict) else data)
    wrong = [
        f"{name}: {shorten(outer.get(name))} is not {expected}"
        for name, expected in (
            ("specversion", "1.0"),
            ("type", f"playertrack.{inner.name}"),
            ("datacontenttype", "application/json"),
        )
        if outer.get(name) != expected
    ]
    if not isinstance(outer.get("source"), str) or not outer["source"]:
        wrong.append("source is missing")
    if "time" in outer and _time(outer["time"]) is None:
        wrong.append(f"time: {shorten(outer['time'])} is not a time of RFC 3339")
    return attrs.evolve(inner, findings=(*inner.findings, *wrong))


def _of_segment(item: object) -> Incoming:
    call = item if isinstance(item, dict) else {}
    properties = call.get("properties")
    known: Record = properties if isinstance(properties, dict) else {}
    title, at = _text(call.get("event")), _time(call.get("timestamp"))
    name = _OF_SEGMENT.get(title)
    if title == "Video Ad Started":
        name = next((each for each, ad in ADS.items() if ad == (known.get("type"), None)), None)
    entries = known.get("content_asset_ids")
    entry = known.get("content_asset_id", known.get("asset_id"))
    if isinstance(entries, list) and entries:
        entry = entries[0]
    record = _record(name or "", known.get("session_id"), at, known.get("position"))
    return _incoming(
        item,
        *(name or title, known.get("session_id"), entry, call.get("messageId")),
        record=record,
        findings=tuple(_wrong_in_segment(call, known, at)),
    )


def _wrong_in_segment(call: Record, known: Record, at: float | None) -> Iterator[str]:
    if call.get("type") != "track":
        yield f"type: {shorten(call.get('type'))} is not track"
    title = _text(call.get("event"))
    if title not in {*PLAYBACK.values(), *CONTENT.values(), "Video Ad Started", "Video Ad Playing"}:
        yield f"event: {shorten(title)} is no name of the Video spec"
    if not isinstance(call.get("messageId"), str) or not call["messageId"]:
        yield "messageId is missing"
    if not (call.get("userId") or call.get("anonymousId")):
        yield "neither userId nor anonymousId is there"
    if at is None:
        yield f"timestamp: {shorten(call.get('timestamp'))} is not a time of ISO 8601"
    if not isinstance(known.get("session_id"), str) or not known["session_id"]:
        yield "properties.session_id is missing"
    for name in ("position", "total_length"):
        value = known.get(name, False)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            yield f"properties.{name}: {shorten(value)} is neither whole seconds nor null"


def _of_statement(item: object) -> Incoming:
    statement = item if isinstance(item, dict) else {}
    verb, result = _text(_at(statement, "verb", "id")), _at(statement, "result", "extensions")
    result = result if isinstance(result, dict) else {}
    name = _OF_XAPI.get(verb)
    session = _at(statement, "context", "extensions", f"{EXTENSIONS}/session-id")
    entry = _at(statement, "object", "id")
    at = _time(statement.get("timestamp"))
    where = result.get(f"{EXTENSIONS}/time-to" if name == "SEEK" else f"{EXTENSIONS}/time")
    return _incoming(
        item,
        *(name or verb, session, entry, statement.get("id")),
        record=_record(name or "", session, at, where),
        findings=tuple(_wrong_in_statement(statement, verb, result)),
    )


_NEEDED = {
    PLAYED: ("time",),
    PAUSED: ("time", "played-segments"),
    SEEKED: ("time-from", "time-to"),
    COMPLETED: ("time", "progress", "played-segments"),
}


def _wrong_in_statement(statement: Record, verb: str, result: Record) -> Iterator[str]:
    if verb not in _OF_XAPI:
        yield f"verb: {shorten(verb)} is none of the Video Profile"
    for path in (("id",), ("actor", "account", "name"), ("object", "id"), ("timestamp",)):
        if not isinstance(_at(statement, *path), str):
            yield f"{'.'.join(path)} is missing"
    if _at(statement, "object", "definition", "type") != ACTIVITY_TYPE:
        yield "the activity is no video"
    categories = _at(statement, "context", "contextActivities", "category")
    if not isinstance(categories, list) or {"id": PROFILE} not in categories:
        yield "the category of the Video Profile is missing"
    if not isinstance(_at(statement, "context", "extensions", f"{EXTENSIONS}/session-id"), str):
        yield "session-id is missing"
    yield from _wrong_in_result(statement, verb, result)


def _wrong_in_result(statement: Record, verb: str, result: Record) -> Iterator[str]:
    for name in _NEEDED.get(verb, ()):
        if f"{EXTENSIONS}/{name}" not in result:
            yield f"{name} is missing in the result"
    progress = result.get(f"{EXTENSIONS}/progress", 0.0)
    if not isinstance(progress, (int, float)) or not 0 <= progress <= 1:
        yield f"progress: {shorten(progress)} is not a number from 0 to 1"
    if verb == COMPLETED and _at(statement, "result", "completion") is not True:
        yield "completed without completion"


_READERS: dict[str, Callable[[object], Incoming]] = {
    HTTP: _of_http,
    NDJSON: _of_http,
    CLOUDEVENTS: _of_cloudevent,
    SEGMENT: _of_segment,
    XAPI: _of_statement,
}


def _record(name: str, session: object, at: float | None, position: object) -> Record:
    """The event as the lint takes it of a log that shows little."""
    where = position if isinstance(position, (int, float)) else None
    return {
        "event": name,
        "at": 0.0 if at is None else at,
        "player": str(session),
        "session": str(session),
        "index": 0,
        "position": where,
        "duration": None,
        "target": where,
    }


def _at(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _time(text: object) -> float | None:
    try:
        then = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return None if then is None or then.tzinfo is None else then.timestamp()
