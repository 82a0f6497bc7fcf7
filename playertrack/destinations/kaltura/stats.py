"""stats.collect: events by section 5 of the guide, and their sink (wire, 1)."""

from __future__ import annotations

from math import floor, isfinite
from typing import Unpack

import attrs

from ...delivery.protocol import Request
from ...events import Event, MediaLoaded, Replay
from ...outbox import Receipt
from .destination import SERVICE_URL, KalturaDestination, Pairs, form
from .environment import service_url
from .fields import address, column
from .identity import Identity, client_version
from .kaltura_sink import KalturaOptions, KalturaSink
from .profile import WireProfile

_GET = "/index.php?service=stats&action=collect&"
_LONGEST_REFERRER = 255

#: Players whose media has no name yet that are remembered.
MOST_NAMELESS = 10_000

#: The type ids by the names of events; those of events that have another name there last.
STATS_IDS = {
    "WIDGET_LOADED": 1,
    "MEDIA_LOADED": 2,
    "PLAY": 3,
    "PLAY_REACHED_25": 4,
    "PLAY_REACHED_50": 5,
    "PLAY_REACHED_75": 6,
    "PLAY_REACHED_100": 7,
    "OPEN_EDIT": 8,
    "BUFFER_START": 12,
    "BUFFER_END": 13,
    "OPEN_FULL_SCREEN": 14,
    "CLOSE_FULL_SCREEN": 15,
    "REPLAY": 16,
    "SEEK": 17,
    "OPEN_UPLOAD": 18,
    "SAVE_PUBLISH": 19,
    "CLOSE_EDITOR": 20,
    "PRE_BUMPER_PLAYED": 21,
    "POST_BUMPER_PLAYED": 22,
    "BUMPER_CLICKED": 23,
    "PREROLL_STARTED": 24,
    "MIDROLL_STARTED": 25,
    "POSTROLL_STARTED": 26,
    "OVERLAY_STARTED": 27,
    "PREROLL_CLICKED": 28,
    "MIDROLL_CLICKED": 29,
    "POSTROLL_CLICKED": 30,
    "OVERLAY_CLICKED": 31,
    "PREROLL_25": 32,
    "PREROLL_50": 33,
    "PREROLL_75": 34,
    "MIDROLL_25": 35,
    "MIDROLL_50": 36,
    "MIDROLL_75": 37,
    "POSTROLL_25": 38,
    "POSTROLL_50": 39,
    "POSTROLL_75": 40,
    "SHARE_CLICKED": 9,
    "DOWNLOAD_CLICKED": 10,
    "REPORT_CLICKED": 11,
}


@attrs.frozen
class _Session:
    """``seeked``: it had a SEEK. ``live``: its media has no duration to speak of."""

    seeked: bool = False
    live: bool = False


