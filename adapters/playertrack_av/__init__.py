"""A headless player built on PyAV (FFmpeg); it sends the signals of `playertrack` itself."""

from .player import AvPlayer

__all__ = ("AvPlayer",)
