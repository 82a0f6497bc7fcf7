"""A headless player on PyAV (FFmpeg), whose signals `playertrack` takes as they are."""

from .player import AvPlayer

__all__ = ("AvPlayer",)
