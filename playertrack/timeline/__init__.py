"""Pictures of a trace: where the playhead was, what was watched, which events came and why.

`observe` makes a `Timeline` of signals, or an `Observer` does signal by signal; `to_svg`,
`to_html` and `to_text` draw it.

    >>> from playertrack import signals
    >>> timeline = observe([
    ...     (1, (None, signals.Loaded(at=0, entry_id="1_abc", duration=100))),
    ...     (2, (None, signals.Playing(at=1))),
    ...     (3, (None, signals.TimeUpdate(at=31, position=30))),
    ... ])
    >>> [(mark.quartile, mark.at) for mark in timeline.rows[0].marks]
    [(25, 31.0), (50, None), (75, None), (100, None)]
    >>> to_svg(timeline).startswith("<svg ")
    True
"""

from .html import to_comparison, to_html
from .model import Band, Mark, SessionTimeline, Stretch, Timeline
from .observer import Observer, observe
from .strokes import Stroke
from .svg import to_svg
from .text import to_text

__all__ = [
    "Band",
    "Mark",
    "Observer",
    "SessionTimeline",
    "Stretch",
    "Stroke",
    "Timeline",
    "observe",
    "to_comparison",
    "to_html",
    "to_svg",
    "to_text",
]
