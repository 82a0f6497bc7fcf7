"""Many updates of many players at once, without a call for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..events import Event
from .playhead import PROMPT
from .quick import NOWHERE, UNKNOWN


def skim(
    updates: Iterable[Any], kind: type[Any], engines: Mapping[str | None, Any]
) -> Iterator[tuple[Any, Sequence[Event] | None]]:
    """Take the updates of awake engines: gives those that made events, with these.

    What is of ``kind`` has the ``player``, ``position`` and ``at`` (floats) of an update. What is
    not, or of no engine, is given with None. Where all is calm they are taken as
    `Quick.timeupdate` does, without calling it, which is a good part of what a long trace costs.
    """
    for update in updates:
        if type(update) is not kind:
            yield update, None
            continue
        try:
            engine: Any = engines[update.player]
            start, steady = engine.position, engine.steady
        except (KeyError, AttributeError):  # it is new, closed or packed
            yield update, None
            continue
        events = None
        position, at = update.position, update.at
        if (
            steady != NOWHERE
            and (ahead := position - start) > 0.0
            and (elapsed := at - engine.moved_at) < PROMPT
            and ahead <= elapsed * engine.pace.reach
        ):
            engine.position = position
            engine.moved_at = at
            if position < steady:
                continue
            engine.moved_at = at + 0.0  # -0.0 becomes 0.0, before an event has it
            events = engine.reach_quickly(start, position)
        elif (
            engine.now == NOWHERE
            and position < engine.calm
            and (ahead := position - start) > 0.0
            and (now := at + (pace := engine.pace).offset) - engine.moved_at < pace.patience
            and ahead <= (now - engine.moved_at) * pace.reach
        ):
            engine.position = position
            engine.moved_at = now
            continue
        elif NOWHERE < engine.calm < UNKNOWN:
            events = engine.take_calmly(position, at)
        if events is None:
            events = engine.timeupdate(position, at)
        if events:
            yield update, events
