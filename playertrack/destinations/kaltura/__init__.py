"""How events go over the wire to Kaltura, and what its answers mean: values and functions.

Nothing here does any input or output. `StatsMapper` makes requests for stats.collect,
`KavaMapper` and `ApplicationMapper` for analytics.trackEvent; `attach_ks` gives a request its
KS at the very end, and `judge` says what the answer to it means.
"""

from .application import ApplicationMapper
from .fields import WireError
from .identity import Identity
from .kava import ANALYTICS_URL, KAVA_IDS, KavaMapper
from .profile import WireProfile
from .redaction import redact
from .request import Mapper, Request, attach_ks
from .responses import Fault, Kind, TrackAnswer, Verdict, judge, judge_fault, track_answer
from .session_memory import Recall
from .stats import SERVICE_URL, STATS_IDS, StatsMapper

__all__ = (
    "ANALYTICS_URL",
    "KAVA_IDS",
    "SERVICE_URL",
    "STATS_IDS",
    "ApplicationMapper",
    "Fault",
    "Identity",
    "KavaMapper",
    "Kind",
    "Mapper",
    "Recall",
    "Request",
    "StatsMapper",
    "TrackAnswer",
    "Verdict",
    "WireError",
    "WireProfile",
    "attach_ks",
    "judge",
    "judge_fault",
    "redact",
    "track_answer",
)
