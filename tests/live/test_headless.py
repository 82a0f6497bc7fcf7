"""The script of a player on the command line."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import ClassVar, cast

from playertrack import Policy, signals
from playertrack.live.adapter import Binding, Listener
from playertrack.live.headless import Headless
from playertrack.signals import Signal


class Late:
    """Reports a pause only when it is over, as after a moment in which nothing ran."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._paused_at: float | None = None
        self.went_on = threading.Event()

    def play(self) -> None:
        if self._paused_at is not None:
            self.say(signals.Pause(at=self._paused_at))
            self.went_on.set()

    def pause(self) -> None:
        self._paused_at = self._listener.now()

    def say(self, signal: Signal) -> None:
        self._listener.feed(signal)

    def detach(self) -> None:
        self._listener.leave_player(self, self._listener.now())


class Player(Headless):
    policy: ClassVar[Policy] = Policy()
    binding: Late

    def _connect(self, listener: Listener, record_raw: str | Path | None) -> Binding:
        self.binding = Late(listener)
        return cast("Binding", self.binding)

    def _release(self) -> None:
        pass


def test_pause_that_is_reported_when_it_is_over_does_not_end_the_script() -> None:
    received: list[Signal] = []
    player = Player(received.append)
    player.at(0.0, "pause")
    player.at(0.0, "play")
    player.play()
    assert player.binding.went_on.wait(20.0)
    assert not player.wait(0.0)
    player.binding.say(signals.Ended(at=received[-1].at + 1.0))
    assert player.wait(20.0)
    player.close()
    assert [signal.name for signal in received] == ["pause", "ended", "close"]
