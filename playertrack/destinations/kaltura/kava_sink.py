"""A sink that delivers to analytics.trackEvent (wire, 2 and 3)."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Self

from ...delivery import DEFAULT_SETTINGS, DeliverySettings
from ...delivery.envelope import pack
from ...delivery.lanes import COMMON
from ...outbox import Item, Receipt
from . import (
    ANALYTICS_URL,
    ApplicationMapper,
    Identity,
    KavaMapper,
    Recall,
    Request,
    WireProfile,
)
from .sink import KS, DeliverySink, Queue, analytics_url, options_from

if TYPE_CHECKING:
    import aiohttp

    from ...events import Event


class KavaSink(DeliverySink):
    """Delivers the events of ``identity`` to analytics.trackEvent at ``url``.

    It takes what `StatsSink` takes. VIEWs tell whether the viewer hears something: a tracker
    says so, and others may by `mute`. `track_page` and `track_button` tell of what happens
    around the player, and arrive in order with what the player does.
    """

    def __init__(
        self,
        identity: Identity,
        *,
        queue: Queue = None,
        ks: KS = None,
        url: str = ANALYTICS_URL,
        profile: WireProfile | None = None,
        settings: DeliverySettings = DEFAULT_SETTINGS,
        durability: str = "group",
        session: aiohttp.ClientSession | None = None,
    ) -> None:
        def make(recall: Recall) -> KavaMapper:
            self._events = KavaMapper(identity, profile, analytics_url=url, recall=recall)
            return self._events

        super().__init__(
            "kava",
            identity,
            make,
            url,
            queue=queue,
            ks=ks,
            settings=settings,
            durability=durability,
            session=session,
        )
        self._application = ApplicationMapper(identity, analytics_url=url)
        self._muted = False

    @classmethod
    def open(cls, argument: str) -> Self:
        """``kava:DIRECTORY`` of the queue, or ``kava`` for one in memory.

        The rest is in the environment: see `options_from`.
        """
        return cls(url=analytics_url(), **options_from(argument))

    def emit(self, event: Event) -> Receipt:
        """Queue ``event`` and return at once; any thread may call it (Q-durable)."""
        return self._append(self.name, self._unheard if self._muted else self._heard, event)

    def mute(self, muted: bool) -> None:
        """From the next event on the viewer hears nothing, or something again."""
        self._muted = muted

    def _heard(self, event: Event) -> Item | None:
        self._events.muted = False
        return self._item(event)

    def _unheard(self, event: Event) -> Item | None:
        self._events.muted = True
        return self._item(event)

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
            self._application.page(name, type, at=at, entry_id=entry_id, session=session), session
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
        request = self._application.button(
            name,
            type,
            at=time() if at is None else at,
            page_name=page_name,
            page_type=page_type,
            entry_id=entry_id,
            session=session,
        )
        return self._put(request, session)

    def _put(self, request: Request, session: str | None) -> Receipt:
        def item(request: Request) -> Item:
            return pack(request, COMMON if session is None else None)

        return self.post.put(self.name, item, request)
