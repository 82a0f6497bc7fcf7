"""Events for Segment, RudderStack, Jitsu and others that speak its HTTP Tracking API (wire, 8).

Names and properties are those of Segment's Video spec
(https://www.twilio.com/docs/segment/connections/spec/video), the request that of the batch call
of its HTTP API (https://www.twilio.com/docs/segment/connections/sources/catalog/libraries/server/http-api).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from math import floor, isfinite
from typing import Any

import attrs

from .._msgspec import msgspec
from ..delivery import Batch, Request
from ..delivery.protocol import SessionDestination
from ..events import Error, Event, MediaLoaded, Replay
from .http import checked_url, event_id, rfc3339
from .viewer import anonymous_id, basic, user_id

_WRITE_KEY = "PLAYERTRACK_SEGMENT_WRITE_KEY"

#: What one event and one request may hold (bytes); a request has some words around its events.
_MOST_OF_EVENT = 32 * 1024
_MOST_OF_BATCH = 500 * 1024 - 256

#: The names of the Video spec: of playback, which names the media as ``content_asset_id``,
PLAYBACK = {
    "PLAY_REQUEST": "Video Playback Started",
    "PAUSE": "Video Playback Paused",
    "RESUME": "Video Playback Resumed",
    "SEEK": "Video Playback Seek Completed",
    "BUFFER_START": "Video Playback Buffer Started",
    "BUFFER_END": "Video Playback Buffer Completed",
    "ERROR": "Video Playback Interrupted",
}
#: … of content, which names it as ``asset_id``,
CONTENT = {
    "PLAY": "Video Content Started",
    "VIEW": "Video Content Playing",
    "PLAY_REACHED_25": "Video Content Playing",
    "PLAY_REACHED_50": "Video Content Playing",
    "PLAY_REACHED_75": "Video Content Playing",
    "PLAY_REACHED_100": "Video Content Completed",
}
#: … and of ads: the type, and the quartile that was reached.
ADS: Mapping[str, tuple[str, int | None]] = {
    f"{slot}_{end}": (kind, quartile)
    for slot, kind in (("PREROLL", "pre-roll"), ("MIDROLL", "mid-roll"), ("POSTROLL", "post-roll"))
    for end, quartile in (("STARTED", None), ("25", 1), ("50", 2), ("75", 3))
}

_encode = msgspec.json.Encoder().encode


@attrs.frozen
class Stream:
    """A session's media as far as it is known: ``live`` is None until it was loaded."""

    live: bool | None = None


class SegmentDestination(SessionDestination[Stream]):
    """``segment:URL``: each event is a ``track`` call, many in a request to ``URL/v1/batch``.

    The write key comes from ``PLAYERTRACK_SEGMENT_WRITE_KEY``. Raises `ValueError` for a URL
    that cannot be used.
    """

    batch = Batch(events=100, bytes=_MOST_OF_BATCH, wait=1.0)

    def __init__(self, address: str) -> None:
        super().__init__(checked_url(address, query=False), Stream)

    def encode(self, event: Event) -> bytes | None:
        """The call for ``event``; None if the Video spec has no name for it.

        Raises `ValueError` if it is longer than the API takes.
        """
        stream = self._after(event)
        named = _named(event)
        if named is None:
            return None
        name, properties = named
        if stream.live:
            properties |= {"total_length": None, "livestream": True}
        user = user_id()
        call: dict[str, Any] = {
            "type": "track",
            "messageId": event_id(event),
            **({"anonymousId": anonymous_id(event)} if user is None else {"userId": user}),
            "event": name,
            "properties": {**self.properties_of(event), **properties},
        }
        if (time := rfc3339(event.at)) is not None:
            call["timestamp"] = time
        item: bytes = _encode(call)
        if len(item) > _MOST_OF_EVENT:
            raise ValueError(f"{len(item)} bytes: an event may have {_MOST_OF_EVENT}")
        return item

    def request(self, items: Sequence[bytes]) -> Request:
        """A POST of all of them."""
        body = b'{"batch":[' + b",".join(items) + b"]}"
        headers = {"Content-Type": "application/json"}
        return Request("POST", f"{self.address.rstrip('/')}/v1/batch", headers, body)

    def token(self) -> str | None:
        """The write key of the environment."""
        return os.environ.get(_WRITE_KEY) or None

    def authorize(self, request: Request, token: str | None) -> Request:
        """The write key is the user of HTTP Basic authentication, without a password."""
        return basic(request, None if token is None else f"{token}:")

    def _after(self, event: Event) -> Stream:
        known = self.sessions.get(event.session)
        stream = known or Stream()
        if isinstance(event, MediaLoaded):
            stream = Stream(event.live)
        elif isinstance(event, Replay) and known is None:
            stream = self.sessions.get(event.previous_session) or stream
        if stream is not known:
            self.sessions.put(event.session, stream)
        return stream


def _named(event: Event) -> tuple[str, dict[str, Any]] | None:
    """The name of ``event`` in the Video spec and its properties."""
    entry = event.entry_id
    if event.event in ADS:
        kind, quartile = ADS[event.event]
        ad: dict[str, Any] = {"type": kind, "content": {"asset_id": entry}}
        # The playhead of an ad and its length are not known; those of the content are others'.
        ad |= {"session_id": event.session, "position": None, "total_length": None}
        if quartile is None:
            return "Video Ad Started", ad
        return "Video Ad Playing", {**ad, "quartile": quartile}
    properties: dict[str, Any] = {
        "session_id": event.session,
        "position": _whole(event.position),
        "total_length": _whole(event.duration),
    }
    if event.event in CONTENT:
        return CONTENT[event.event], {**properties, "asset_id": entry}
    if event.event not in PLAYBACK:
        return None
    if event.event == "PLAY_REQUEST":
        properties["content_asset_ids"] = [] if entry is None else [entry]
    else:
        properties["content_asset_id"] = entry
    if event.event == "SEEK":
        properties["seek_position"] = properties["position"]
    elif isinstance(event, Error):
        properties["method"] = event.code
    return PLAYBACK[event.event], properties


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None or not isfinite(seconds) else floor(round(seconds, 6))
