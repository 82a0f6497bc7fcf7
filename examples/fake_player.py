"""A small player that reports its own analytics, as most do at first; five things can be wrong.

It plays nothing and needs no time: `watch` is told how long. It knows nothing of playertrack.
"""

from __future__ import annotations

from typing import Any, Literal, Self

#: What is typically wrong. Each of them has a test in test_fake_player.py that finds it.
Bug = Literal[
    "quartile by position",
    "double PLAY on resume",
    "unpaired buffer",
    "same session on replay",
    "SEEK per scrub step",
]


class FakePlayer:
    """A player of one film of ``duration`` seconds; its ``events`` are an event log."""

    def __init__(self, duration: float = 100.0, bug: Bug | None = None) -> None:
        self.duration, self.bug = duration, bug
        self.events: list[dict[str, Any]] = []
        self.now, self.position = 0.0, 0.0
        self.session, self.index = 1, 0
        self.reached: set[int] = set()
        self.began = self.plays = self.ended = self.waits = False
        self.tell("WIDGET_LOADED")
        self.tell("MEDIA_LOADED", live=False)

    def tell(self, event: str, **fields: Any) -> None:
        self.index += 1
        self.events.append(
            {
                "event": event,
                "at": self.now,
                "session": f"session-{self.session}",
                "index": self.index,
                "entry_id": "1_film",
                "position": self.position,
                "duration": self.duration,
                **fields,
            }
        )

    def play(self) -> Self:
        if self.ended:
            self.replay()
        elif not self.began:
            self.tell("PLAY_REQUEST")
            self.tell("PLAY", join_time=0.0)
            self.tell("FIRST_PLAY")
        elif not self.plays:
            self.tell("PLAY" if self.bug == "double PLAY on resume" else "RESUME")
        self.began, self.plays, self.ended = True, True, False
        return self

    def replay(self) -> None:
        before = f"session-{self.session}"
        self.position = 0.0
        if self.bug != "same session on replay":
            self.session, self.index, self.reached = self.session + 1, 0, set()
        self.tell("REPLAY", previous_session=before)
        self.tell("PLAY_REQUEST")
        self.tell("PLAY", join_time=0.0)

    def pause(self) -> Self:
        if self.waits and self.bug != "unpaired buffer":
            self.data()
        self.tell("PAUSE")
        self.plays = self.waits = False
        return self

    def stall(self) -> Self:
        self.tell("BUFFER_START")
        self.waits = True
        return self

    def data(self) -> Self:
        self.tell("BUFFER_END", seconds=1.0)
        self.waits = False
        return self

    def scrub(self, *places: float) -> Self:
        origin = self.position
        for place in places:
            if self.bug == "SEEK per scrub step":
                self.tell("SEEK", origin=self.position, target=place, inferred=False)
            self.position = place
        if self.bug != "SEEK per scrub step":
            self.tell("SEEK", origin=origin, target=self.position, inferred=False)
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
                    self.tell(f"PLAY_REACHED_{quartile}")
        if self.position == self.duration:
            self.plays, self.ended = False, True
        return self
