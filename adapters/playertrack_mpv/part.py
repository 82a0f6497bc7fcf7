"""The part of a file that mpv was asked to play, by its options `start`, `end` and `length`."""

from __future__ import annotations

from collections.abc import Mapping

from playertrack.trace.translator import Part


def part_of(bounds: Mapping[str, str | None], whole: float | None) -> Part | None:
    """The part that the options say, of a file ``whole`` seconds long; None for all of it.

    >>> part_of({"start": "50%", "end": "-1"}, 12.0)
    Part(start=6.0, end=11.0)
    >>> part_of({"start": "2", "length": "3"}, None)
    Part(start=2.0, end=5.0)
    >>> part_of({"start": "none"}, 12.0) is None
    True
    """
    start = _seconds(bounds.get("start"), whole)
    end = _seconds(bounds.get("end"), whole)
    length = _seconds(bounds.get("length"), whole)
    if length is not None:
        ends = (start or 0.0) + length
        end = ends if end is None else min(end, ends)
    if end is None or end <= (start or 0.0) or (whole is not None and end >= whole):
        end = None
    if end is None:
        return None  # a start alone is where playback begins, of all of it
    return Part(start or 0.0, end)


def _seconds(value: str | None, whole: float | None) -> float | None:
    """A time as mpv writes it: seconds, from the end if negative, or a share; else None."""
    text = value or ""
    share = text.endswith("%")
    try:
        number = float(text.rstrip("%"))
    except ValueError:
        return None  # "none", or a chapter
    if share:
        return None if whole is None else whole * number / 100.0
    if text.startswith("-"):
        return None if whole is None else max(0.0, whole + number)
    return number
