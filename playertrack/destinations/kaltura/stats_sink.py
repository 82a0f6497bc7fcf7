"""A sink that delivers to stats.collect (wire, 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import attrs

from ...delivery import DEFAULT_SETTINGS, DeliverySettings
from ...events import Event
from ...outbox import Receipt
from . import SERVICE_URL, Identity, StatsMapper, WireProfile
from .sink import KS, DeliverySink, Queue, options_from, service_url

if TYPE_CHECKING:
    import aiohttp

#: Players whose media has no name yet that are remembered.
MOST_NAMELESS = 10_000


class StatsSink(DeliverySink):
    """Delivers the events of ``identity`` to stats.collect at ``url``, durably and in order.

        sink = StatsSink(Identity(partner_id=102), queue="/var/lib/kiosk", ks=my_ks)

    ``queue``: the directory of the queue, which sinks of this and other processes may share
    (of the options below it has those of its first sink then); without one it is in memory.
    ``ks``: a KS, a function that gives one, or a provider of `playertrack.destinations.kaltura.ks`.
    ``profile`` says what the requests look like, ``settings`` how they are sent;
    ``durability`` is ``group``, ``sync`` (`emit` waits for the disk) or ``memory``. With
    ``session`` its loop sends, in which the sink has to be made.

    stats.collect wants an entry with every event. A player may be there before its media is
    named, so WIDGET_LOADED waits in memory for the next event of its session that has one.

    Raises `SinkError` for what cannot be used.
    """

    def __init__(
        self,
        identity: Identity,
        *,
        queue: Queue = None,
        ks: KS = None,
        url: str = SERVICE_URL,
        profile: WireProfile | None = None,
        settings: DeliverySettings = DEFAULT_SETTINGS,
        durability: str = "group",
        session: aiohttp.ClientSession | None = None,
    ) -> None:
        super().__init__(
            "stats",
            identity,
            lambda recall: StatsMapper(identity, profile, service_url=url, recall=recall),
            url,
            queue=queue,
            ks=ks,
            settings=settings,
            durability=durability,
            session=session,
        )
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

    @classmethod
    def open(cls, argument: str) -> Self:
        """``stats:DIRECTORY`` of the queue, or ``stats`` for one in memory.

        The rest is in the environment: see `options_from`.
        """
        return cls(url=service_url(), **options_from(argument))
