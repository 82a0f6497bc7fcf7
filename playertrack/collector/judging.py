"""Problems of a single event by itself (guide, 5 and 6; wire, 1 to 3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from ..destinations.kaltura.fields import clean
from ..errors import shorten
from .received import KAVA, NAMES, STATS, number_in, seconds_of

Fields = Mapping[str, str]

_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)

#: The longest session id that is not cut (reporting of old cuts it, and sessions fall together).
_LONGEST_SESSION = 50
_LONGEST_REFERRER = 255


def _is_whole(least: int) -> Callable[[str], bool]:
    return lambda text: _WHOLE.fullmatch(text) is not None and int(text) >= least


def _is_number(text: str) -> bool:
    return number_in(text) is not None


def _is_positive(text: str) -> bool:
    value = number_in(text)
    return value is not None and value >= 0


def _is_text(text: str) -> bool:
    return bool(text)


def _is_one_of(*words: str) -> Callable[[str], bool]:
    return lambda text: text in words


def _is_session(text: str) -> bool:
    return 1 <= len(text) <= _LONGEST_SESSION and text != "false"


def _is_kava_session(text: str) -> bool:
    return bool(text) and text != "false"


def _is_any(text: str) -> bool:
    return True


_Check = tuple[Callable[[str], bool], str]

_PARTNER: _Check = (_is_whole(1), "a whole number above 0")
_REQUIRED: dict[str, dict[str, _Check]] = {
    STATS: {
        "partnerId": _PARTNER,
        "entryId": (_is_text, "text"),
        "eventType": (_is_whole(0), "a whole number"),
        "sessionId": (_is_session, "an id of 1 to 50 characters"),
        "eventTimestamp": (_is_number, "a number of seconds"),
    },
    KAVA: {
        "eventType": (_is_whole(0), "a whole number"),
        "partnerId": _PARTNER,
        "entryId": (_is_text, "text"),
        "sessionId": (_is_kava_session, "an id"),
        "eventIndex": (_is_whole(1), "a whole number, 1 or more"),
    },
}
_OF_APPLICATION = ("eventType", "partnerId")

_OPTIONAL: dict[str, dict[str, _Check]] = {
    STATS: {
        "objectType": (_is_one_of("KalturaStatsEvent"), "KalturaStatsEvent"),
        "currentPoint": (_is_whole(0), "a whole number, 0 or more"),
        "duration": (_is_positive, "a number, 0 or more"),
        "seek": (_is_one_of("true", "false", "0", "1"), "true or false"),
        "uiconfId": (_is_whole(0), "a whole number"),
        "contextId": (_is_whole(0), "a whole number"),
        "clientVer": (_is_any, ""),
        "referrer": (lambda text: len(text) <= _LONGEST_REFERRER, "255 characters at most"),
        **dict.fromkeys(
            ("userId", "applicationId", "uniqueViewer", "widgetId", "controlId", "newPoint"),
            (_is_any, ""),
        ),
        **dict.fromkeys(("processDuration", "isFirstInSession", "featureType"), (_is_any, "")),
    },
    KAVA: {
        "position": (_is_number, "a number of seconds"),
        "playbackType": (_is_one_of("vod", "live", "dvr"), "vod, live or dvr"),
        "playbackSpeed": (_is_positive, "a number above 0"),
        "playTimeSum": (_is_positive, "seconds, 0 or more"),
        "bufferTime": (_is_positive, "seconds, 0 or more"),
        "bufferTimeSum": (_is_positive, "seconds, 0 or more"),
        "joinTime": (_is_positive, "seconds, 0 or more"),
        "targetPosition": (_is_number, "seconds"),
        "errorPosition": (_is_one_of("1", "2", "3"), "1, 2 or 3"),
        "sessionStartTime": (_is_positive, "a Unix time"),
        "uiConfId": (_is_whole(0), "a whole number"),
    },
}

#: What each player event has to have besides.
_OF_EVENT = {
    "PLAY": ("joinTime", "bufferTime", "bufferTimeSum"),
    "SEEK": ("targetPosition",),
    "ERROR": ("errorCode", "errorPosition"),
    "VIEW": ("playTimeSum", "bufferTime", "bufferTimeSum"),
    "OPEN_FULL_SCREEN": ("screenMode",),
    "CLOSE_FULL_SCREEN": ("screenMode",),
}

#: A field by the name that it has with the other endpoint, which drops it silently.
_MISNAMED = {
    STATS: {"uiConfId": "uiconfId", "application": "applicationId"},
    KAVA: {"uiconfId": "uiConfId", "applicationId": "application"},
}


def event_name(endpoint: str, fields: Fields) -> str | None:
    """The name of the event by its id; None if there is none of that id."""
    text = fields.get("eventType", "")
    return NAMES[endpoint].get(int(text)) if _WHOLE.fullmatch(text) else None


def judge_event(endpoint: str, fields: Fields) -> Iterator[str]:
    """Describe each problem of the event."""
    name = event_name(endpoint, fields)
    yield from _required(endpoint, name, fields)
    if name is None and fields.get("eventType"):
        yield f"there is no event of type {shorten(fields['eventType'])}"
    for field, check in _OPTIONAL[endpoint].items():
        if field in fields:
            yield from _checked(field, fields[field], check)
    for field, right in _MISNAMED[endpoint].items():
        if field in fields:
            yield f"{field} is ignored by the server; it is called {right} there"
    if endpoint == STATS:
        yield from _of_stats(fields)


def _required(endpoint: str, name: str | None, fields: Fields) -> Iterator[str]:
    required = _REQUIRED[endpoint]
    if endpoint == KAVA and name in ("track_page", "track_button"):
        required = {field: required[field] for field in _OF_APPLICATION}
    for field, check in required.items():
        if not fields.get(field):
            yield f"{field} is missing"
        else:
            yield from _checked(field, fields[field], check)
    if endpoint == KAVA:
        for field in _OF_EVENT.get(name or "", ()):
            if field not in fields:
                yield f"{name} without {field}"


def _checked(field: str, value: str, check: _Check) -> Iterator[str]:
    good, expected = check
    if not good(value):
        yield f"{field}: {shorten(value)} is not {expected}"


def _of_stats(fields: Fields) -> Iterator[str]:
    known = _REQUIRED[STATS].keys() | _OPTIONAL[STATS].keys() | _MISNAMED[STATS].keys()
    for field, value in fields.items():
        if field not in known:
            yield f"{shorten(field)} is no field of the event"
        if "," in value:
            yield f"{shorten(field)} has a comma, which corrupts the log"
    position, duration = seconds_of("currentPoint", fields), number_in(fields.get("duration"))
    if position is not None and duration and position > duration + 1:
        yield f"currentPoint {fields['currentPoint']} is beyond the duration {duration:g}"


def unclean(fields: Fields) -> str | None:
    """The field for which the server refuses the event: control characters."""
    return next((field for field, value in fields.items() if clean(value) != value), None)
