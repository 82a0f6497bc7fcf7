"""The played parts of a session, from its events: for destinations that report it as a whole.

Each jump of the playhead is a SEEK, so between two of them the playhead shows what was played,
except for jumps by the player itself that are too small to show against the time.
"""

from __future__ import annotations

from typing import Self

import attrs

from ..events import BufferEnd, Error, Event, MediaLoaded, Replay, Seek, Speed

#: How much (s) may be missing of media that was watched as a whole: what an engine does not
#: take for a jump either.
TOLERANCE = 0.5
#: … or this part of it, if that is less.
TOLERANCE_PART = 0.05

#: Playback is this much faster than its rate at most, and faster than this nobody watches.
_PACE, _FASTEST = 1.1, 4.0

#: Players say that they are at the end up to so many seconds before it (R-last-stretch).
_LATE = 2.0

#: Stretches that are remembered of a session; beyond that the shortest is forgotten.
MOST = 500

Segments = tuple[tuple[float, float], ...]


@attrs.frozen
class Watched:
    """A session so far: a value, made anew by each event.

    ``first`` is the index of the event that started it. ``segments`` (s of content) were played
    and are over; ``since`` is where the stretch started that is played now, None if none is,
    and ``until`` how far it had got when it was ``seen`` to move last (Unix time), at ``rate``
    at most. ``spent`` (s) of playback are over, and what is played now has been since
    ``resumed`` (Unix time). ``length`` of the media (s), None for live and unknown.
    """

    first: int | None = None
    live: bool = False
    played: bool = False
    completed: bool = False
    length: float | None = None
    segments: Segments = ()
    since: float | None = None
    until: float = 0.0
    seen: float = 0.0
    rate: float = 1.0
    spent: float = 0.0
    resumed: float | None = None

    def after(self, event: Event) -> Self:
        """The session with ``event`` in it."""
        now = self._of_media(event)
        match event:
            case Seek():
                return now._sought(event)
            case Replay():
                return now._replayed(event)
            case Error(fatal=True):
                return now._stopped(event)
            case Speed():
                return attrs.evolve(now._moved(event), rate=max(event.rate, now.rate))
            case BufferEnd():
                return attrs.evolve(now._moved(event), spent=now.spent - event.seconds)
        match event.event:
            case "PLAY" | "RESUME":
                return now._started(event)
            case "PAUSE":
                return now._stopped(event)
        return now._moved(event)

    def _of_media(self, event: Event) -> Self:
        """The session with what ``event`` says of the media, and whether it starts the session."""
        live = event.live if isinstance(event, MediaLoaded) else self.live
        length = self.length if live or event.duration is None else event.duration
        first = self.first
        if first is None and event.event in ("MEDIA_LOADED", "REPLAY"):
            first = event.index
        if (live, length, first) == (self.live, self.length, self.first):
            return self
        return attrs.evolve(self, live=live, length=length, first=first)

    def _started(self, event: Event) -> Self:
        if self.since is not None:
            return self._moved(event)
        at = event.position or 0.0
        return attrs.evolve(self, played=True, since=at, until=at, resumed=event.at, seen=event.at)

    def _moved(self, event: Event) -> Self:
        """The playhead is there now; where a player landed before its target, it started there."""
        if self.since is None or event.position in (None, self.until):
            return self
        assert event.position is not None
        position, at = event.position, max(event.at, self.seen)
        ahead = position - self.until
        pace = min(_PACE * self.rate, _FASTEST)
        late = _LATE if event.event == "PLAY_REACHED_100" else 0.0
        if ahead > pace * (at - self.seen) + TOLERANCE + late:
            # A jump without a SEEK: nobody knows how much was played before it.
            return attrs.evolve(
                self, segments=self.watched, since=position, until=position, seen=at
            )
        if ahead < 0 and self.until == self.since:
            return attrs.evolve(self, since=position, until=position, seen=at)
        return attrs.evolve(self, until=max(self.until, position), seen=at)

    def _stopped(self, event: Event) -> Self:
        now = self._moved(event)
        if now.since is None:
            return now
        spent = now.spent + max(0.0, event.at - (event.at if now.resumed is None else now.resumed))
        return attrs.evolve(now, segments=now.watched, since=None, spent=spent, resumed=None)

    def _sought(self, event: Seek) -> Self:
        if self.since is None:
            return self
        now = self
        if event.origin is not None and event.origin > now.until:
            now = attrs.evolve(now, until=event.origin)
        target = event.target if event.target is not None else event.position or 0.0
        return attrs.evolve(now, segments=now.watched, since=target, until=target, seen=event.at)

    def _replayed(self, event: Event) -> Self:
        """It starts over; within the same session playback just goes on."""
        at = event.position or 0.0
        goes_on = self.played
        return attrs.evolve(
            self,
            segments=(),
            since=at if goes_on else None,
            until=at,
            seen=event.at,
            spent=0.0,
            resumed=event.at if goes_on else None,
        )

    @property
    def watched(self) -> Segments:
        """All that was played, as stretches that neither touch nor overlap, in order."""
        if self.since is None or self.until <= self.since:
            return self.segments
        return joined((*self.segments, (self.since, self.until)))

    @property
    def progress(self) -> float | None:
        """The share of the media that was watched; None if its length is not known."""
        if not self.length:
            return None
        seen = sum(max(0.0, min(end, self.length) - max(0.0, start)) for start, end in self.watched)
        missing = min(TOLERANCE, TOLERANCE_PART * self.length)
        return 1.0 if seen >= self.length - missing else seen / self.length

    def seconds(self, at: float) -> float:
        """How long it was played by the time ``at`` (s), without buffering."""
        going = 0.0 if self.resumed is None else max(0.0, at - self.resumed)
        return max(0.0, self.spent + going)


def joined(segments: Segments) -> Segments:
    """The union of ``segments``, in order.

    >>> joined(((0.0, 2.0), (5.0, 6.0), (1.0, 3.0)))
    ((0.0, 3.0), (5.0, 6.0))
    """
    found: list[tuple[float, float]] = []
    for start, end in sorted(segments):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    while len(found) > MOST:
        found.remove(min(found, key=lambda each: each[1] - each[0]))
    return tuple(found)