class StatsDestination(KalturaDestination[_Session]):
    """Events of one identity as requests to stats.collect at ``url``.

    Raises `WireError` for a bad ``url``.

    >>> destination = StatsDestination(Identity(partner_id=102))
    >>> play = Event("PLAY", at=9.7, session="s", index=1, entry_id="1_a")
    >>> item = destination.encode(play)
    >>> b"&event%5BeventTimestamp%5D=9&" in item
    True
    >>> destination.request([item]).url
    'https://www.kaltura.com/api_v3/service/stats/action/collect'
    """

    endpoint = "stats"
    path = "/service/stats/action/collect"

    def __init__(
        self,
        identity: Identity,
        profile: WireProfile | None = None,
        *,
        url: str = SERVICE_URL,
    ) -> None:
        super().__init__(identity, address("service_url", url), _Session)
        self._profile = profile or WireProfile()
        self._got = self._profile.stats_form == "query"
        self._timestamp_scale = 1000 if self._profile.timestamp_unit == "ms" else 1
        self._position_scale = 1000 if self._profile.position_unit == "ms" else 1
        self._pattern = "event:{}" if self._got else "event[{}]"
        self._context = form(self._of_identity(), self._pattern)

    def encode(self, event: Event) -> bytes | None:
        """The form for ``event``; None if it has no type id (wire, 1).

        Raises `WireError` if nobody named the entry.
        """
        session = self._after(event)
        type_id = STATS_IDS.get(event.event)
        if type_id is None:
            return None
        entry = column(event.entry_id or "") or column(self.entry(event))
        pairs = [  # in the order of the guide's examples
            ("objectType", "KalturaStatsEvent"),
            ("partnerId", str(self.identity.partner_id)),
            ("entryId", entry),
            ("eventType", str(type_id)),
            ("sessionId", column(event.session)),
            ("eventTimestamp", str(_whole(event.at * self._timestamp_scale))),
        ]
        if event.position is not None:
            point = max(0, _whole(event.position * self._position_scale))
            pairs.append(("currentPoint", str(point)))
        if event.duration is not None and isfinite(event.duration) and not session.live:
            pairs.append(("duration", str(floor(event.duration + 0.5))))
        if session.seeked:
            pairs.append(("seek", "true"))
        text = f"format=1&{form(pairs, self._pattern)}&{self._context}"
        return f"?{text}".encode() if self._got else text.encode()

    def _with_query(self, query: str, body: bytes) -> Request:
        return Request("GET", f"{self.address}{_GET}{query}", {}, body)

    def _after(self, event: Event) -> _Session:
        """The state of the session of ``event``, that event included."""
        known = self.sessions.get(event.session)
        session = known or _Session()
        if isinstance(event, MediaLoaded):
            session = attrs.evolve(session, live=event.live)
        elif isinstance(event, Replay) and known is None:
            previous = self.sessions.get(event.previous_session)
            session = attrs.evolve(session, live=previous is not None and previous.live)
        elif event.event == "SEEK":
            session = attrs.evolve(session, seeked=True)
        if session is not known:
            self.sessions.put(event.session, session)
        return session

    def _of_identity(self) -> Pairs:
        who = self.identity
        uiconf = self._profile.default_uiconf_id if who.uiconf_id is None else who.uiconf_id
        values = {
            "clientVer": client_version(),
            "uiconfId": None if uiconf is None else str(uiconf),
            "referrer": who.referrer and who.referrer[:_LONGEST_REFERRER],
            "userId": who.user_id,
            "applicationId": who.application,
            "contextId": None if who.context_id is None else str(who.context_id),
        }
        return [(name, column(value)) for name, value in values.items() if value]


def _whole(value: float) -> int:
    """The floor of a time, where a float just below a whole number is that number."""
    return floor(round(value, 6))


class StatsSink(KalturaSink):
    """Delivers the events of ``identity`` to stats.collect at ``url``, durably and in order.

        sink = StatsSink(Identity(partner_id=102), queue="/var/lib/kiosk", ks=my_ks)

    ``options`` are those of `KalturaOptions`, and those of `SinkOptions` for how it delivers.

    stats.collect wants an entry with every event. A player may be there before its media is
    named, so WIDGET_LOADED waits in memory for the next event of its session that has one.

    Raises `SinkError` for what cannot be used.
    """

    kind = "stats"
    requests = StatsDestination
    default_url = SERVICE_URL
    url_from = staticmethod(service_url)

    def __init__(self, identity: Identity, **options: Unpack[KalturaOptions]) -> None:
        super().__init__(identity, **options)
        self._nameless: dict[str, Event] = {}

    def emit(self, event: Event) -> Receipt:
        """Queue ``event`` and return at once; any thread may call it (Q-durable)."""
        if not event.entry_id or self._nameless:
            if event.event == "WIDGET_LOADED" and not (event.entry_id or self.identity.entry_id):
                return self._hold(event)
            if event.entry_id and event.session in self._nameless:
                self._release(event.session, event.entry_id)
        return self._append(self.name, self._encoding.item, event)

    def close(self, timeout: float) -> bool:
        """As all sinks do; a WIDGET_LOADED that still has no entry is refused."""
        for session in tuple(self._nameless):
            self._release(session, None)
        return super().close(timeout)

    def _hold(self, event: Event) -> Receipt:
        self._nameless[event.session] = event
        if len(self._nameless) > MOST_NAMELESS:
            self._release(next(iter(self._nameless)), None)
        return Receipt.of("memory")

    def _release(self, session: str, entry_id: str | None) -> None:
        event = self._nameless.pop(session, None)
        if event is not None:
            super().emit(attrs.evolve(event, entry_id=entry_id))
