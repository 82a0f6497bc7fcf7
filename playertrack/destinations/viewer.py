"""The viewer's id, from the environment or the player, and basic authentication."""

from __future__ import annotations

import os
from base64 import b64encode

import attrs

from ..delivery import Request
from ..events import Event

_USER = "PLAYERTRACK_USER_ID"
_ANONYMOUS = "PLAYERTRACK_ANONYMOUS_ID"


def user_id() -> str | None:
    """``PLAYERTRACK_USER_ID``; None if it is not set."""
    return os.environ.get(_USER) or None


def anonymous_id(event: Event) -> str:
    """``PLAYERTRACK_ANONYMOUS_ID``, else the player's id, else the session."""
    return os.environ.get(_ANONYMOUS) or event.player or event.session


def basic(request: Request, token: str | None) -> Request:
    """``request`` with ``token`` (``user:password``) as HTTP Basic authentication has it."""
    if token is None:
        return request
    words = b64encode(token.encode()).decode()
    return attrs.evolve(request, headers={**request.headers, "Authorization": f"Basic {words}"})
