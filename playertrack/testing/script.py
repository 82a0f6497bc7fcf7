"""A player that follows a script at once: no media, no clock, no threads.

Its methods are named after what a viewer does, or what happens to the player. Each returns the
player, so calls can be chained. Time passes only in the story, and the updates that a real player
would send on the way are generated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import inf
from pathlib import Path
from random import Random
from typing import Any, Literal, Self, get_args

import attrs

from ..core.engine import Engine
from ..errors import PlayertrackError
from ..events import Event
from ..policy import Policy
from ..signals import Signal, from_record
from ..trace.codec import encode_signal

#: What players get wrong; see `ScriptedPlayer.faults`.
Fault = Literal[
    "silent_seek",
    "no_seeked",
    "waiting_before_seeking",
    "pause_before_ended",
    "frozen_clock",
    "late_updates",
    "doubled_signals",
    "pause_around_seek",
    "steps_of_a_drag",
    "one_wrong_position",
    "reset_before_load",
    "stale_after_load",
]

#: How far (s) behind the playhead an update may be at most, where updates are late.
_LATEST = 0.4


class ScriptError(PlayertrackError, ValueError):
    """A story that cannot be: what nothing plays cannot be watched."""


@attrs.define
class Seen:
    """The parts really played in one playback, whatever the player reported.

    ``stretches``: what was played, in content positions (s), in the order of time; ``seconds``
    of the viewer's life spent on them; ``stalls``: how long (s) each took.
    """

    stretches: list[tuple[float, float]] = attrs.field(factory=list)
    seconds: float = 0.0
    stalls: list[float] = attrs.field(factory=list)
    seeks: int = 0
    pauses: int = 0


class ScriptedPlayer:
    """A player of media of ``duration`` seconds (None: unknown, as of a live stream).

        play = ScriptedPlayer(duration=100)
        play.load().play().watch(30).seek(60).stall(2).watch(to=100).end()

    `signals` is what it sent, `events` what comes of them under ``policy``, and `seen` what was
    really played. It sends an update ``every`` so many seconds, give or take ``jitter``; the
    same ``seed`` gives the same signals. ``start`` is the Unix time of the beginning. A method
    that takes ``seconds`` lets so many pass. Raises `ScriptError` for a story that cannot be,
    and `SignalError` for a value that no signal may have.
    """

    def __init__(
        self,
        duration: float | None = 100.0,
        *,
        entry_id: str = "1_story",
        policy: Policy | None = None,
        every: float = 0.25,
        jitter: float = 0.02,
        seed: int = 0,
        start: float = 0.0,
        faults: Iterable[Fault] = (),
    ) -> None:
        if not 0.0 <= jitter < every < inf:
            raise ScriptError(f"updates every {every} s cannot be {jitter} s early")
        self.duration = duration
        self.entry_id = entry_id
        self.policy = Policy() if policy is None else policy
        self.seen: list[Seen] = []
        self.now = start
        self.position = 0.0
        self._signals: list[Signal] = []
        self._every, self._jitter = every, jitter
        self._random = Random(seed)
        self._rate = 1.0
        self._loaded = self._plays = self._began = self._ended = False
        self._faults: frozenset[Fault] = frozenset()
        self.faults(*faults)

    def __repr__(self) -> str:
        does = "plays" if self._plays else "ended" if self._ended else "waits"
        return f"<ScriptedPlayer {does} at {self.position:g} after {len(self._signals)} signals>"

    # --------------------------------------------------------------------- what came of it

    @property
    def signals(self) -> list[Signal]:
        """The signals that it sent so far."""
        return list(self._signals)

    @property
    def events(self) -> list[Event]:
        """The events of its signals, as if it went away now."""
        engine = Engine(policy=self.policy)
        events = [event for signal in self._signals for event in engine.feed(signal)]
        return events + list(engine.close())

    def write(self, path: str | Path) -> Self:
        """Write the signals as a trace."""
        lines = [encode_signal(signal) + b"\n" for signal in self._signals]
        Path(path).write_bytes(b"".join(lines))
        return self

    def __iter__(self) -> Iterator[Signal]:
        return iter(self.signals)

    # --------------------------------------------------------------- what it does by itself

    def faults(self, *names: Fault) -> Self:
        """From here on it has these faults, and no others.

        ``silent_seek``: seeks are not reported, only their place is. ``no_seeked``: seeks
        begin, and their end is not reported. ``waiting_before_seeking``: a seek looks like a
        stall first. ``pause_before_ended``: it pauses at the end. ``frozen_clock``: instead of
        a stall it reports that it stays where it is. ``late_updates``: updates say where it
        was a moment ago. ``doubled_signals``: every signal is sent twice.
        """
        if unknown := set(names) - set(get_args(Fault)):
            known = ", ".join(get_args(Fault))
            raise ScriptError(f"no fault {', '.join(sorted(unknown))}; there are {known}")
        self._faults = frozenset(names)
        return self

    def say(self, name: str, **fields: Any) -> Self:
        """Send any signal, now; nothing else changes."""
        signal = from_record({"signal": name, "at": self.now, **fields})
        self._signals += [signal] * (2 if "doubled_signals" in self._faults else 1)
        return self

    def wait(self, seconds: float) -> Self:
        """Let time pass in which nothing happens."""
        if not 0.0 <= seconds < inf:
            raise ScriptError(f"{seconds} s cannot pass")
        self.now = _tidy(self.now + seconds)
        return self

    def load(
        self, entry_id: str | None = None, duration: float | None = None, **fields: bool
    ) -> Self:
        """Media are loaded, the first or the next; ``fields`` are those of `Loaded`."""
        if not self._loaded:
            self.say("ready")
        before, played = self.position, self._began
        if played and "reset_before_load" in self._faults:
            self.say("timeupdate", position=0.0)
        self.entry_id = entry_id or self.entry_id
        self.duration = self.duration if duration is None else duration
        self.position = 0.0
        self._loaded = True
        self._plays = self._began = self._ended = False
        self.say("loaded", entry_id=self.entry_id, duration=self.duration, **fields)
        if played and "stale_after_load" in self._faults:
            self.wait(0.1).say("timeupdate", position=_tidy(before + 0.1))
        return self

    def end(self) -> Self:
        """Play what is left and come to the end; unknown where that is, it is here."""
        self._wants_to_play("end")
        if self.duration is not None and self.position < self.duration:
            self.watch(to=self.duration)
        if "pause_before_ended" in self._faults:
            self.say("pause", position=self.position)
        self.say("ended", position=self.position)
        self._plays, self._ended = False, True
        return self

    def stall(self, seconds: float) -> Self:
        """Playback waits for data."""
        self._wants_to_play("stall")
        if "frozen_clock" in self._faults:
            until = _tidy(self.now + seconds)
            while self.now < until:
                self.wait(min(self._step(), until - self.now))
                self.say("timeupdate", position=self.position)
        else:
            self.say("stall", position=self.position)
            self.wait(seconds)
            self.say("stall_end", position=self.position)
        self.seen[-1].stalls.append(seconds)
        return self

    def ad(self, seconds: float = 10.0, slot: str = "midroll") -> Self:
        """An ad is shown, and the content goes on after it."""
        self._wants("loaded", self._loaded, "ad")
        self.say("ad_start", slot=slot, duration=seconds)
        for part in (0.25, 0.5, 0.75, 1.0):
            self.wait(seconds / 4)
            self.say("ad_progress", position=seconds * part)
        self.say("ad_end")
        if self._plays:
            self.wait(0.1)
            self.say("timeupdate", position=self.position)
        return self

    def error(self, code: str = "MEDIA_ERR_DECODE", *, fatal: bool = True) -> Self:
        """Something goes wrong; nothing plays after a fatal error."""
        self.say("error", code=code, fatal=fatal, position=self.position)
        self._plays = self._plays and not fatal
        return self

    # ----------------------------------------------------------------- what the viewer does

    def play(self, seconds: float = 0.1) -> Self:
        """Begin to play, go on after a pause, or play again after the end.

        The picture moves after so many ``seconds``.
        """
        self._wants("loaded", self._loaded, "play")
        if self._ended and self.position == self.duration:
            self.position = 0.0
        if not self._began or self._ended:
            self.seen.append(Seen())
        self.say("play")
        self.wait(seconds)
        self._plays, self._began, self._ended = True, True, False
        return self.say("playing", position=self.position)

    def watch(self, seconds: float | None = None, *, to: float | None = None) -> Self:
        """Play for so many ``seconds``, or ``to`` a position (s); at most to the end."""
        self._wants_to_play("watch")
        if (seconds is None) == (to is None):
            raise ScriptError("watch: how long, or to where?")
        target = self.position + seconds * self._rate if seconds is not None else to
        assert target is not None
        if not self.position <= target < inf:
            raise ScriptError(f"watch: {target:g} is not ahead of {self.position:g}")
        target = _tidy(target if self.duration is None else min(target, self.duration))
        origin, began, reported, played = self.position, self.now, self.position, 0.0
        whole = (target - origin) / self._rate
        wrong = "one_wrong_position" in self._faults
        while played < whole:
            here, now = self.position, self.now
            played = min(played + self._step(), whole)
            last = played == whole
            self.position = target if last else _tidy(origin + played * self._rate)
            self.now = _tidy(began + played)
            self.seen[-1].stretches.append((here, self.position))
            self.seen[-1].seconds += self.now - now
            if "late_updates" in self._faults:
                late = self._random.uniform(0.0, _LATEST) * self._rate
                reported = max(reported, origin, _tidy(self.position - late))
            else:
                reported = self.position
            if wrong and 0.3 < played / whole < 0.7:
                wrong = False
                self.say("timeupdate", position=0.0 if reported > 15.0 else reported + 30.0)
            else:
                self.say("timeupdate", position=reported)
        return self

    def pause(self, seconds: float = 1.0) -> Self:
        """Pause, for so many ``seconds``; `play` goes on."""
        self._wants_to_play("pause")
        self.say("pause", position=self.position)
        self._plays = False
        self.seen[-1].pauses += 1
        return self.wait(seconds)

    def seek(self, to: float, seconds: float = 0.1) -> Self:
        """Go ``to`` a position (s); it takes so many ``seconds``."""
        return self.scrub(to, seconds=seconds)

    def scrub(self, *places: float, seconds: float = 0.1) -> Self:
        """Drag the playhead over ``places`` and let go at the last; each takes ``seconds``."""
        self._wants("loaded", self._loaded and bool(places), "seek")
        silent = "silent_seek" in self._faults
        waits = "waiting_before_seeking" in self._faults and self._plays
        pauses = "pause_around_seek" in self._faults and self._plays
        steps = "steps_of_a_drag" in self._faults
        if pauses:
            self.say("pause", position=self.position)
        if waits:
            self.say("stall", position=self.position)
        for place in places:
            if not silent:
                self.say("seeking", origin=self.position, position=place)
            self.wait(seconds)
            self.position = place
            if steps and not silent and place is not places[-1]:
                self.say("seeked", position=place)
        if silent or "no_seeked" in self._faults:
            self.say("timeupdate", position=self.position)
        else:
            self.say("seeked", position=self.position)
        if waits:
            self.say("stall_end", position=self.position)
        if pauses:
            self.say("play")
            self.say("playing")
        if self._began:
            self.seen[-1].seeks += 1
        return self

    def rate(self, rate: float) -> Self:
        """Play at another speed; 1 is the normal one."""
        self.say("ratechange", rate=rate, **({} if self._ended else {"position": self.position}))
        self._rate = rate
        return self

    def stop(self) -> Self:
        """Stop; `play` begins anew."""
        self.say("stop", position=self.position)
        self.position = 0.0
        self._plays = self._began = False
        return self

    def close(self) -> Self:
        """The player goes away."""
        self._plays = self._loaded = False
        return self.say("close", position=self.position)

    # ------------------------------------------------------------------------------ within

    def _step(self) -> float:
        return round(self._every + self._random.uniform(-self._jitter, self._jitter), 3)

    def _wants_to_play(self, what: str) -> None:
        self._wants("playing", self._plays, what)

    def _wants(self, state: str, holds: bool, what: str) -> None:
        if not holds:
            raise ScriptError(f"{what}: nothing is {state} at this point of the story")


def _tidy(seconds: float) -> float:
    """To a millionth of a second, so that sums of decimals look like decimals."""
    return round(seconds, 6)
