"""The REST API of the collector: tests in other processes control and query it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import attrs
from aiohttp import web

from ..errors import shorten
from .faults import Switch, SwitchError, switches
from .guard import Guard
from .history import History

#: The longest time (s) to wait for events.
_LONGEST_WAIT = 600.0


class Api:
    """Shows ``history``, waits for events, sets ``faults``; ``forget`` resets the collector."""

    def __init__(
        self,
        history: History,
        faults: list[Switch],
        forget: Callable[[], object],
        guard: Guard,
    ) -> None:
        self._history = history
        self._faults = faults
        self._forget = forget
        self._guard = guard

    def routes(self) -> list[web.RouteDef]:
        """Its addresses, below ``/collector``."""
        return [
            web.get("/collector", self._show_summary),
            web.get("/collector/events", self._show_events),
            web.get("/collector/good", self._show_events),
            web.get("/collector/bad", self._show_events),
            web.get("/collector/sessions", self._show_sessions),
            web.get("/collector/wait", self._wait),
            web.get("/collector/faults", self._show_faults),
            web.post("/collector/faults", self._set_faults),
            web.post("/collector/reset", self._reset),
        ]

    async def _show_summary(self, request: web.Request) -> web.Response:
        return web.json_response(self._summary())

    def _summary(self) -> dict[str, Any]:
        faults = [_shown(each) for each in self._faults]
        return {**self._history.summary(), "faults": faults}

    async def _show_events(self, request: web.Request) -> web.Response:
        kind = request.path.rpartition("/")[2]
        after = _number(request, "after", 0)
        found = [
            each.to_record()
            for each in self._history.received
            if each.number > after
            and (kind == "events" or (each.accepted and each.good == (kind == "good")))
            and all(
                request.query.get(name) in (None, getattr(each, name))
                for name in ("endpoint", "session", "event", "entry_id")
            )
        ]
        return web.json_response(found)

    async def _show_sessions(self, request: web.Request) -> web.Response:
        return web.json_response([each.to_record() for each in self._history.sessions()])

    async def _wait(self, request: web.Request) -> web.Response:
        events = _number(request, "events", 1)
        seconds = min(_number(request, "timeout", 10.0), _LONGEST_WAIT)
        reached = await self._history.wait(int(events), seconds)
        found = {**self._summary(), "reached": reached}
        return web.json_response(found, status=200 if reached else 408)

    async def _show_faults(self, request: web.Request) -> web.Response:
        return web.json_response([_shown(each) for each in self._faults])

    async def _set_faults(self, request: web.Request) -> web.Response:
        """The faults of the body are those that there are; ``[]`` is none."""
        try:
            async with self._guard.body(request) as body:
                self._faults[:] = switches(json.loads(body or b"[]"))
        except SwitchError as error:
            return web.json_response({"error": str(error)}, status=400)
        except (ValueError, RecursionError):
            return web.json_response({"error": "the body is no JSON"}, status=400)
        return await self._show_faults(request)

    async def _reset(self, request: web.Request) -> web.Response:
        self._forget()
        return web.json_response(self._summary())


def _number(request: web.Request, name: str, default: float) -> float:
    text = request.query.get(name)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1e9:
        raise web.HTTPBadRequest(text=f"{name}: {shorten(text)} is no number from 0 on\n")
    return value


def _shown(switch: Switch) -> dict[str, Any]:
    return attrs.asdict(switch)
