"""Valid values for the fields of each signal."""

from __future__ import annotations

from typing import Any

from playertrack.signals import (
    SIGNALS,
    Signal,
)

AT = 1700000000.0

#: Each signal with the fields that it cannot be without.
LEAST: dict[str, dict[str, Any]] = {
    "ready": {},
    "loaded": {"entry_id": "1_a"},
    "play": {},
    "playing": {},
    "pause": {},
    "timeupdate": {"position": 3.2},
    "seeking": {},
    "seeked": {},
    "seek": {"position": 60.0},
    "stall": {},
    "stall_end": {},
    "ended": {},
    "looped": {},
    "stop": {},
    "replay": {},
    "ratechange": {"rate": 1.5},
    "durationchange": {"duration": 100.0},
    "error": {"code": "E1"},
    "source_selected": {},
    "flavor_switch": {},
    "captions": {"language": "de"},
    "audio_track": {"language": "fr"},
    "volume": {"volume": 0.5},
    "fullscreen": {"on": True},
    "engage": {"action": "share"},
    "ad_start": {"slot": "preroll"},
    "ad_progress": {"position": 1.0},
    "ad_click": {},
    "ad_end": {},
    "tick": {},
    "close": {},
}

#: What may be there besides, each with the value that it has when it is left out.
OPTIONAL: dict[str, dict[str, Any]] = {
    "loaded": {"duration": None, "live": False, "dvr": False, "loop": False},
    "seeking": {"origin": None, "by": None},
    "seek": {"origin": None, "by": None},
    "durationchange": {"live": None, "dvr": None, "loop": None},
    "error": {"message": "", "fatal": True},
    "source_selected": {"bitrate": None, "source": None},
    "flavor_switch": {"bitrate": None},
    "volume": {"muted": False},
    "ad_start": {"duration": None},
    "ad_progress": {"duration": None},
}

#: Of each field a value that is no default.
OTHER: dict[str, Any] = {
    "position": 12.5,
    "origin": 4.0,
    "by": "page",
    "duration": 90.0,
    "live": True,
    "dvr": True,
    "loop": True,
    "message": "broken",
    "fatal": False,
    "bitrate": 1500,
    "source": "hd",
    "muted": True,
}


def make(name: str, **fields: Any) -> Signal:
    return SIGNALS[name](**{"at": AT, **LEAST[name], **fields})
