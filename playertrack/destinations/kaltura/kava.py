"""analytics.trackEvent: player events as the plugin of Player v7 sends them, and their sink.

Wire, 2 and 3.
"""

from __future__ import annotations

from time import time
from typing import Unpack

import attrs

from ..._msgspec import msgspec
from ...delivery.protocol import Recent, Request
from ...events import Error, Event, Language, Play, Replay, Seek, View
from ...outbox import Item, Receipt
from .application import ApplicationEvents
from .destination import ANALYTICS_URL, JSON, KalturaDestination, Pairs, form
from .environment import analytics_url
from .fields import address, clean, wire_number
from .identity import Identity, client_version, context
from .kaltura_sink import KalturaOptions, KalturaSink
from .profile import WireProfile
from .responses import TrackAnswer, track_answer
from .view_state import Viewing

PATH = "/api_v3/index.php?service=analytics&action=trackEvent"
#: What the plugin has in the query if the rest is in a body of JSON.
_IN_QUERY = 4
#: … and what it says of itself there.
_API_VERSION = "3.3.0"

#: The type ids by the names of events; no other event is sent.
KAVA_IDS = {
    "MEDIA_LOADED": 1,  # IMPRESSION
    "PLAY_REQUEST": 2,
    "PLAY": 3,
    "RESUME": 4,
    "PLAY_REACHED_25": 11,
    "PLAY_REACHED_50": 12,
    "PLAY_REACHED_75": 13,
    "PLAY_REACHED_100": 14,
    "SHARE_CLICKED": 21,
    "DOWNLOAD_CLICKED": 23,
    "REPORT_CLICKED": 24,
    "OPEN_FULL_SCREEN": 31,
    "CLOSE_FULL_SCREEN": 32,
    "PAUSE": 33,
    "REPLAY": 34,
    "SEEK": 35,
    "RELATED_CLICKED": 36,
    "CAPTIONS": 38,
    "SOURCE_SELECTED": 39,
    "INFO_CLICKED": 40,
    "SPEED": 41,
    "AUDIO_SELECTED": 42,
    "FLAVOR_SWITCH": 43,
    "BUFFER_START": 45,
    "BUFFER_END": 46,
    "ERROR": 98,
    "VIEW": 99,
}

_SCREEN_MODE = {"OPEN_FULL_SCREEN": 2, "CLOSE_FULL_SCREEN": 1}
_SOUND_OFF, _SOUND_ON = 1, 2
#: The plugin's word for a bitrate that it does not know.
_NO_BITRATE = -1

#: What the sink notes with an event while the sound is off.
_MUTED = "muted"

_Fields = dict[str, str | int | float]


@attrs.frozen
class _Known:
    """The state of a session that the server has, and its first answer."""

    viewing: Viewing
    answer: TrackAnswer | None


