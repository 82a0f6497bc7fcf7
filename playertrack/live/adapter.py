"""The common part of the bindings of real players: from callbacks to a tracker.

An adapter is a `Translator`, which is pure, and a `Binding`, which is not: it listens to a
live player and writes down what it receives as raw records. A callback may do little in a
player, so there it only notes a record. One thread takes the records in order, writes them
to a file if they are to be kept, and feeds the tracker with what the translator makes of
them. A second one asks the player where the player says nothing by itself: an answer may be
long in coming, and the records of the others must not wait for it.
"""

from __future__ import annotations

import atexit
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

from .._log import log as _log
from ..errors import PlayertrackError, SignalError, shorten
from ..policy import Policy
from ..signals import Close, Signal
from ..trace.recording import Translator
from ..trace.translator import TICK, checked_seeker
from .arguments import checked_entry, checked_media, checked_number, checked_seconds, no_tracker
from .media_name import EntryId as EntryId
from .media_name import entry_name as entry_name
from .players import Measured
from .raw_file import RawFile

#: How long (s) a thread is waited for in the end; one that the player holds is left behind.
_PATIENCE = 5.0

#: No records: the name of the media that comes next, and media that has no name as yet.
_NAME, _MEDIA = "name", "media"


#: Which binding measures which player.
_measured = Measured()


@runtime_checkable
class Listener(Protocol):
    """Whom a binding feeds: a `Tracker`."""

    def now(self) -> float:
        """The time (Unix time, s)."""

    def suit(self, policy: Policy) -> None:
        """Know the policy that suits the player."""

    def take_player(self, binding: object) -> None:
        """Be fed by ``binding`` alone, until `leave_player`; PlayertrackError if that cannot be."""

    def leave_player(self, binding: object, at: float) -> None:
        """The player is gone, or measured no longer; another binding may follow."""

    def feed(self, signal: Signal, *, live: bool = False) -> None:
        """Take a signal; ``live``: its ``at`` is what `now` was."""


