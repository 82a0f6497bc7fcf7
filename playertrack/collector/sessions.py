"""The collector's session services: they issue KSs and judge them (reference, section 5)."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hmac import compare_digest
from math import inf
from secrets import token_bytes

from .params import ApiCall
from .replies import Reply, found, refused, refused_ks

_MOST_ISSUED = 10_000
_DAY = 86400
_EXPIRED = "EXPIRED"
_HASHES = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}


class KSBooth:
    """Gives out KSs, knows which of them hold, and takes any other that is not refused.

    ``secret``: what session.start wants, None for any. ``tokens``: application tokens by id;
    if there are none, any hash of the right form will do.
    """

    def __init__(
        self, clock: Callable[[], float], secret: str | None, tokens: Mapping[str, str]
    ) -> None:
        self._clock = clock
        self._secret = secret
        self._tokens = dict(tokens)
        self._known: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self.issued = 0

    def answer(self, call: ApiCall) -> Reply | None:
        """The answer to a call of these services; None if it is of another."""
        match call.service.lower(), call.action.lower():
            case "session", "start":
                return self._start(call)
            case "session", "startwidgetsession":
                return self._start_widget(call)
            case "session", "get":
                return self._get(call)
            case "apptoken", "startsession":
                return self._start_by_token(call)
        return None

    def refusal(self, ks: str) -> Reply | None:
        """Why ``ks`` is not taken; None if it is."""
        until, shown = self._known.get(ks, (inf, ""))
        return None if until > self._clock() else refused_ks(shown)

    def refuse(self, ks: str, shown: str = _EXPIRED) -> None:
        """From now on ``ks`` is not taken; ``shown`` is what is said of it."""
        self._remember(ks, 0.0, shown)

    def _start(self, call: ApiCall) -> Reply:
        for name in ("secret", "partnerId"):
            if not call.text(name):
                return refused("MISSING_MANDATORY_PARAMETER", PARAM_NAME=name)
        if self._secret is not None and call.text("secret") != self._secret:
            return refused("START_SESSION_ERROR", PID=call.text("partnerId"))
        ks, _ = self._issue(call.text("partnerId"), call.text("expiry"))
        return found(ks)

    def _start_widget(self, call: ApiCall) -> Reply:
        widget = call.text("widgetId")
        if not widget:
            return refused("MISSING_MANDATORY_PARAMETER", PARAM_NAME="widgetId")
        partner = widget.removeprefix("_")
        ks, _ = self._issue(partner, call.text("expiry"))
        return found(
            {
                "partnerId": _whole(partner, 0),
                "ks": ks,
                "userId": "0",
                "objectType": "KalturaStartWidgetSessionResponse",
            }
        )

    def _get(self, call: ApiCall) -> Reply:
        """Answer with the facts of the call's KS."""
        ks = call.text("ks")
        if not ks:
            return refused("MISSING_KS")
        if (refusal := self.refusal(ks)) is not None:
            return refusal
        until, _ = self._known.get(ks, (inf, ""))
        return found(
            {
                "ks": ks,
                "sessionType": 0,
                "expiry": int(min(until, self._clock() + _DAY)),
                "objectType": "KalturaSessionInfo",
            }
        )

    def _start_by_token(self, call: ApiCall) -> Reply:
        ks, token_id, proof = call.text("ks"), call.text("id"), call.text("tokenHash")
        if not ks:
            return refused("MISSING_KS")
        refusal = self.refusal(ks)
        if refusal is not None:
            return refusal
        for name in ("id", "tokenHash"):
            if not call.text(name):
                return refused("MISSING_MANDATORY_PARAMETER", PARAM_NAME=name)
        if self._tokens and token_id not in self._tokens:
            return refused("APP_TOKEN_ID_NOT_FOUND")
        if not self._proves(ks, token_id, proof):
            return refused("INVALID_APP_TOKEN_HASH")
        issued, until = self._issue("0", call.text("expiry"))
        return found(
            {
                "ks": issued,
                "sessionType": _whole(call.text("type"), 0),
                "partnerId": 0,
                "userId": call.text("userId"),
                "expiry": int(until),
                "privileges": f"{call.text('sessionPrivileges')},apptoken:{token_id}".strip(","),
                "objectType": "KalturaSessionInfo",
            }
        )

    def _proves(self, ks: str, token_id: str, proof: str) -> bool:
        name = _HASHES.get(len(proof))
        if name is None or proof.strip("0123456789abcdef"):
            return False
        if not self._tokens:
            return True
        right = hashlib.new(name, (ks + self._tokens[token_id]).encode(), usedforsecurity=False)
        return compare_digest(right.hexdigest(), proof)

    def _issue(self, partner: str, expiry: str) -> tuple[str, float]:
        """A KS that looks like one of version 2: nobody can read its expiry in it."""
        until = self._clock() + _whole(expiry, _DAY)
        random = token_bytes(96)
        ks = urlsafe_b64encode(f"v2|{partner[:20]}|".encode(errors="replace") + random).decode()
        self._remember(ks, until)
        self.issued += 1
        return ks, until

    def _remember(self, ks: str, until: float, shown: str = _EXPIRED) -> None:
        self._known[ks] = until, shown
        while len(self._known) > _MOST_ISSUED:
            self._known.popitem(last=False)


def _whole(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else default
