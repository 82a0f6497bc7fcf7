"""The file that an mpv plays, as far as it is known."""

from __future__ import annotations

import attrs

from .part import Bounds


@attrs.define
class File:
    """One file, from `start-file` to `end-file`.

    ``first``: where playback started, ``position``: where it was last. ``length``: as mpv says;
    ``believed``: as it was taken; ``grew``: where it was (s of content) when it last grew.
    ``turned``: when a seek began at the end of the file, which may be a new round.
    """

    begun: bool = False
    playing: bool = False
    seeking: bool = False
    target: float | None = None
    waiting: bool = False
    at_end: bool = False
    first: float | None = None
    position: float = 0.0
    moved_at: float = 0.0
    turned: float | None = None
    length: float | None = None
    believed: float | None = None
    grew: float | None = None
    bounds: Bounds = attrs.field(factory=Bounds)
    live: bool = False
    fixed: bool = False
    partial: bool = False
    hls: bool = False
