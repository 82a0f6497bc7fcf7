"""`transitions` as it comes: what the library's own triggers are measured against."""

from __future__ import annotations

from typing import Any

from transitions import Event, Machine


class StockEvent(Event):
    """The stock trigger; guards and effects get the playback as an argument, as they expect."""

    def trigger(self, model: Any, *args: Any, **kwargs: Any) -> bool:
        return super().trigger(model, model, *args, **kwargs)


class StockMachine(Machine):
    """A machine of stock triggers."""

    event_cls = StockEvent
