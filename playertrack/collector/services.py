"""The stand-in services: how each answers a call, and what it remembers of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .history import History
from .judging import unclean
from .params import ApiCall
from .received import KAVA, KS, REPORT, STATS, Received
from .replies import Reply, found, plain_text, refused
from .sessions import KSBooth
from .tables import report_table

_KALTURA_STATS_EVENT_TYPES = range(1, 41)


def endpoint_of(call: ApiCall) -> str | None:
    """Which of the services a call is for; None if it is for none that is here."""
    match call.service.lower(), call.action.lower():
        case "stats", "collect":
            return STATS
        case "analytics", "trackevent":
            return KAVA
        case ("session", "start" | "startwidgetsession" | "get") | ("apptoken", "startsession"):
            return KS
        case "report", "gettable":
            return REPORT
    return None


def fields_of(endpoint: str, call: ApiCall) -> Mapping[str, str]:
    """The fields of the event that a call brings, without the KS."""
    if endpoint == STATS:
        event = call.fields("event") or {}
        return {name: text for name, text in event.items() if isinstance(text, str)}
    around = ("ks", "format", "apiVersion", "service", "action")
    return {
        name: text
        for name, text in call.params.items()
        if isinstance(text, str) and name not in around
    }


class Services:
    """Answers calls and keeps the ``history`` of the events that they bring."""

    def __init__(self, history: History, booth: KSBooth, clock: Callable[[], float]) -> None:
        self.history = history
        self.booth = booth
        self.view_events_enabled = True
        self._clock = clock

    def answer(self, endpoint: str, call: ApiCall) -> tuple[Reply, Received | None]:
        """The answer of ``endpoint``, and the event if the call brings one."""
        if endpoint == KS:
            reply = self.booth.answer(call)
            assert reply is not None
            return reply, None
        if endpoint == REPORT:
            return self._report(call), None
        fields = fields_of(endpoint, call)
        reply = self._stats(call, fields) if endpoint == STATS else self._track(call, fields)
        findings = () if call.text("format") == "1" else ("format=1 is missing",)
        received = self.history.add(
            endpoint,
            fields,
            call.text("ks") or None,
            accepted=reply.accepted,
            outcome=reply.outcome,
            findings=findings if reply.accepted else (),
        )
        return reply, received

    def refuse(self, endpoint: str, call: ApiCall, outcome: str) -> Received | None:
        """Remember that a call was not even looked at."""
        if endpoint not in (STATS, KAVA):
            return None
        fields = fields_of(endpoint, call)
        ks = call.text("ks") or None
        return self.history.add(endpoint, fields, ks, accepted=False, outcome=outcome)

    def _report(self, call: ApiCall) -> Reply:
        if not call.text("ks"):
            return refused("MISSING_KS")
        return self.booth.refusal(call.text("ks")) or report_table(call, self.history.received)

    def _stats(self, call: ApiCall, fields: Mapping[str, str]) -> Reply:
        """In the order of the server: the object, its values, then the KS."""
        if "event" not in call.params:
            return refused("MISSING_MANDATORY_PARAMETER", PARAM_NAME="event")
        if call.fields("event") is None:
            return refused("PROPERTY_VALIDATION_WRONG_FORMAT", PROP="event")
        bad = unclean(fields)
        if bad is not None:
            return refused("INVALID_PARAMETER_CHAR", XML_FIELD=bad)
        type_id = fields.get("eventType", "")
        if type_id and type_id not in map(str, _KALTURA_STATS_EVENT_TYPES):
            return refused(
                "INVALID_ENUM_VALUE",
                ENUM_VAL=type_id,
                PARAM_NAME="eventType",
                ENUM_TYPE="KalturaStatsEventType",
            )
        return self.booth.refusal(call.text("ks")) or found(True)

    def _track(self, call: ApiCall, fields: Mapping[str, str]) -> Reply:
        missing = [name for name in ("eventType", "partnerId") if not fields.get(name)]
        if missing:
            return plain_text(400, f"missing required fields: {', '.join(missing)}")
        if self.booth.refusal(call.text("ks")) is not None:
            return plain_text(401, "invalid or expired KS")
        now = round(self._clock(), 3)
        return found({"time": now, "viewEventsEnabled": self.view_events_enabled})