class KavaDestination(KalturaDestination[_Known]):
    """Player events of one identity as requests to analytics.trackEvent at ``url``.

    `beside` says that the viewer's sound is off, which events do not include. Raises `WireError`
    for a bad ``url``.

    >>> destination = KavaDestination(Identity(partner_id=102))
    >>> pause = Event("PAUSE", at=9.7, session="s", index=7, entry_id="1_a")
    >>> destination.encode(pause)[:68]
    b'format=1&eventType=33&partnerId=102&entryId=1_a&sessionId=s&eventInd'
    """

    endpoint = "kava"
    path = PATH

    def __init__(
        self,
        identity: Identity,
        profile: WireProfile | None = None,
        *,
        url: str = ANALYTICS_URL,
    ) -> None:
        super().__init__(identity, address("analytics_url", url), _Known)
        self._as_json = (profile or WireProfile()).kava_form == "json"
        self._context = _of_identity(identity)
        self._players: Recent[str, Viewing] = Recent()
        # Written where answers come in, which is another thread; `Viewing` is not, so that
        # neither has to wait for the other.
        self._answers: Recent[str, TrackAnswer] = Recent()

    def encode(self, event: Event) -> bytes | None:
        """The item for ``event``; None if it has no type id, or VIEWs are not wanted.

        Raises `WireError` if nobody named the entry.
        """
        state = self.sessions.get(event.session)
        answer = self._answer(event.session, state)
        type_id = KAVA_IDS.get(event.event)
        if isinstance(event, View) and answer is not None and not answer.view_events_enabled:
            type_id = None
        entry = "" if type_id is None else self.entry(event)
        viewing = self._after(event, state, sent=type_id is not None)
        self.sessions.put(event.session, _Known(viewing, answer))
        if type_id is None:
            return None
        fields: _Fields = {
            "eventType": type_id,
            "partnerId": self.identity.partner_id,
            "entryId": entry,
            "sessionId": clean(event.session),
            **self._common(event, viewing),
            **self._own(event, viewing),
            **self._context,
            **self._custom(event),
        }
        if answer is not None and answer.time is not None:
            fields["sessionStartTime"] = answer.time
        return _as_query_and_json(fields) if self._as_json else _as_form(fields)

    def _with_query(self, query: str, body: bytes) -> Request:
        return Request("POST", f"{self.address}{PATH}&{query}", JSON, body)

    def answered(self, session: str, body: bytes) -> None:
        """Learn from the answer to an event of ``session``; from the first, that is.

        May be called by any thread. Events that are made later carry what it says.
        """
        known = self._answers.get(session)
        if known is None or known.time is None:
            answer = track_answer(body)
            if answer is not None:
                self._answers.put(session, answer)

    def _answer(self, session: str, state: _Known | None) -> TrackAnswer | None:
        """The first answer in the session: an earlier process may have had it."""
        known = None if state is None else state.answer
        if known is not None and known.time is not None:
            return known
        return self._answers.get(session) or known

    def _after(self, event: Event, state: _Known | None, *, sent: bool) -> Viewing:
        """The session of ``event``, that event included."""
        player = event.player or ""
        if state is None:
            previous = event.previous_session if isinstance(event, Replay) else None
            repeated = self.sessions.get(previous)
            before = self._players.get(player)
            viewing = Viewing.begin(None if repeated is None else repeated.viewing, before)
        else:
            viewing = state.viewing
        viewing = viewing.after(event, sent=sent)
        self._players.put(player, viewing)
        return viewing

    def _custom(self, event: Event) -> _Fields:
        """The values of the first three custom properties, unless the identity has its own."""
        if self.identity.custom_vars:
            return {}
        values = list(self.properties_of(event).values())[:3]
        return {f"customVar{n}": clean(str(value)) for n, value in enumerate(values, 1)}

    def _common(self, event: Event, viewing: Viewing) -> _Fields:
        """The fields that every event has."""
        return {
            "eventIndex": viewing.index,
            "position": viewing.position(event),
            "playbackType": viewing.playback_type(event),
            "playbackSpeed": viewing.rate,
        }

    def _own(self, event: Event, viewing: Viewing) -> _Fields:
        """The fields that only events of its kind have."""
        match event:
            case Play():
                return {
                    "joinTime": event.join_time,
                    "bufferTime": 0,
                    "bufferTimeSum": viewing.buffer_time_sum,
                    "actualBitrate": _bitrate(viewing),
                }
            case View():
                return {
                    "playTimeSum": viewing.play_time_sum,
                    "bufferTime": event.buffer_time,
                    "bufferTimeSum": viewing.buffer_time_sum,
                    "averageBitrate": viewing.average_bitrate,
                    "soundMode": _SOUND_OFF if self.beside == _MUTED else _SOUND_ON,
                }
            case Seek():
                return {} if event.target is None else {"targetPosition": event.target}
            case Language(event="CAPTIONS"):
                return {"caption": clean(event.language or "off")}
            case Language():
                return {"language": clean(event.language or "")}
            case Error():
                return {
                    "errorCode": clean(event.code),
                    "errorDetails": clean(event.message),
                    "errorPosition": viewing.error_position,
                }
        if event.event in ("FLAVOR_SWITCH", "SOURCE_SELECTED"):
            return {"actualBitrate": _bitrate(viewing)}
        if event.event in _SCREEN_MODE:
            return {"screenMode": _SCREEN_MODE[event.event]}
        return {}


