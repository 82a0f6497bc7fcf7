"""Derives a Redis stream of signals; you may kill it at any moment.

    pip install redis
    python redis_loop.py redis://localhost:6379/0

Signals are lines of a trace in the field ``signal`` of the stream ``signals``; the events go to the
stream ``events``. It is exact because each batch is one transaction: the events, the state of
their players and the reading position are written together or not at all.
Between batches the players are in Redis, and this process holds only those of one batch. A player
is closed and removed when nothing of it has arrived for ``IDLE`` seconds.
It ends when nothing has come for a second: a service calls ``consume`` in a loop.
Run one of these for each partition; a player's signals have to be in one partition.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import redis

from playertrack import Event, Fleet, Policy, SignalError
from playertrack.trace.codec import LineError, encode_event, parse_entry

SIGNALS, EVENTS, OFFSET = "signals", "events", "offset"
PLAYERS, ARRIVED = "players", "arrived"  # by player: its snapshot, and when it last sent something
LATE, IDLE = 5.0, 4 * 3600.0


def consume(server: Any, count: int = 100, wait_ms: int = 1000) -> None:
    """Derive the stream, until nothing has come for ``wait_ms``."""
    fleet = Fleet(policy=Policy(), reorder=LATE, idle_close=IDLE)
    offset = server.get(OFFSET) or b"0"
    while found := server.xread({SIGNALS: offset}, count=count, block=wait_ms):
        [(_, entries)] = found
        offset = entries[-1][0]
        arrived: dict[str | None, float] = {}
        events = list(derived(server, fleet, entries, arrived))
        silent = time_of(offset) - IDLE - LATE  # who sent nothing since then
        for name in server.zrangebyscore(ARRIVED, "-inf", silent):
            if json.loads(name) not in arrived:
                arrived[fleet.restore(server.hget(PLAYERS, name))] = silent
        gone = [player for player, at in arrived.items() if at <= silent]
        for player in gone:
            events += fleet.close(player)
        with server.pipeline(transaction=True) as together:
            for event in events:
                together.xadd(EVENTS, {"event": encode_event(event)})
            for player, at in arrived.items():
                together.hset(PLAYERS, key(player), fleet.snapshot(player))
                together.zadd(ARRIVED, {key(player): at})
            for player in gone:
                together.hdel(PLAYERS, key(player))
                together.zrem(ARRIVED, key(player))
            together.set(OFFSET, offset)
            together.execute()
        for player in arrived:
            fleet.forget(player)


def derived(
    server: Any, fleet: Fleet, entries: Any, arrived: dict[str | None, float]
) -> Iterator[Event]:
    """The events of what has come; ``arrived`` gets the time at which each player sent it."""
    for number, fields in entries:
        try:
            player, signal, seq = parse_entry(fields.get(b"signal", b""))
        except (LineError, SignalError) as error:
            print(f"{number.decode()}: {error}", file=sys.stderr)
            continue
        if player not in arrived and (saved := server.hget(PLAYERS, key(player))):
            fleet.restore(saved)
        arrived[player] = time_of(number)
        yield from fleet.feed(player, signal, seq)


def time_of(number: bytes) -> float:
    """When an entry of a stream came, by the clock of Redis."""
    return int(number.partition(b"-")[0]) / 1000.0


def key(player: str | None) -> str:
    """The name of a player in Redis, also of one without a name."""
    return json.dumps(player)


if __name__ == "__main__":
    consume(redis.Redis.from_url(sys.argv[1]))
