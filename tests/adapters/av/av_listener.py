"""Listens to the player on PyAV.

Most is played at a speed of `inf`, so that a clip takes as long as it takes to decode.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from math import inf
from pathlib import Path

from playertrack import signals
from playertrack.signals import Signal
from playertrack_av import AvPlayer

DURATION = 12.0


class Received:
    """The signals of a player, to be waited for.

    What ``at_ready`` commands comes before anything the first command brings about.
    """

    def __init__(self, at_ready: Callable[[], None] = lambda: None) -> None:
        self.signals: list[Signal] = []
        #: Where nothing makes it stall, a busy machine may, by decoding late: `names` has no word
        #: of that.
        self.never_stalls = False
        self._at_ready = at_ready
        self._changed = threading.Condition()

    def __call__(self, signal: Signal) -> None:
        with self._changed:
            self.signals.append(signal)
            self._changed.notify_all()
        if signal.name == "ready":
            self._at_ready()

    def until(self, name: str, timeout: float = 30.0) -> Signal:
        """The first signal of that name, as soon as there is one."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.has(name), timeout), self.names
            return self[name]

    def has(self, name: str) -> bool:
        return any(signal.name == name for signal in self.signals)

    @property
    def names(self) -> list[str]:
        """All but the updates of the position."""
        other = {"timeupdate", *(("stall", "stall_end") if self.never_stalls else ())}
        return [s.name for s in self.signals if s.name not in other]

    @property
    def updates(self) -> list[signals.TimeUpdate]:
        return [s for s in self.signals if isinstance(s, signals.TimeUpdate)]

    def __getitem__(self, name: str) -> Signal:
        return next(s for s in self.signals if s.name == name)

    def between(self, first: Signal, last: Signal) -> list[Signal]:
        return self.signals[self.signals.index(first) + 1 : self.signals.index(last)]


Cue = tuple[float, str] | tuple[float, str, float | bool]


def played(
    media: str | Path, cues: Iterable[Cue] = (), *, loop: bool = False, timeout: float = 10.0
) -> Received:
    """The signals for the media from its start until nothing happened any more."""

    def start() -> None:
        player.play()

    received, cues = Received(start), list(cues)
    received.never_stalls = all(cue[1] != "stall" for cue in cues)
    with AvPlayer(received, speed=inf, timeout=timeout) as player:
        for cue in cues:
            player.at(*cue)
        player.load(str(media), loop=loop)
        assert player.wait(60), received.names
    return received
