"""The common part of the sinks that deliver to Kaltura."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

from ...delivery import DeliveryError
from ...delivery.auth import TokenSource
from ...errors import PlayertrackError
from ...sinks.base import SinkError
from ..sink import DeliverySink, SinkOptions
from .destination import KalturaDestination
from .identity import Identity
from .ks import ks_provider

#: What a KS may come from; see `ks_provider`.
KS = str | Callable[[], Any] | TokenSource | None

_ANOTHER = (
    "that of the sink of the same identity which is open: a function that gives the KS of now, "
    "or, for another application, an identity with a name"
)


class KalturaSink(DeliverySink):
    """Delivers the events of one identity to one service, with its KS."""

    def __init__(
        self,
        make: Callable[[], KalturaDestination],
        identity: Identity,
        service: str,
        ks: KS,
        **options: Unpack[SinkOptions],
    ) -> None:
        self.identity = identity
        try:
            destination, provider = make(), ks_provider(ks)
            super().__init__(f"{service}:{identity.key}", destination, token=provider, **options)
        except SinkError as error:
            cause = error.__cause__
            if isinstance(cause, DeliveryError) and cause.field == "token":
                raise SinkError(f"{service}: {DeliveryError('ks', '…', _ANOTHER)}") from cause
            raise
        except PlayertrackError as error:
            raise SinkError(f"{service}: {error}") from error
