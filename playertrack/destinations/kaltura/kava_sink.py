"""A sink that delivers to analytics.trackEvent (wire, 2 and 3)."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Self, Unpack

from ...outbox import Item, Receipt
from ..sink import Properties, Queue, SinkOptions, Token
from . import ANALYTICS_URL, ApplicationEvents, Identity, KavaDestination, WireProfile
from .environment import analytics_url, identity_from, ks_from, profile_from
from .sink import KS, KalturaSink

if TYPE_CHECKING:
    from ...events import Event


class KavaSink(KalturaSink):
    """Delivers the events of ``identity`` to analytics.trackEvent at ``url``.

    It takes what `StatsSink` takes. VIEWs include whether the sound is off: a tracker
    reports that, and others may by `mute`. `track_page` and `track_button` report what happens
    around the player, and arrive in order with what the player does.
    """

    def __init__(
        self,
        identity: Identity,
        *,
        ks: KS = None,
        url: str = ANALYTICS_URL,
        profile: WireProfile | None = None,
        **options: Unpack[SinkOptions],
    ) -> None:
        def make() -> KavaDestination:
            self._events = KavaDestination(identity, profile, url=url)
            return self._events

        super().__init__(make, identity, "kava", ks, **options)
        self._application = ApplicationEvents(identity)
        self._muted = False

    @classmethod
    def open(
        cls,
        address: str,
        *,
        queue: Queue = None,
        token: Token = None,
        properties: Properties = None,
    ) -> Self:
        """``kava``, or ``kava:URL`` for another service than ``KALTURA_ANALYTICS_URL``.

        The rest is in the environment: see `playertrack.destinations.kaltura.environment`.
        """
        who = identity_from()
        return cls(
            who,
            queue=queue,
            ks=ks_from(who) if token is None else token,
            url=address or analytics_url(),
            profile=profile_from(),
            properties=properties,
        )

    def emit(self, event: Event) -> Receipt:
        """Queue ``event`` and return at once; any thread may call it (Q-durable)."""
        return self._append(self.name, self._silent if self._muted else self._audible, event)

    def mute(self, muted: bool) -> None:
        """The viewer's sound is off, or on again, from the next event on."""
        self._muted = muted

    def _audible(self, event: Event) -> Item | None:
        self._events.muted = False
        return self._item(event)

    def _silent(self, event: Event) -> Item | None:
        self._events.muted = True
        return self._item(event)

    def _beside(self) -> str:
        return "muted" if self._events.muted else ""

    def _dated(self, event: Event, beside: str) -> Item | None:
        self._events.muted = beside == "muted"
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
