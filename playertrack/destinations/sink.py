"""The sink of any destination: queues its events durably and delivers them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from functools import partial
from os import PathLike
from shlex import quote
from typing import TYPE_CHECKING, Any, Self, TypedDict, Unpack

from ..delivery import DEFAULT_SETTINGS, DeliverySettings, Destination, Route, Sender, share
from ..delivery.auth import AskedTokens, TokenSource, token_source
from ..delivery.encoding import Encoding
from ..delivery.metrics import openmetrics
from ..delivery.protocol import SessionDestination, no_properties
from ..delivery.redaction import holds_a_secret
from ..delivery.status import Status
from ..errors import PlayertrackError
from ..events import Event
from ..outbox import Counts, Encode, Receipt
from ..sinks.base import SinkError

if TYPE_CHECKING:
    import aiohttp

#: Where the queue of a sink is, or the `Sender` that it shares with others; None: in memory.
Queue = str | PathLike[str] | Sender | None

#: What a token may come from: its text, a function that gives it, or a source.
Token = str | Callable[[], Any] | TokenSource | None


#: Custom properties of all events, or a function that gives those of one.
Properties = Mapping[str, Any] | Callable[[Event], Mapping[str, Any]] | None

_PROPERTIES = "PLAYERTRACK_PROPERTIES"


class SinkOptions(TypedDict, total=False):
    """How a sink delivers, whatever its destination.

    ``queue``: the directory of the queue, which sinks of this and other processes may share
    (of the other options it has those of its first sink then); without one it is in memory.
    ``settings`` say how events are sent; ``durability`` is ``group``, ``sync`` (`emit` waits
    for the disk) or ``memory``. With ``session`` its loop sends, in which the sink has to be
    made. ``properties`` are custom ones, for all events or as a function of one; without them
    those of ``PLAYERTRACK_PROPERTIES`` (a JSON object) are taken.
    """

    queue: Queue
    settings: DeliverySettings
    durability: str
    session: aiohttp.ClientSession | None
    properties: Properties


class DeliverySink:
    """Queues events durably and delivers them to ``destination``.

        sink = DeliverySink("http:https://example.com/in", HttpDestination("https://example.com/in"))

    ``name`` is what the queue calls the destination, ``NAME:URL``. ``token`` is a token, or a
    function that gives one, and is asked again when a server refuses it; without one the
    destination's own `Destination.token` is asked. Raises `SinkError` for what cannot be used.
    """

    def __init__(
        self,
        name: str,
        destination: Destination,
        *,
        token: Token = None,
        **options: Unpack[SinkOptions],
    ) -> None:
        #: What the queue calls the destination.
        self.name = name
        #: The destination's name alone, as ``http`` or ``stats``.
        self.service = name.partition(":")[0]
        if holds_a_secret(name):  # it is stored and shown
            raise SinkError(
                f"{self.service}: its URL contains a secret; secrets belong in the environment"
            )
        self.destination = destination
        self._delivered: bool | None = None
        properties = options.get("properties")
        destination.properties_of = properties_of(properties)
        queue = options.get("queue")
        self._shared = not isinstance(queue, Sender)
        try:
            if isinstance(queue, Sender):
                self.sender = queue
            else:
                durability = "memory" if queue is None else options.get("durability", "group")
                self.sender = share(
                    queue,
                    settings=options.get("settings", DEFAULT_SETTINGS),
                    durability=durability,
                    session=options.get("session"),
                )
            if isinstance(destination, SessionDestination):
                destination.sessions.recall = partial(self.sender.outbox.recall, name)
            tokens = token_source(token) or _own_tokens(destination)
            self._encoding = Encoding(
                destination,
                properties if callable(properties) else None,
                patience=self.sender.settings.timeout,
                ready=self.sender.outbox.encode_held,
            )
            self.sender.outbox.undated.encoders[name] = self._encoding.item
            self.sender.add(
                Route(
                    name=name,
                    destination=destination,
                    tokens=tokens,
                    encoding_trouble=self._encoding.trouble,
                )
            )
        except PlayertrackError as error:
            raise SinkError(f"{self.service}: {error}") from error
        self.returns_at_once = self.sender.outbox.durability != "sync"
        self._append: Callable[..., Receipt] = self._append_first

    @classmethod
    def open(
        cls,
        address: str,
        *,
        queue: Queue = None,
        token: Token = None,
        properties: Properties = None,
    ) -> Self:
        """Open it by name; the sinks that need more than an address know how."""
        raise NotImplementedError

    def emit(self, event: Event) -> Receipt:
        """Queue ``event`` and return at once; any thread may call it (Q-durable).

        With ``durability="sync"`` it waits until the event is durable. It never raises.
        """
        return self._append(self.name, self._encoding.item, event)

    def _append_first(self, name: str, encode: Encode, event: Event, beside: str = "") -> Receipt:
        # From then on what a player waits for is as short as it can be.
        self._append = self.sender.outbox.append
        return self.sender.put(name, encode, event, beside)

    def counts(self, timeout: float | None = None) -> Counts:
        """The fate of the events so far (Q-total); raises `TimeoutError`."""
        return self.sender.standing(self.name, timeout).counts

    def status(self, timeout: float | None = None) -> Status:
        """The fate of the events, the destination's health, and why; raises `TimeoutError`."""
        return self.sender.status(self.name, timeout)

    def metrics(self, timeout: float | None = None) -> str:
        """Its status in the OpenMetrics text format; raises `TimeoutError`."""
        return openmetrics([self.status(timeout)])

    def left(self) -> str | None:
        """A message on undelivered events: why they wait, what to do; None if there are none."""
        try:
            waiting = self.counts(1.0).pending
        except TimeoutError as error:
            return f"{self.service}: it cannot be said what is left: {error}"
        if not waiting:
            return None
        trouble = self.sender.trouble(self.name)
        why = "" if trouble is None else f" ({trouble})"
        events = "1 event is" if waiting == 1 else f"{waiting} events are"
        return f"{self.service}: {events} not delivered{why}: {self._where()}"

    def _where(self) -> str:
        """Where is what waits, and what can be done with it."""
        directory, trouble = self.sender.directory, self.sender.disk_trouble
        if directory is None:
            return "they are in memory, and lost at the end; a queue directory would keep them"
        if trouble is not None:
            return f"{directory} cannot be written ({trouble}), and what is not there is lost"
        return f"to send what is in the queue: playertrack queue flush {quote(str(directory))}"

    def wait_for_room(self, timeout: float) -> bool:
        """Wait until the queue has room; False if it has none after ``timeout`` seconds.

        `emit` never waits, so a queue that is full drops events (Q-bounded). A program that has
        thousands of events at once calls this after every few hundred.
        """
        return self.sender.wait_for_room(timeout)

    def flush(self, timeout: float) -> bool:
        """Deliver what is there within ``timeout`` seconds; True if nothing is left."""
        return self.sender.flush(timeout, [self.name])

    def resume(self) -> None:
        """Go on after a pause, as when an address or a token was put right."""
        self.sender.resume([self.name])

    def close(self, timeout: float) -> bool:
        """Make all durable, deliver what can be in time; True if nothing is left (Q-close).

        A `Sender` that was given stays open.
        """
        if self._delivered is None:
            if self._shared:
                self._delivered = self.sender.leave([self.name], timeout)
            else:
                self._delivered = self.sender.flush(timeout, [self.name])
                self.sender.drop([self.name])
            self._encoding.close()
        return self._delivered


