"""Makes recordings by hand, of what a player was seen to do where no recording is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import attrs

from playertrack import Engine, Event, Policy
from playertrack.signals import Signal
from playertrack_chromecast import Translator as ChromecastTranslator
from playertrack_gstreamer import GstPlayTranslator
from playertrack_gstreamer import Translator as PlaybinTranslator
from playertrack_html5 import Translator as Html5Translator
from playertrack_kodi import Translator as KodiTranslator
from playertrack_mpris import Translator as MprisTranslator
from playertrack_mpv import Translator as MpvTranslator
from playertrack_qt import Translator as QtTranslator
from playertrack_vlc import Translator as VlcTranslator

Record = dict[str, Any]


class Translating(Protocol):
    """The interface of every translator."""

    @property
    def policy(self) -> Policy: ...

    def translate(self, record: Record) -> list[Signal]: ...

    def finish(self) -> list[Signal]: ...


#: By the names under which the command line knows them.
TRANSLATORS: dict[str, Callable[[], Translating]] = {
    "vlc": VlcTranslator,
    "mpv": MpvTranslator,
    "gstreamer": PlaybinTranslator,
    "gstplay": GstPlayTranslator,
    "html5": Html5Translator,
    "qt": QtTranslator,
    "kodi": KodiTranslator,
    "mpris": MprisTranslator,
    "chromecast": ChromecastTranslator,
}


def signals_of(player: str, records: Iterable[Record]) -> Iterator[Signal]:
    translator = TRANSLATORS[player]()
    for record in records:
        yield from translator.translate(record)
    yield from translator.finish()


def derive(player: str, records: Iterable[Record], *, timers: bool = False) -> list[Event]:
    """All events of a recording but VIEW; with ``timers``, which end before what comes late."""
    translator = TRANSLATORS[player]()
    engine = Engine(policy=attrs.evolve(translator.policy, view_interval=None))
    events: list[Event] = []

    def feed(signals: Iterable[Signal]) -> None:
        events.extend(event for signal in signals for event in engine.feed(signal))

    for record in records:
        while timers and (due := engine.next_timer()) is not None and due <= record["t"]:
            events += engine.tick(due)
        feed(translator.translate(record))
    feed(translator.finish())
    return [*events, *engine.close()]


def names(events: Iterable[Event]) -> list[str]:
    return [event.event for event in events]


#: How a session begins that is played at once.
START = ["WIDGET_LOADED", "MEDIA_LOADED", "PLAY_REQUEST", "PLAY", "FIRST_PLAY"]


def after_start(events: list[Event]) -> list[str]:
    """The names of all events after those of a start."""
    assert names(events)[: len(START)] == START
    return names(events)[len(START) :]


def only(name: str, events: Iterable[Event]) -> Any:
    """The one event of that name."""
    (found,) = (event for event in events if event.event == name)
    return found


class Tape(list[Record]):
    """A recording, written record by record; ``at_position`` makes the record of a position."""

    def __init__(self, at_position: Callable[[float, float], Record]) -> None:
        super().__init__()
        self._at_position = at_position

    def add(self, t: float, kind: str, **fields: Any) -> Tape:
        self.append({"t": t, "kind": kind, **fields})
        return self

    def command(self, t: float, name: str, *args: float | str) -> Tape:
        return self.add(t, f"app.{name}", args=list(args))

    def at(self, t: float, position: float) -> Tape:
        self.append(self._at_position(t, position))
        return self

    def play(self, t: float, a: float, b: float, step: float = 0.25) -> Tape:
        """Natural playback from ``a`` at ``t`` to ``b``, reported every ``step`` seconds."""
        for n in range(1, round((b - a) / step) + 1):
            self.at(t + n * step, a + n * step)
        return self
