"""Many updates of many players at once, without a call for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..events import Event
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
        position = update.position
        events = None
        try:
            engine: Any = engines[update.player]
            pace = engine.pace
            now = update.at + pace.offset
            elapsed = now - engine.moved_at
            ahead = position - engine.position
            if (
                ahead > 0.0
                and position < engine.calm
                and engine.now == NOWHERE
                and ahead <= elapsed * pace.reach
                and elapsed < pace.patience
            ):
                engine.position = position
                engine.moved_at = now
                continue
        except (KeyError, AttributeError):  # it is new, closed or packed
            yield update, None
            continue
        except TypeError:
            pass  # it is nowhere yet
        else:
            if engine.calm > NOWHERE and engine.calm != UNKNOWN:
                events = engine._calmly(position, now, elapsed, ahead)
        if events is None:
            events = engine.timeupdate(position, update.at)
        if events:
            yield update, events