def properties_of(given: Properties) -> Callable[[Event], Mapping[str, Any]]:
    """A function for an event's custom properties; raises `SinkError` for unusable ones."""
    if callable(given):
        return given
    if given is None:
        text = os.environ.get(_PROPERTIES)
        if not text:
            return no_properties
        try:
            given = json.loads(text)
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise SinkError(f'{_PROPERTIES} is not a JSON object, as {{"device": "lobby"}}')
    if not isinstance(given, Mapping):
        raise SinkError(f"properties: a {type(given).__name__} is neither a mapping nor a function")
    properties = dict(given)
    return lambda event: properties


def _own_tokens(destination: Destination) -> TokenSource | None:
    """The destination's own token source; None if it cannot have any."""
    if type(destination).token is Destination.token:
        return None
    return AskedTokens(destination.token, type(destination))


def open_destination(
    name: str,
    found: Callable[..., Any],
    address: str,
    *,
    queue: Queue = None,
    token: Token = None,
    properties: Properties = None,
) -> DeliverySink:
    """The sink of what was found under ``name``: a destination, or a sink with its own `open`.

    Raises `SinkError`.
    """
    make: Callable[[str], Destination] = found
    if isinstance(found, type) and issubclass(found, DeliverySink):
        return found.open(address, queue=queue, token=token, properties=properties)
    if not address:
        raise SinkError(f"{name} needs an address, as in {name}:https://example.com/events")
    try:
        destination = make(address)
    except (PlayertrackError, ValueError) as error:
        raise SinkError(f"{name}: {error}") from error
    return DeliverySink(
        f"{name}:{address}", destination, queue=queue, token=token, properties=properties
    )
