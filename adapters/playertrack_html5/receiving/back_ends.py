"""Signals that other back ends post: batches of trace lines in, events out.

No I/O and no clock: time is the ``at`` of the signals.
"""

from __future__ import annotations

from playertrack import Event, Fleet, Policy, SignalError, random_ids
from playertrack.core.session import SessionIds
from playertrack.trace.codec import LineError, parse_entry

from .pages import Taken

#: How long (s of event time) a missing number is waited for.
_LATENESS = 5.0


class BackEnds:
    """Derives the events of players whose signals somebody else collects.

    A batch is lines of a signal trace: one signal a line, each with its ``player`` and, where
    batches can come out of order or twice, its ``seq``. Repeats are dropped, a missing number
    is waited for at most 5 s of event time. A player that is silent for more than ``idle``
    seconds of event time was closed then. At most ``most_players`` are kept; a batch of one
    more is answered as busy.
    """

    def __init__(
        self,
        *,
        policy: Policy | None = None,
        ids: SessionIds = random_ids,
        most_players: int = 10_000,
        idle: float = 3600.0,
    ) -> None:
        self._fleet = Fleet(policy=policy, ids=ids, reorder=_LATENESS, idle_close=idle)
        self._most = most_players

    def __len__(self) -> int:
        return len(self._fleet.players)

    def take(self, body: bytes) -> Taken:
        """The events of a batch, and what was wrong with its first bad line, if any."""
        events: list[Event] = []
        problem = None
        for number, line in enumerate(body.splitlines(), 1):
            if not line.strip():
                continue
            try:
                player, signal, seq = parse_entry(line)
                if player is None:
                    raise LineError("a back end's signal needs its player")
                if player not in self._fleet.players and len(self) >= self._most:
                    return Taken(events, problem, busy=True)
                events += self._fleet.feed(player, signal, seq)
            except (LineError, SignalError) as error:
                problem = problem or f"line {number}: {error}"
        return Taken(events, problem)

    def close(self) -> list[Event]:
        """Close all players, each at its own last ``at``."""
        return list(self._fleet.close())