def _bitrate(viewing: Viewing) -> float:
    return _NO_BITRATE if viewing.bitrate is None else viewing.bitrate


def _of_identity(who: Identity) -> _Fields:
    version = client_version()
    values: dict[str, str | int | None] = {
        "deliveryType": who.delivery_type,
        "clientVer": version,
        "clientTag": version,
        **context(who),
    }
    return {name: value for name, value in values.items() if value is not None}


def _as_form(fields: _Fields) -> bytes:
    return f"format=1&{form(_texts(fields))}".encode()


def _as_query_and_json(fields: _Fields) -> bytes:
    query = form(_texts(fields)[:_IN_QUERY])
    rest = {"apiVersion": _API_VERSION, "format": 1, **dict(list(fields.items())[_IN_QUERY:])}
    body = {name: _rounded(value) for name, value in rest.items()}
    return f"?{query}\n".encode() + msgspec.json.encode(body)


def _texts(fields: _Fields) -> Pairs:
    return [
        (name, value if isinstance(value, str) else wire_number(value))
        for name, value in fields.items()
    ]


def _rounded(value: str | int | float) -> str | int | float:
    return round(value, 6) if isinstance(value, float) else value


class KavaSink(KalturaSink):
    """Delivers the events of ``identity`` to analytics.trackEvent at ``url``.

    It takes what `StatsSink` takes. VIEWs include whether the sound is off: a tracker
    reports that, and others may by `mute`. `track_page` and `track_button` report what happens
    around the player, and arrive in order with what the player does.
    """

    kind = "kava"
    requests = KavaDestination
    default_url = ANALYTICS_URL
    url_from = staticmethod(analytics_url)

    def __init__(self, identity: Identity, **options: Unpack[KalturaOptions]) -> None:
        super().__init__(identity, **options)
        self._application = ApplicationEvents(identity)
        self._muted = False

    def emit(self, event: Event) -> Receipt:
        """Queue ``event`` and return at once; any thread may call it (Q-durable)."""
        beside = _MUTED if self._muted else ""
        return self._append(self.name, self._encoding.item, event, beside)

    def mute(self, muted: bool) -> None:
        """The viewer's sound is off, or on again, from the next event on."""
        self._muted = muted

    def track_page(
        self,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - the word of the guide
        *,
        at: float | None = None,
        entry_id: str | None = None,
        session: str | None = None,
    ) -> Receipt:
        """A page or view was loaded, at ``at`` (Unix time, s; now if it is not given).

        ``type`` is its category, as ``lobby``; ``session`` ties it to a playback. Raises
        `WireError` for what is no text.
        """
        at = time() if at is None else at
        return self._put(
            self._application.page(name, type, at=at, entry_id=entry_id, session=session)
        )

    def track_button(
        self,
        name: str,
        type: str | None = None,  # noqa: A002 - the word of the guide
        *,
        at: float | None = None,
        page_name: str | None = None,
        page_type: str | None = None,
        entry_id: str | None = None,
        session: str | None = None,
    ) -> Receipt:
        """A button, link or the like was clicked, at ``at`` (Unix time, s; else now).

        ``type`` is its category, as ``cta``. Raises `WireError` for what is
        no text.
        """
        item = self._application.button(
            name,
            type,
            at=time() if at is None else at,
            page_name=page_name,
            page_type=page_type,
            entry_id=entry_id,
            session=session,
        )
        return self._put(item)

    def _put(self, item: Item) -> Receipt:
        return self.sender.put(self.name, _as_it_is, item)


def _as_it_is(item: Item, beside: str) -> Item:
    return item
