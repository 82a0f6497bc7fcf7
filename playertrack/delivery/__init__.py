"""Sends what is queued: in order, by the retry law, with the KS attached last.

aiohttp is loaded when a `Post` is made.
"""

from .destination import Learner, Target
from .post import Post, share
from .settings import DEFAULT_SETTINGS, DeliveryError, DeliverySettings

__all__ = (
    "DEFAULT_SETTINGS",
    "DeliveryError",
    "DeliverySettings",
    "Learner",
    "Post",
    "Target",
    "share",
)
