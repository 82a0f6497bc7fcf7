"""Derives a Redis stream of signals; you may kill it at any moment.

    python redis_loop.py redis://localhost:6379/0

Signals are lines of a trace in the field ``signal`` of the stream ``signals``; the events go to the
stream ``events``. It is exact because each batch is one transaction: the events, the state of
their players and the reading position are written together or not at all.
Run one of these for each partition; a player's signals have to be in one partition.
"""

from __future__ import annotations

import sys
from typing import Any

import redis

from playertrack import Event, Fleet, Policy, SignalError
from playertrack.trace.codec import LineError, encode_event, parse_entry

SIGNALS, EVENTS, PLAYERS, OFFSET = "signals", "events", "players", "offset"


def consume(server: Any, count: int = 100, wait_ms: int = 1000) -> None:
    """Derive the stream, until nothing has come for ``wait_ms``."""
    fleet = Fleet(policy=Policy(), reorder=5.0, idle_close=4 * 3600.0)
    offset = server.get(OFFSET) or b"0"
    while found := server.xread({SIGNALS: offset}, count=count, block=wait_ms):
        [(_, entries)] = found
        events: list[Event] = []
        seen: set[str | None] = set()
        for number, fields in entries:
            offset = number
            try:
                player, signal, seq = parse_entry(fields.get(b"signal", b""))
            except (LineError, SignalError) as error:
                print(f"{number.decode()}: {error}", file=sys.stderr)
                continue
            if player not in fleet.known:
                saved = server.hget(PLAYERS, player or "")
                if saved is not None:
                    fleet.restore(saved)
            events += fleet.feed(player, signal, seq)
            seen.add(player)
        with server.pipeline(transaction=True) as together:
            for event in events:
                together.xadd(EVENTS, {"event": encode_event(event)})
            for player in seen:
                together.hset(PLAYERS, player or "", fleet.snapshot(player))
            together.set(OFFSET, offset)
            together.execute()


if __name__ == "__main__":
    consume(redis.Redis.from_url(sys.argv[1]))
