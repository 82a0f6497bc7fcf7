"""How events go over the wire to Kaltura, and what its answers mean: values and functions.

Nothing here does any input or output. `StatsDestination` makes requests for stats.collect,
`KavaDestination` for analytics.trackEvent, to which `ApplicationEvents` go as well.
"""

from .application import ApplicationEvents
from .fields import WireError
from .identity import Identity
from .kava import ANALYTICS_URL, KAVA_IDS, KavaDestination
from .profile import WireProfile
from .redaction import redact
from .responses import TrackAnswer, judge, track_answer
from .stats import SERVICE_URL, STATS_IDS, StatsDestination

__all__ = (
    "ANALYTICS_URL",
    "KAVA_IDS",
    "SERVICE_URL",
    "STATS_IDS",
    "ApplicationEvents",
    "Identity",
    "KavaDestination",
    "StatsDestination",
    "TrackAnswer",
    "WireError",
    "WireProfile",
    "judge",
    "redact",
    "track_answer",
)
