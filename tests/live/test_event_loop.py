"""Bindings of players that live in an event loop, with loops of asyncio and GLib."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Protocol

import pytest

from playertrack import PlayertrackError, Policy, signals
from playertrack.live import event_loop
from playertrack.live.event_loop import AsyncioBinding, GLibBinding, LoopBinding, LoopError
from playertrack.signals import Signal
from playertrack.testing.witness import Witness

TIMEOUT = 60.0


class Player:
    """It may be called on one thread alone."""

    def __init__(self, thread: int) -> None:
        self._thread = thread
        self.callback: Callable[[str], None] | None = None
        self.called: list[str] = []

    def do(self, name: str) -> None:
        assert threading.get_ident() == self._thread, f"{name} on another thread"
        if name == "seek":
            raise ValueError("it cannot seek")
        self.called.append(name)
        if self.callback is not None:
            self.callback(name)


class Translator:
    policy: ClassVar[Policy] = Policy()

    def translate(self, record: dict[str, Any]) -> list[Signal]:
        at = record["t"]
        match record["kind"]:
            case "load":
                return [signals.Loaded(at=at, entry_id="1_video", duration=60.0)]
            case "play":
                return [signals.Play(at=at), signals.Playing(at=at)]
            case "pause":
                return [signals.Pause(at=at)]
            case "app.close":
                return [signals.Close(at=at)]
        return []

    def finish(self) -> list[Signal]:
        return []


class ToyBinding(LoopBinding):
    source = "toy"

    def __init__(self, player: Player, tracker: Any, **options: Any) -> None:
        super().__init__(Translator(), tracker, **options)
        self._player = player
        self._start()

    def _connect(self) -> None:
        self._player.do("connect")
        self._player.callback = self._note

    def _disconnect(self) -> None:
        self._player.callback = None
        self._player.do("disconnect")

    def _load(self, media: str) -> None:
        self._player.do("load")

    def _play(self) -> None:
        self._player.do("play")

    def _pause(self) -> None:
        self._player.do("pause")

    def _seek(self, position: float) -> None:
        self._player.do("seek")

    def _rate(self, rate: float) -> None:
        self._player.do("rate")

    def _replay(self) -> None:
        self._player.do("replay")

    def _stop(self) -> None:
        self._player.do("stop")


class OnAsyncio(ToyBinding, AsyncioBinding): ...


class OnGLib(ToyBinding, GLibBinding): ...


class Loop(Protocol):
    """A loop that runs in a thread of its own."""

    def track(self, tracker: Any, **options: Any) -> LoopBinding: ...
    def call(self, call: Callable[[], None]) -> None: ...
    def close(self) -> None: ...
    @property
    def player(self) -> Player: ...


class AsyncioLoop:
    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        assert self._thread.ident is not None
        self.player = Player(self._thread.ident)

    def track(self, tracker: Any, **options: Any) -> LoopBinding:
        return OnAsyncio(self.player, tracker, loop=self._loop, **options)

    def call(self, call: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(call)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class GLibLoop:
    def __init__(self) -> None:
        from gi.repository import GLib

        self._context = GLib.MainContext.new()
        self._loop = GLib.MainLoop.new(self._context, False)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._thread.ident is not None
        self.player = Player(self._thread.ident)

    def _run(self) -> None:
        self._context.push_thread_default()
        self._loop.run()

    def track(self, tracker: Any, **options: Any) -> LoopBinding:
        return OnGLib(self.player, tracker, context=self._context, **options)

    def call(self, call: Callable[[], None]) -> None:
        from gi.repository import GLib

        source = GLib.Idle()
        source.set_callback(lambda *_: call())
        source.attach(self._context)

    def close(self) -> None:
        self.call(self._loop.quit)
        self._thread.join()


@pytest.fixture(params=[AsyncioLoop, GLibLoop])
def loop(request: pytest.FixtureRequest) -> Iterator[Loop]:
    try:
        made = request.param()
    except ImportError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    yield made
    made.close()


def on_loop(loop: Loop, call: Callable[[], None]) -> None:
    """Do it on the loop's thread, and raise what it raises."""
    done, failed = threading.Event(), list[BaseException]()

    def perform() -> None:
        try:
            call()
        except BaseException as error:
            failed.append(error)
        done.set()

    loop.call(perform)
    assert done.wait(TIMEOUT), "the loop stands still"
    if failed:
        raise failed[0]


def test_commands_of_other_threads_are_handed_over(loop: Loop) -> None:
    with Witness() as witness, loop.track(witness.tracker) as binding:
        binding.load("clip.mp4")
        binding.play()
        witness.until("PLAY")
        with pytest.raises(ValueError, match="cannot seek"):
            binding.seek(3.0)
    assert loop.player.called == ["connect", "load", "play", "disconnect"]
    assert witness.signals[-1].name == "close"


def test_commands_on_the_loops_own_thread_are_done_at_once(loop: Loop) -> None:
    def drive() -> None:
        with loop.track(witness.tracker) as binding:
            binding.load("clip.mp4")
            binding.play()
            assert loop.player.called == ["connect", "load", "play"]

    with Witness() as witness:
        on_loop(loop, drive)
        witness.until("PLAY")
    assert loop.player.called == ["connect", "load", "play", "disconnect"]


def test_detaching_does_not_hold_the_loop(loop: Loop) -> None:
    """Whoever takes the signals is stuck until the loop, which detaches, lets them go on."""
    released = threading.Event()

    class Stuck(Translator):
        def translate(self, record: dict[str, Any]) -> list[Signal]:
            assert released.wait(TIMEOUT)
            return super().translate(record)

    with Witness() as witness:
        binding = loop.track(witness.tracker)
        binding._translator = Stuck()
        binding.load("clip.mp4")
        on_loop(loop, binding.detach)
        released.set()
        witness.until_signal("stop")


def test_loop_that_does_not_run_is_said(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    holding, held = threading.Event(), threading.Event()

    def hold() -> None:
        holding.set()
        held.wait(TIMEOUT)

    with Witness() as witness:
        binding = loop.track(witness.tracker)
        loop.call(hold)
        assert holding.wait(TIMEOUT)
        monkeypatch.setattr(event_loop, "_PATIENCE", 0.1)
        with pytest.raises(LoopError, match="play: the player's event loop took no command"):
            binding.play()
        binding.detach()
        held.set()
        with pytest.raises(PlayertrackError, match="gone, or detached"):
            binding.play()
        assert "play" not in loop.player.called


def test_loop_that_is_closed_is_no_reason_to_fail_in_the_end() -> None:
    loop = AsyncioLoop()
    with Witness() as witness:
        binding = loop.track(witness.tracker)
        loop.close()
        with pytest.raises(LoopError, match="is closed"):
            binding.play()
        binding.detach()
    assert witness.signals[-1].name == "close"
