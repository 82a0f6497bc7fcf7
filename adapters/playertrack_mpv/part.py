"""The part of a file that mpv was asked to play, by its options `start`, `end` and `length`."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from playertrack.trace.translator import Part


@attrs.define
class Bounds:
    """The options of a file as mpv writes them, and where (s) its chapters start.

    ``whole`` is how long the file is (s), None if that is unknown.
    """

    options: dict[str, str | None] = attrs.field(factory=dict)
    chapters: Sequence[float] = ()

    def part(self, whole: float | None) -> Part | None:
        """The part that the options say; None for all of the file.

        >>> Bounds({"start": "50%", "end": "-1"}).part(12.0)
        Part(start=6.0, end=11.0)
        >>> Bounds({"start": "2", "length": "3"}).part(None)
        Part(start=2.0, end=5.0)
        >>> Bounds({"start": "#1", "end": "#2"}, (0.0, 2.0, 4.0)).part(6.0)
        Part(start=2.0, end=4.0)
        >>> Bounds({"start": "none"}).part(12.0) is None
        True
        """
        start, end, length = (
            self._seconds(self.options.get(name), whole) for name in ("start", "end", "length")
        )
        if length is not None:
            ends = (start or 0.0) + length
            end = ends if end is None else min(end, ends)
        if end is None or end <= (start or 0.0) or (whole is not None and end >= whole):
            return None  # a start alone is where playback begins, of all of it
        return Part(start or 0.0, end)

    @property
    def given(self) -> list[str]:
        """Those that are set."""
        return [value for value in self.options.values() if value and value != "none"]

    def unclear(self, whole: float | None) -> bool:
        """True if it cannot be said where one of them is.

        >>> Bounds({"end": "#7"}, (0.0, 2.0)).unclear(6.0)
        True
        >>> Bounds({"start": "2", "end": "none"}).unclear(None)
        False
        """
        return any(self._seconds(value, whole) is None for value in self.given)

    def _seconds(self, value: str | None, whole: float | None) -> float | None:
        """A time: seconds, from the end if negative, a share or a chapter; else None.

        mpv counts chapters from 1 where they are set, and from 0 where it writes them.
        """
        text = value or ""
        try:
            number = float(text.strip("#%"))
        except ValueError:
            return None  # "none"
        if text.startswith("#"):
            inside = 0 <= number < len(self.chapters)
            return self.chapters[int(number)] if inside else None
        if text.endswith("%"):
            return None if whole is None else whole * number / 100.0
        if text.startswith("-"):
            return None if whole is None else max(0.0, whole + number)
        return number
