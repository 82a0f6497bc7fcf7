"""A sink that delivers to stats.collect (wire, 1)."""

from __future__ import annotations

from typing import Unpack

import attrs

from ...events import Event
from ...outbox import Receipt
from ..sink import SinkOptions
from . import SERVICE_URL, Identity, StatsDestination, WireProfile
from .environment import service_url
from .sink import KS, KalturaSink

#: Players whose media has no name yet that are remembered.
MOST_NAMELESS = 10_000


class StatsSink(KalturaSink):
    """Delivers the events of ``identity`` to stats.collect at ``url``, durably and in order.

        sink = StatsSink(Identity(partner_id=102), queue="/var/lib/kiosk", ks=my_ks)

    ``ks``: a KS, a function that gives one, or a provider of `playertrack.destinations.kaltura.ks`.
    ``profile`` says what the requests look like; `SinkOptions` are for how they are sent.

    stats.collect wants an entry with every event. A player may be there before its media is
    named, so WIDGET_LOADED waits in memory for the next event of its session that has one.

    Raises `SinkError` for what cannot be used.
    """

    kind = "stats"
    requests = StatsDestination
    default_url = SERVICE_URL
    url_from = staticmethod(service_url)

    def __init__(
        self,
        identity: Identity,
        *,
        ks: KS = None,
        url: str | None = None,
        profile: WireProfile | None = None,
        **options: Unpack[SinkOptions],
    ) -> None:
        super().__init__(identity, ks=ks, url=url, profile=profile, **options)
        self._nameless: dict[str, Event] = {}

    def emit(self, event: Event) -> Receipt:
        """Queue ``event`` and return at once; any thread may call it (Q-durable)."""
        if not event.entry_id or self._nameless:
            if event.event == "WIDGET_LOADED" and not (event.entry_id or self.identity.entry_id):
                return self._hold(event)
            if event.entry_id and event.session in self._nameless:
                self._release(event.session, event.entry_id)
        return self._append(self.name, self._item, event)

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
