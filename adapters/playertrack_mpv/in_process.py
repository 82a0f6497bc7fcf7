"""Binds an `mpv.MPV` of python-mpv."""

from __future__ import annotations

from functools import partial
from typing import Any

from playertrack.live.adapter import Listener

from .binding import MpvBinding
from .client import Client, address, checked


def bind(player: object, tracker: Listener, **options: Any) -> MpvBinding:
    """The binding of a player; raises TypeError or PlayertrackError if it cannot be one."""
    core = checked(player)
    return MpvBinding(partial(Client, core), tracker, player=address(core), **options)
