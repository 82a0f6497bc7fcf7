"""Events as xAPI statements of the Video Profile, for a learning record store (wire, 8).

The profile is https://liveaspankaj.gitbooks.io/xapi-video-profile, the protocol xAPI 1.0.3.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import NAMESPACE_URL, uuid5

import attrs

from .._msgspec import msgspec
from ..delivery import Answer, Batch, Kind, Request, Verdict
from ..delivery.protocol import Recent, SessionDestination, judge_status, status_line
from ..events import Event, Seek, Speed
from .http import checked_url, rfc3339
from .viewer import anonymous_id, basic, user_id
from .watched import Segments, Watched

_USER, _PASSWORD = "PLAYERTRACK_XAPI_USER", "PLAYERTRACK_XAPI_PASSWORD"

PROFILE = "https://w3id.org/xapi/video"
EXTENSIONS = f"{PROFILE}/extensions"
ACTIVITY_TYPE = f"{PROFILE}/activity-type/video"

INITIALIZED = "http://adlnet.gov/expapi/verbs/initialized"
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
PLAYED = f"{PROFILE}/verbs/played"
PAUSED = f"{PROFILE}/verbs/paused"
SEEKED = f"{PROFILE}/verbs/seeked"

_VERBS = {
    "MEDIA_LOADED": INITIALIZED,
    "REPLAY": INITIALIZED,
    "PLAY": PLAYED,
    "RESUME": PLAYED,
    "PAUSE": PAUSED,
    "SEEK": SEEKED,
    "PLAY_REACHED_100": PAUSED,
    "COMPLETED": COMPLETED,
}

_CONFLICT = 409

_encode = msgspec.json.Encoder().encode


def statement_id(session: str, index: int | None) -> str:
    """The id of the statement for an event: the same whenever it is made.

    >>> statement_id("s", 7)
    '5b2775e2-cbb0-54b8-ac46-0d868ac88142'
    """
    name = f"playertrack:{session}" if index is None else f"playertrack:{session}:{index}"
    return str(uuid5(NAMESPACE_URL, name))


class XapiDestination(SessionDestination[Watched]):
    """``xapi:URL``: statements, many in a request to ``URL/statements``.

    User and password come from ``PLAYERTRACK_XAPI_USER`` and ``PLAYERTRACK_XAPI_PASSWORD``; a
    token that is given is both, with a colon between. Raises `ValueError` for a URL that
    cannot be used, and if only one of the two is set.
    """

    batch = Batch(events=50, wait=1.0)

    def __init__(self, address: str) -> None:
        super().__init__(checked_url(address, query=False), Watched)
        if bool(os.environ.get(_USER)) != bool(os.environ.get(_PASSWORD)):
            there, missing = (_USER, _PASSWORD) if os.environ.get(_USER) else (_PASSWORD, _USER)
            raise ValueError(f"{there} is set, but {missing} is not")
        parts = urlsplit(address)
        self._home = f"{parts.scheme}://{parts.netloc}"
        self._rates: Recent[str, float] = Recent()  # a new session keeps that of its player

    def encode(self, event: Event) -> bytes | None:
        """The statement for ``event``; None if the profile has none."""
        player = event.player or ""
        before = self.sessions.get(event.session) or Watched(rate=self._rates.get(player) or 1.0)
        session = before.after(event)
        if isinstance(event, Speed):
            self._rates.put(player, event.rate)
        verb = _verb(event, before, session)
        if verb == COMPLETED:
            session = attrs.evolve(session, completed=True)
        self.sessions.put(event.session, session)
        if verb is None:
            return None
        statement: dict[str, Any] = {
            "id": statement_id(event.session, event.index),
            "actor": self._actor(event),
            "verb": {"id": verb, "display": {"en-US": verb.rpartition("/")[2]}},
            "object": _activity(event),
        }
        if result := _result(event, verb, session):
            statement["result"] = result
        statement["context"] = self._context(event, session)
        if (time := rfc3339(event.at)) is not None:
            statement["timestamp"] = time
        item: bytes = _encode(statement)
        return item

    def request(self, items: Sequence[bytes]) -> Request:
        """A POST of all of them."""
        headers = {"Content-Type": "application/json", "X-Experience-API-Version": "1.0.3"}
        body = b"[" + b",".join(items) + b"]"
        return Request("POST", f"{self.address.rstrip('/')}/statements", headers, body)

    def token(self) -> str | None:
        """User and password of the environment."""
        user, password = os.environ.get(_USER), os.environ.get(_PASSWORD)
        return f"{user}:{password}" if user and password else None

    def authorize(self, request: Request, token: str | None) -> Request:
        """HTTP Basic authentication."""
        return basic(request, token)

    def judge(self, answer: Answer, items: Sequence[bytes]) -> Verdict:
        """By status; a statement that conflicts by its id alone is there already."""
        if answer.status == _CONFLICT:
            kind = Kind.DELIVERED if len(items) == 1 else Kind.REJECTED
            return Verdict(kind, status_line(answer))
        return judge_status(answer)

    def _actor(self, event: Event) -> dict[str, Any]:
        name = user_id() or anonymous_id(event)
        return {"objectType": "Agent", "account": {"homePage": self._home, "name": name}}

    def _context(self, event: Event, session: Watched) -> dict[str, Any]:
        extensions: dict[str, Any] = {
            f"{EXTENSIONS}/session-id": statement_id(event.session, session.first),
        }
        if session.length:
            extensions[f"{EXTENSIONS}/length"] = round(session.length, 3)
        for name, value in self.properties_of(event).items():
            extensions[f"playertrack:property:{quote(name, safe='')}"] = value
        return {"contextActivities": {"category": [{"id": PROFILE}]}, "extensions": extensions}


def _verb(event: Event, before: Watched, session: Watched) -> str | None:
    """The verb for ``event``: a session is initialized once, and completed once."""
    verb = _VERBS.get(event.event)
    if verb == INITIALIZED and before.first is not None:
        return None
    if verb == COMPLETED and before.completed:
        return None
    if event.event == "PLAY_REACHED_100" and session.progress == 1.0 and not before.completed:
        return COMPLETED
    return verb


def _activity(event: Event) -> dict[str, Any]:
    entry = event.entry_id or "unknown"
    known = re.fullmatch(r"(?:urn:|[a-z][a-z0-9+.-]*://)[^\s<>\"{}|\\^`]+", entry)
    iri = entry if known else f"playertrack:{quote(entry, safe='')}"
    definition: dict[str, Any] = {"type": ACTIVITY_TYPE}
    if event.entry_id:
        definition["name"] = {"und": event.entry_id}
    return {"objectType": "Activity", "id": iri, "definition": definition}


def _result(event: Event, verb: str, session: Watched) -> dict[str, Any]:
    """The result that the profile demands of a verb; the first knows nothing yet."""
    if verb == INITIALIZED:
        return {}
    extensions: dict[str, Any] = {}
    if isinstance(event, Seek):
        extensions["time-from"] = _seconds(event.origin if event.origin is not None else 0.0)
        target = event.target if event.target is not None else event.position
        extensions["time-to"] = _seconds(target or 0.0)
    else:
        extensions["time"] = _seconds(event.position or 0.0)
    if verb != PLAYED:
        share = getattr(event, "watched", session.progress)
        if share is not None:
            extensions["progress"] = round(share, 3)
        extensions["played-segments"] = spelled(session.watched)
    result: dict[str, Any] = {
        "extensions": {f"{EXTENSIONS}/{name}": value for name, value in extensions.items()}
    }
    if verb == COMPLETED:
        result |= {"completion": True, "duration": f"PT{session.seconds(event.at):.2f}S"}
    return result


def spelled(segments: Segments) -> str:
    """Stretches as the profile spells them.

    >>> spelled(((0.0, 25.0), (40.25, 60.12349)))
    '0[.]25[,]40.25[.]60.123'
    """
    return "[,]".join([f"{_text(start)}[.]{_text(end)}" for start, end in segments])


def _text(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")


def _seconds(seconds: float) -> float:
    return round(max(0.0, seconds), 3)
