"""Makes a small clip that browsers play: a shade of grey that moves, and a tone."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from fractions import Fraction
from heapq import merge
from math import sin, tau
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.packet import Packet
from av.video.frame import VideoFrame

_PICTURES = 25  # a second
_SAMPLES = 48_000  # a second, as Opus wants them
_BLOCK = 960  # samples in a frame of Opus
_TONE = 440  # Hz


def make_webm(path: Path, seconds: float = 12.0, *, sound: bool = True) -> Path:
    """Write ``seconds`` of VP8 and Opus into a WebM file with an index; returns its path."""
    with av.open(str(path), "w", format="webm") as output:
        video = output.add_stream("libvpx", rate=_PICTURES, options={"deadline": "realtime"})
        video.width, video.height, video.pix_fmt = 160, 90, "yuv420p"
        video.gop_size = _PICTURES
        streams: list[Iterator[Packet[Any]]] = []
        streams.append(p for frame in (*_pictures(seconds), None) for p in video.encode(frame))
        if sound:
            audio = output.add_stream("libopus", rate=_SAMPLES, layout="mono")
            streams.append(p for frame in (*_sounds(seconds), None) for p in audio.encode(frame))
        for packet in merge(*streams, key=_time):
            output.mux(packet)
    return path


def _time(packet: Packet[Any]) -> float:
    return float((packet.dts or 0) * packet.time_base)


def _pictures(seconds: float) -> Iterator[VideoFrame]:
    for number in range(round(seconds * _PICTURES)):
        picture = VideoFrame(160, 90, "yuv420p")
        for plane, shade in zip(picture.planes, (16 + 3 * number % 220, 128, 128), strict=True):
            plane.update(bytes([shade]) * plane.buffer_size)
        picture.pts, picture.time_base = number, Fraction(1, _PICTURES)
        yield picture


def _sounds(seconds: float) -> Iterator[AudioFrame]:
    for start in range(0, round(seconds * _SAMPLES), _BLOCK):
        tone = (int(8000 * sin(tau * _TONE * n / _SAMPLES)) for n in range(start, start + _BLOCK))
        sound = AudioFrame("s16", "mono", _BLOCK)
        sound.planes[0].update(array("h", tone).tobytes())
        sound.sample_rate, sound.pts, sound.time_base = _SAMPLES, start, Fraction(1, _SAMPLES)
        yield sound
