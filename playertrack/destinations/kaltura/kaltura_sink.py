"""The common part of the sinks that deliver to Kaltura."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self, Unpack

from ...delivery import DeliveryError
from ...delivery.auth import TokenSource
from ...errors import PlayertrackError
from ...sinks.base import SinkError
from ..sink import DeliverySink, Properties, Queue, SinkOptions, Token
from .destination import KalturaDestination
from .environment import identity_from, ks_from, profile_from
from .identity import Identity
from .ks import ks_provider
from .profile import WireProfile

#: What a KS may come from; see `ks_provider`.
KS = str | Callable[[], Any] | TokenSource | None

_ANOTHER = (
    "that of the sink of the same identity which is open: a function that gives the KS of now, "
    "or, for another application, an identity with a name"
)


class KalturaOptions(SinkOptions, total=False):
    """The options of the sinks of Kaltura, besides an identity.

    ``ks``: a KS, a function that gives one, or a provider of `playertrack.destinations.kaltura.ks`;
    None: none is sent. ``url``: the service's address, None for that of Kaltura. ``profile``
    says what the requests look like, None for `WireProfile` as it is.
    """

    ks: KS
    url: str | None
    profile: WireProfile | None


class KalturaSink(DeliverySink):
    """Delivers the events of one identity to one service, with its KS."""

    #: How the service is called in ``--sink``, what makes its requests (of identity, profile and
    #: url), and where its address is by default and by the environment.
    kind: ClassVar[str]
    requests: ClassVar[Callable[..., KalturaDestination[Any]]]
    default_url: ClassVar[str]
    url_from: ClassVar[Callable[[], str]]

    def __init__(
        self,
        identity: Identity,
        *,
        ks: KS = None,
        url: str | None = None,
        profile: WireProfile | None = None,
        **options: Unpack[SinkOptions],
    ) -> None:
        self.identity = identity
        kind = self.kind
        try:
            address = self.default_url if url is None else url
            destination = type(self).requests(identity, profile, url=address)
            name, provider = f"{kind}:{identity.key}", ks_provider(ks)
            super().__init__(name, destination, token=provider, **options)
        except SinkError as error:
            cause = error.__cause__
            if isinstance(cause, DeliveryError) and cause.field == "token":
                raise SinkError(f"{kind}: {DeliveryError('ks', '…', _ANOTHER)}") from cause
            raise
        except PlayertrackError as error:
            raise SinkError(f"{kind}: {error}") from error

    @classmethod
    def open(
        cls,
        address: str,
        *,
        queue: Queue = None,
        token: Token = None,
        properties: Properties = None,
    ) -> Self:
        """``stats`` or ``kava``, or ``stats:URL`` for another service than the environment's.

        The rest is in the environment: see `playertrack.destinations.kaltura.environment`.
        """
        who = identity_from()
        return cls(
            who,
            queue=queue,
            ks=ks_from(who) if token is None else token,
            url=address or cls.url_from(),
            profile=profile_from(),
            properties=properties,
        )
