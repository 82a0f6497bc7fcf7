"""A sink that delivers to analytics.trackEvent (wire, 2 and 3)."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Unpack

from ...outbox import Item, Receipt
from ..sink import SinkOptions
from . import ANALYTICS_URL, ApplicationEvents, Identity, KavaDestination, WireProfile
from .environment import analytics_url
from .sink import KS, KalturaSink

if TYPE_CHECKING:
    from ...events import Event


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
    destination: KavaDestination

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
        self._application = ApplicationEvents(identity)
        self._muted = False

    def emit(self, event: Event) -> Receipt:
        """Queue ``event`` and return at once; any thread may call it (Q-durable)."""
        return self._append(self.name, self._sounding, (event, self._muted))

    def mute(self, muted: bool) -> None:
        """The viewer's sound is off, or on again, from the next event on."""
        self._muted = muted

    def _sounding(self, queued: tuple[Event, bool]) -> Item | None:
        event, self.destination.muted = queued
        return self._item(event)

    def _beside(self) -> str:
        return "muted" if self.destination.muted else ""

    def _dated(self, event: Event, beside: str) -> Item | None:
        self.destination.muted = beside == "muted"
        return super()._dated(event, beside)

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


def _as_it_is(item: Item) -> Item:
    return item
