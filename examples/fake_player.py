"""A small player that reports its own analytics; each of five bugs can be switched on.

It plays nothing and takes no time: `watch` gets the seconds. It does not use playertrack.
"""

from __future__ import annotations

from typing import Any, Literal, Self

#: Typical bugs. Each has a test in test_fake_player.py that finds it.
Bug = Literal[
    "quartile by position",
    "double PLAY on resume",
    "unpaired buffer",
    "same session on replay",
    "SEEK per scrub step",
]


class FakePlayer:
    """A player of one video of ``duration`` seconds; its ``events`` are an event log."""

    def __init__(self, duration: float = 100.0, bug: Bug | None = None) -> None:
        self.duration, self.bug = duration, bug
        self.events: list[dict[str, Any]] = []
        self.now, self.position = 0.0, 0.0
        self.session, self.index = 1, 0
        self.reached: set[int] = set()
        self.began = self.plays = self.ended = self.waits = False
        self.report("WIDGET_LOADED")
        self.report("MEDIA_LOADED", live=False)

    def report(self, event: str, **fields: Any) -> None:
        self.index += 1
        self.events.append(
            {
                "event": event,
                "at": self.now,
                "session": f"session-{self.session}",
                "index": self.index,
                "entry_id": "1_video",
                "position": self.position,
                "duration": self.duration,
                **fields,
            }
        )

    def play(self) -> Self:
        if self.ended:
            self.replay()
        elif not self.began:
            self.report("PLAY_REQUEST")
            self.report("PLAY", join_time=0.0)
            self.report("FIRST_PLAY")
        elif not self.plays:
            self.report("PLAY" if self.bug == "double PLAY on resume" else "RESUME")
        self.began, self.plays, self.ended = True, True, False
        return self

    def replay(self) -> None:
        before = f"session-{self.session}"
        self.position = 0.0
        if self.bug != "same session on replay":
            self.session, self.index, self.reached = self.session + 1, 0, set()
        self.report("REPLAY", previous_session=before)
        self.report("PLAY_REQUEST")
        self.report("PLAY", join_time=0.0)

    def pause(self) -> Self:
        if self.waits and self.bug != "unpaired buffer":
            self.data()
        self.report("PAUSE")
        self.plays = self.waits = False
        return self

    def stall(self) -> Self:
        self.report("BUFFER_START")
        self.waits = True
        return self

    def data(self) -> Self:
        self.report("BUFFER_END", seconds=1.0)
        self.waits = False
        return self

    def scrub(self, *places: float) -> Self:
        origin = self.position
        for place in places:
            if self.bug == "SEEK per scrub step":
                self.report("SEEK", origin=self.position, target=place, inferred=False)
            self.position = place
        if self.bug != "SEEK per scrub step":
            self.report("SEEK", origin=origin, target=self.position, inferred=False)
        return self

    def watch(self, seconds: float) -> Self:
        for _ in range(round(seconds * 4)):
            before, self.position = self.position, min(self.position + 0.25, self.duration)
            self.now += 0.25
            for quartile in (25, 50, 75, 100):
                point = self.duration * quartile / 100
                passed = before < point <= self.position
                if self.bug == "quartile by position":
                    passed = self.position >= point
                if passed and quartile not in self.reached:
                    self.reached.add(quartile)
                    self.report(f"PLAY_REACHED_{quartile}")
        if self.position == self.duration:
            self.plays, self.ended = False, True
        return self
