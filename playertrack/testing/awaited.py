"""Hints for when an event or signal that was awaited did not come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from .._times import clock
from .._words import did_you_mean
from ..errors import shorten
from ..events import AD_CLICKED, AD_STARTED, ENGAGEMENT, EVENTS, QUARTILES, REACHED, Event
from ..policy import Policy
from ..signals import SIGNALS, Signal
from ..trace.explain import RULES, explain

#: The rule of an event, and the signals one of which a player has to report for it.
Source = tuple[str, tuple[str, ...]]

#: The source of each event. What the engine infers where a player reports less is not in it:
#: whoever writes an adapter is to know what its player should have said.
SOURCES: dict[str, Source] = {
    "WIDGET_LOADED": ("R-ready", ("ready",)),
    "MEDIA_LOADED": ("R-loaded", ("loaded",)),
    "PLAY_REQUEST": ("R-request", ("play",)),
    **dict.fromkeys(("PLAY", "FIRST_PLAY"), ("R-play", ("playing",))),
    "PAUSE": ("R-pause", ("pause",)),
    "RESUME": ("R-resume", ("playing",)),
    "SEEK": ("R-seek", ("seeked", "seek")),
    "REPLAY": ("R-replay", ("play", "replay", "looped")),
    **dict.fromkeys(REACHED.values(), ("R-quartile", ("timeupdate",))),
    REACHED[100]: ("R-hundred", ("timeupdate", "ended", "looped")),
    "COMPLETED": ("R-milestones", ("timeupdate",)),
    "BUFFER_START": ("R-stall", ("stall",)),
    "BUFFER_END": ("R-stall-end", ("stall_end", "playing")),
    "SOURCE_SELECTED": ("R-pass", ("source_selected",)),
    "FLAVOR_SWITCH": ("R-pass", ("flavor_switch",)),
    "CAPTIONS": ("R-pass", ("captions",)),
    "AUDIO_SELECTED": ("R-pass", ("audio_track",)),
    "SPEED": ("R-pass", ("ratechange",)),
    "ERROR": ("R-error", ("error",)),
    **dict.fromkeys(("OPEN_FULL_SCREEN", "CLOSE_FULL_SCREEN"), ("R-pass", ("fullscreen",))),
    **dict.fromkeys(ENGAGEMENT.values(), ("R-pass", ("engage",))),
    **dict.fromkeys(AD_STARTED.values(), ("R-ad", ("ad_start",))),
    **dict.fromkeys(AD_CLICKED.values(), ("R-ad-click", ("ad_click",))),
    **{
        f"{slot}_{quartile}": ("R-ad-quartile", ("ad_progress",))
        for slot in ("PREROLL", "MIDROLL", "POSTROLL")
        for quartile in QUARTILES[:3]
    },
    "VIEW": ("R-view", ("timeupdate", "playing")),
}


def why_no_event(
    name: str, events: Sequence[Event], signals: Sequence[Signal], since: int, policy: Policy
) -> Iterator[str]:
    """Lines about an event that did not come of ``signals``, those from ``since`` on above all."""
    yield f"    in {_session(events)}"
    source = SOURCES.get(name)
    if source is None:
        yield f"    there is no event {shorten(name)}{did_you_mean(name, sorted(EVENTS))}"
        return
    rule, needed = source
    yield f"    {name} comes of {' or '.join(needed)}: {RULES[rule]} [{rule}]"
    yield from _came(needed, signals, since)
    explanations = explain(enumerate(((None, signal) for signal in signals), 1), policy)
    for explanation in explanations[-1:]:
        yield from (
            f"    {reason.text}"
            for missing in explanation.missing
            if missing.event == name
            for reason in missing.reasons
        )
        yield from (
            f"    at {_since_start(note.at, signals)}: {note.message} [{note.rule}]"
            for note in explanation.notes
            if note.line > since
        )


def why_no_signal(
    names: Sequence[str], events: Sequence[Event], signals: Sequence[Signal], since: int
) -> Iterator[str]:
    """Lines about a signal of ``names`` that did not come; those from ``since`` on did."""
    yield f"    in {_session(events)}"
    for name in names:
        if name not in SIGNALS:
            yield f"    there is no signal {shorten(name)}{did_you_mean(name, sorted(SIGNALS))}"
    yield from _came(names, signals, since)


def _session(events: Sequence[Event]) -> str:
    sessions = list(dict.fromkeys(event.session for event in events))
    return f"session {len(sessions)}: {sessions[-1]}" if sessions else "no session as yet"


def _came(needed: Sequence[str], signals: Sequence[Signal], since: int) -> Iterator[str]:
    """Which signals came since then, and whether one of those that are needed did."""
    counts = Counter(signal.name for signal in signals[since:])
    listed = ", ".join(f"{name} ({count})" for name, count in counts.items()) or "none"
    start = "the start"
    if since > 0:
        start = f"{_since_start(signals[since - 1].at, signals)}, when the last wait was over"
    yield f"    signals since {start}: {listed}"
    if not counts.keys() & set(needed):
        yield f"    none of them is {' or '.join(needed)}"


def _since_start(at: float, signals: Sequence[Signal]) -> str:
    return clock(at - signals[0].at, 0.001)