class Binding(ABC):
    """Keeps one live player measured until it is detached, or the player goes away.

    A context manager; the commands do what the player's own do, and report besides what a
    player does not report by itself. They raise what the player raises, and
    `PlayertrackError` when it is gone. The tracker gets the policy that suits the player, if
    it was made without one. When the binding ends, so does the session, and the tracker may be
    given the program's next player; closing it is its owner's. ``record_raw`` is a file for
    all that was received, for ``playertrack derive --raw``; ``entry_id`` names the media, by
    default `entry_name` does.

    Raises PlayertrackError if ``player``, what identifies the player, is measured already, or
    the tracker cannot be used; TypeError for what is no tracker, and `FieldError`, a ValueError,
    for another argument that cannot be, as the commands do.

    A subclass listens to the player (`_subscribe`), calls `_start` when it is complete, and
    says what each command is. In the player's callbacks it only calls `_note` and `_lose`.
    """

    #: The player's name in raw recordings.
    source: ClassVar[str]

    #: Whether `_ask` has something to ask.
    asks: ClassVar[bool] = False

    def __init__(
        self,
        translator: Translator,
        tracker: Listener,
        *,
        player: Hashable = None,
        entry_id: EntryId = None,
        record_raw: str | Path | None = None,
        interval: float = 0.25,
    ) -> None:
        if not isinstance(tracker, Listener):
            raise no_tracker(tracker)
        checked_entry(entry_id, or_function=True)
        interval = checked_number("interval", interval, "seconds above 0", above=0.0)
        self._key = (self.source, id(self) if player is None else player)
        self._lost = self._detached = False
        self._began = tracker.now()
        self._file: RawFile | None = None
        tracker.take_player(self)
        try:
            _measured.add(self._key, self)
            if record_raw is not None:
                self._file = RawFile(record_raw, self.source, self._began)
        except BaseException:  # raised again: the player is not measured
            _measured.remove(self._key, self)
            tracker.leave_player(self, self._began)
            raise
        tracker.suit(translator.policy)
        self._translator = translator
        self._tracker = tracker
        self._entry_id = entry_id
        self._expected: dict[str, Any] | None = None  # what is known of the media to come
        self._interval = interval
        self._records: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._over = threading.Event()
        self._ended = self._loops = False
        self._lock = threading.Lock()
        #: Held while the player is asked; whoever takes it away waits for the answer.
        self._asking = threading.RLock()
        self._threads: list[threading.Thread] = []

    def __repr__(self) -> str:
        state = "gone" if self._lost else "detached" if self._detached else "attached"
        return f"<{type(self).__name__} {state}>"

    # ---------------------------------------------------------------------- the commands

    def load(self, media: str, entry_id: str | None = None) -> None:
        """Take media, a file or URL, in place of what is there; `play` plays it."""
        checked_media(media)
        if entry_id is not None:
            self.expect(entry_id)
        self._obey("load", lambda: self._load(media))

    def expect(
        self, entry_id: str | None = None, *, part: tuple[float, float | None] | None = None
    ) -> None:
        """The next media that the player takes is called ``entry_id``; say so before it does.

        ``part``: only from there to there (s; None: to its end) is it to be played, as with
        VLC's ``start-time`` and ``stop-time``. Positions then count from the part's start, and
        its length is the duration.
        """
        checked_entry(entry_id)
        if part is not None and not 0.0 <= part[0] < (float("inf") if part[1] is None else part[1]):
            raise ValueError(f"part: {part!r} is not allowed; expected its start and its end (s)")
        self._note(_NAME, name=entry_id, part=None if part is None else list(part))

    def play(self) -> None:
        """Play, go on after a pause, or begin again after the end."""
        self._obey("play", self._play)

    def pause(self) -> None:
        """Pause."""
        self._obey("pause", self._pause)

    def seek(self, position: float, *, by: str | None = None) -> None:
        """Go to ``position`` (s of content); ``by``: viewer, page or player, who wants it."""
        position = checked_seconds("position", position)
        if by is not None:
            self._note("app.by", by=checked_seeker(by))
        self._obey("seek", lambda: self._seek(position))

    @contextmanager
    def seeking(self, target: float, *, by: str | None = None) -> Iterator[None]:
        """The calls of the player in the block are one seek to ``target`` (s of content).

            with binding.seeking(12.0, by="player"):  # the drift is corrected; nobody sought
                player.set_time(12_000)

        A stop, opening the same media anew and a start are part of it, where a program seeks by
        these. ``by`` says who
        wants it, viewer, page or player; what the player does by itself is no SEEK.
        """
        target = checked_seconds("target", target)
        if by is not None:
            checked_seeker(by)
        self._note("app.seeking", args=[target], by=by)
        try:
            yield
        finally:
            self._note("ret.seeking")

    def rate(self, rate: float) -> None:
        """Play ``rate`` times as fast."""
        rate = checked_number("rate", rate, "a finite number")
        self._obey("rate", lambda: self._rate(rate))

    def loop(self, on: bool) -> None:
        """Start again at the end, or stop there."""
        self._obey("loop", lambda: self._loop(on))

    def replay(self) -> None:
        """Start over, wherever playback is."""
        self._obey("replay", self._replay)

    def stop(self) -> None:
        """Give up playback; the player lives on."""
        self._obey("stop", self._stop)

    def detach(self) -> None:
        """Leave the player as it was, and say that it is measured no longer."""
        with self._lock:
            detached, self._detached = self._detached, True
        if detached:
            return
        atexit.unregister(self.detach)
        self._over.set()
        if not self._lost:
            self._await(self._threads[1:])
            self._unsubscribe()
            self._note("app.close", args=[])
        _measured.remove(self._key, self)
        self._records.put(None)
        self._await(self._threads[:1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.detach()

    def _obey(self, name: str, command: Callable[[], None]) -> None:
        if self._over.is_set():
            raise PlayertrackError(f"{name}: the player is gone, or detached")
        command()

    # ------------------------------------------------------------------- of the adapter

    @abstractmethod
    def _subscribe(self) -> None:
        """Subscribe to the player; what it is doing already is noted as if it started now."""

    @abstractmethod
    def _unsubscribe(self) -> None:
        """Unsubscribe, and take back what was changed in the player."""

    def _ask(self) -> None:  # noqa: B027 - not every player has to be asked
        """Note what the player says when it is asked; called each interval, if it ``asks``."""

    def _look_up(self, record: dict[str, Any]) -> Iterable[dict[str, Any]]:
        """Records to put before this one, of what only the player knows; it may be asked.

        Each record comes here before it is translated; so `_opened` can say what media it is
        about, which is not known in a callback.
        """
        return ()

    @abstractmethod
    def _load(self, media: str) -> None: ...

    @abstractmethod
    def _play(self) -> None: ...

    @abstractmethod
    def _pause(self) -> None: ...

    @abstractmethod
    def _seek(self, position: float) -> None: ...

    @abstractmethod
    def _rate(self, rate: float) -> None: ...

    def _loop(self, on: bool) -> None:
        """By itself a player that `asks` replays, once ``_ended`` says that it is at its end."""
        self._loops = on

    @abstractmethod
    def _replay(self) -> None: ...

    @abstractmethod
    def _stop(self) -> None: ...

    # ------------------------------------------------------------------ for the adapter

    def _start(self) -> None:
        """Begin; the last thing that a constructor does."""
        self._begin("translating", self._translate)
        try:
            self._subscribe()
        except BaseException:  # raised again: the player is not measured
            self._detached = True
            _measured.remove(self._key, self)
            self._records.put(None)
            raise
        if self.asks:
            self._begin("asking", self._keep_asking)
        atexit.register(self.detach)

    def _note(self, kind: str, **fields: Any) -> None:
        """Note a callback, now; from any thread, and never waiting for anything."""
        self._records.put({"t": self._tracker.now(), "kind": kind, **fields})

    def _note_media(self, media: str) -> None:
        """Note that ``media`` was set."""
        self._note(_MEDIA, media=media)

    def _lose(self) -> None:
        """The player goes away: ask it nothing any more; from any thread."""
        if not self._over.is_set():
            self._lost = True
            self._over.set()
            _measured.remove(self._key, self)
            self._note("app.close", args=[])
            self._records.put(None)

    def _opened(self, at: float, media: str) -> dict[str, Any]:
        """The record that media was set at ``at``, for `_look_up`.

        It has the name from the events, and neither path nor URL. A name that was given, by
        ``entry_id`` or `expect`, is good for one media.
        """
        known, self._expected = self._expected or {}, None
        name, entry_id = known.get("name"), self._entry_id
        if name is None and isinstance(entry_id, str):
            name, self._entry_id = entry_id, None
        elif name is None and callable(entry_id):
            name = self._guarded("naming", partial(entry_id, media))
        record = {"t": at, "kind": "app.open", "args": [name or entry_name(media)]}
        return record if known.get("part") is None else {**record, "part": known["part"]}

    # ---------------------------------------------------------------------- the threads

    def _begin(self, doing: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=f"{self.source}-{doing}", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _await(self, threads: Iterable[threading.Thread]) -> None:
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(_PATIENCE)

    def _keep_asking(self) -> None:
        over = False
        while not over:
            over = self._over.wait(self._interval)
            with self._asking:
                if self._lost:
                    break
                self._guarded("asking", self._ask)
                if self._ended and self._loops and not over:
                    self._guarded("looping", self._replay)

    def _translate(self) -> None:
        try:
            while (record := self._next()) is not None:
                if record["kind"] == _NAME:
                    self._expected = record
                    continue
                if record["kind"] == _MEDIA:
                    record = self._opened(record["t"], record["media"])
                for each in (*self._guarded("looking up", partial(self._look_up, record)), record):
                    if self._file is not None:
                        self._file.keep(each)
                    self._feed(partial(self._translator.translate, each))
            self._feed(self._translator.finish)
        finally:
            atexit.unregister(self.detach)
            self._tracker.leave_player(self, self._tracker.now())
            if self._file is not None:
                self._file.close()

    def _next(self) -> dict[str, Any] | None:
        """The next record; a tick where nothing came, since time passes for a translator."""
        try:
            return self._records.get(timeout=min(self._interval, TICK))
        except Empty:
            return {"t": self._tracker.now(), "kind": "tick"}

    def _feed(self, make: Callable[[], Iterable[Signal]]) -> None:
        for signal in self._guarded("translating", make):
            if isinstance(signal, Close):
                self._tracker.leave_player(self, signal.at)
            else:
                self._tracker.feed(signal, live=True)

    def _guarded(self, doing: str, call: Callable[[], Any]) -> Any:
        """Call ``call`` and return its value, None if it fails: the player goes on in any case."""
        try:
            return call()
        except SignalError as error:
            _log.warning("%s: %s", self.source, error)
        except Exception as error:
            # A bug of the adapter, or a player that does what it never did before.
            _log.exception("%s: %s failed: %s", self.source, doing, shorten(error))
        return ()
