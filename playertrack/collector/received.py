"""The collector's values: received events and verdicts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import attrs

from ..destinations.kaltura.kava import KAVA_IDS
from ..destinations.kaltura.stats import STATS_IDS

STATS, KAVA, KS, REPORT = "stats", "kava", "ks", "report"
HTTP, NDJSON, CLOUDEVENTS, SEGMENT, XAPI = "http", "ndjson", "cloudevents", "segment", "xapi"
#: Where whole events come, so that they can be judged as an event log.
WHOLE = (HTTP, NDJSON, CLOUDEVENTS)
ENDPOINTS = (STATS, KAVA, KS, REPORT, *WHOLE, SEGMENT, XAPI)

#: What Player v7 and applications send besides what the mapper does.
_OTHERS = {
    15: "PLAY_REACHED_90",
    22: "SHARE_NETWORK",
    25: "REPORT_SUBMITTED",
    37: "RELATED_SELECTED",
    10002: "track_button",
    10003: "track_page",
}
#: The names of the events by the endpoint and the id.
NAMES = {
    STATS: {number: name for name, number in STATS_IDS.items()},
    KAVA: {number: name for name, number in KAVA_IDS.items()} | _OTHERS,
}

_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,18})?([eE][-+]?\d{1,2})?", re.ASCII)


def number_in(text: str | None) -> float | None:
    """The number in ``text``, if it is one that can be counted with."""
    return float(text) if text and _NUMBER.fullmatch(text) else None


def _in_milliseconds(fields: Mapping[str, str]) -> bool:
    """True for an event of stats.collect from one of the old players, which sent those."""
    return (number_in(fields.get("eventTimestamp")) or 0.0) > 1e11


def seconds_of(name: str, fields: Mapping[str, str]) -> float | None:
    """A time or position of an event of stats.collect in seconds; None if it has none."""
    value = number_in(fields.get(name))
    return value if value is None or not _in_milliseconds(fields) else value / 1000


@attrs.frozen(kw_only=True)
class Received:
    """One event as it came, or the try to bring one.

    ``number`` counts what was received, ``at`` is when (Unix time, s). ``accepted``: the
    server took it, though the answer may not have arrived; ``outcome`` says in words what
    became of it. ``event`` is its name, None if the id is unknown. ``findings`` say what is
    wrong with it, by itself and in its session. The KS is kept for tests in this process and
    shown to nobody.
    """

    number: int
    at: float
    endpoint: str
    accepted: bool
    outcome: str
    event: str | None
    session: str
    entry_id: str
    fields: Mapping[str, str]
    findings: tuple[str, ...] = ()
    ks: str | None = attrs.field(default=None, repr=False)

    @property
    def good(self) -> bool:
        """True if it was accepted and has no problems."""
        return self.accepted and not self.findings

    @property
    def happened_at(self) -> float:
        """When it happened (Unix time, s), if it says so; else when it came."""
        at = seconds_of("eventTimestamp", self.fields)
        return self.at if at is None else at

    def to_record(self) -> dict[str, Any]:
        """For JSON; ``ks`` is a digest, which differs from one KS to the next."""
        record = attrs.asdict(self, filter=lambda field, _: field.name != "ks")
        record["fields"] = dict(self.fields)
        record["findings"] = list(self.findings)
        record["ks"] = None if self.ks is None else digest(self.ks)
        return record


def digest(ks: str) -> str:
    """A digest by which to recognize a KS without giving it away."""
    return sha256(ks.encode(errors="surrogatepass")).hexdigest()[:8]


@attrs.frozen(kw_only=True)
class SessionVerdict:
    """A session so far: how many of which events, and what is wrong with it."""

    session: str
    endpoint: str
    entry_id: str
    events: Mapping[str, int]
    findings: tuple[str, ...]
    buffering: bool

    def to_record(self) -> dict[str, Any]:
        """For JSON."""
        return attrs.asdict(self) | {
            "events": dict(self.events),
            "findings": list(self.findings),
        }
