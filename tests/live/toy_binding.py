"""A binding to a player that is not there, for tests of what all bindings share."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from playertrack import Policy, SignalError, Tracker, signals
from playertrack.live.adapter import Binding
from playertrack.signals import Signal

TIMEOUT = 60.0


class Words:
    """A translator of records that name a signal."""

    policy: ClassVar[Policy] = Policy(infer_seeks=False, jump_tolerance=2.0)

    def translate(self, record: dict[str, Any]) -> Sequence[Signal]:
        at = record["t"]
        match record["kind"]:
            case "app.open":
                return [signals.Loaded(at=at, entry_id=record["args"][0], duration=100.0)]
            case "playing":
                return [signals.Playing(at=at)]
            case "at":
                return [signals.TimeUpdate(at=at, position=record["position"])]
            case "app.close":
                return [signals.Close(at=at)]
            case "bad":
                raise SignalError("t", at, "something else")
            case "bug":
                raise ZeroDivisionError("a bug")
        return []

    def finish(self) -> Sequence[Signal]:
        return []


class Toy(Binding):
    """``calls`` is what it was asked to do, and what `_ask` answers with is ``position``."""

    source = "toy"

    def __init__(self, tracker: Tracker, *, asks: bool = False, **options: Any) -> None:
        super().__init__(Words(), tracker, **options)
        self.calls: list[str] = []
        self.asks = asks  # type: ignore[misc] # a toy for tests of both kinds
        self.position = 0.0
        self.answers = threading.Event()
        self.asked = threading.Event()
        self.answers.set()
        self._start()

    def _subscribe(self) -> None:
        self.calls.append("subscribe")

    def _unsubscribe(self) -> None:
        self.calls.append("unsubscribe")

    def _ask(self) -> None:
        self.asked.set()
        assert self.answers.wait(TIMEOUT)
        self.say("at", position=self.position)

    def _look_up(self, record: dict[str, Any]) -> Iterable[dict[str, Any]]:
        if record["kind"] != "changed":
            return ()
        return (self._opened(record["t"], record["media"]),)

    def say(self, kind: str, **fields: Any) -> None:
        self._note(kind, **fields)

    def die(self) -> None:
        self._lose()

    def _load(self, media: str) -> None:
        self.say("changed", media=media)

    def _play(self) -> None:
        self.calls.append("play")

    def _pause(self) -> None:
        self.calls.append("pause")

    def _seek(self, position: float) -> None:
        self.calls.append(f"seek {position}")

    def _rate(self, rate: float) -> None:
        self.calls.append(f"rate {rate}")

    def _loop(self, on: bool) -> None:
        self.calls.append(f"loop {on}")

    def _replay(self) -> None:
        self.calls.append("replay")

    def _stop(self) -> None:
        self.calls.append("stop")


class SignalLog(list[Signal]):
    """The signals that reached the tracker, to be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()

    def __call__(self, signal: Signal) -> None:
        with self._changed:
            self.append(signal)
            self._changed.notify_all()

    def until(self, name: str) -> Signal:
        with self._changed:
            assert self._changed.wait_for(lambda: self.named(name), TIMEOUT), list(self)
            return self.named(name)[0]

    def named(self, name: str) -> list[Signal]:
        return [signal for signal in self if signal.name == name]
