"""How events go over the wire to Kaltura, what its answers mean, and the sinks that deliver them.

`StatsDestination` makes requests for stats.collect, `KavaDestination` for
analytics.trackEvent, to which `ApplicationEvents` go as well; both are values and functions,
without any input or output. `StatsSink` and `KavaSink` deliver what they make.
"""

from .application import ApplicationEvents
from .destination import ANALYTICS_URL, SERVICE_URL
from .fields import WireError
from .identity import Identity
from .kava import KAVA_IDS, KavaDestination, KavaSink
from .ks_redaction import redact_ks
from .profile import WireProfile
from .responses import TrackAnswer, judge_answer, track_answer
from .stats import STATS_IDS, StatsDestination, StatsSink

__all__ = (
    "ANALYTICS_URL",
    "KAVA_IDS",
    "SERVICE_URL",
    "STATS_IDS",
    "ApplicationEvents",
    "Identity",
    "KavaDestination",
    "KavaSink",
    "StatsDestination",
    "StatsSink",
    "TrackAnswer",
    "WireError",
    "WireProfile",
    "judge_answer",
    "redact_ks",
    "track_answer",
)
