"""Makes a small film that browsers play: a shade of grey that moves, and a tone."""

from __future__ import annotations

from array import array
from fractions import Fraction
from math import sin, tau
from pathlib import Path

import av

_PICTURES = 25  # a second
_SAMPLES = 48_000  # a second, as Opus wants them
_BLOCK = 960  # samples in a frame of Opus
_TONE = 440  # Hz


def make_film(path: Path, seconds: float = 12.0) -> Path:
    """Write ``seconds`` of VP8 and Opus into a WebM file with an index; returns its path."""
    with av.open(str(path), "w", format="webm") as output:
        video = output.add_stream("libvpx", rate=_PICTURES, options={"deadline": "realtime"})
        video.width, video.height, video.pix_fmt = 160, 90, "yuv420p"
        video.gop_size = _PICTURES
        audio = output.add_stream("libopus", rate=_SAMPLES, layout="mono")
        block = 0
        for number in range(round(seconds * _PICTURES)):
            picture = av.VideoFrame(160, 90, "yuv420p")
            shades = (16 + 3 * number % 220, 128, 128)
            for plane, shade in zip(picture.planes, shades, strict=True):
                plane.update(bytes([shade]) * plane.buffer_size)
            picture.pts, picture.time_base = number, Fraction(1, _PICTURES)
            output.mux(video.encode(picture))
            while block * _BLOCK * _PICTURES < (number + 1) * _SAMPLES:
                output.mux(audio.encode(_sound(block)))
                block += 1
        output.mux(video.encode(None))
        output.mux(audio.encode(None))
    return path


def _sound(block: int) -> av.AudioFrame:
    begin = block * _BLOCK
    tone = (int(8000 * sin(tau * _TONE * n / _SAMPLES)) for n in range(begin, begin + _BLOCK))
    sound = av.AudioFrame("s16", "mono", _BLOCK)
    sound.planes[0].update(array("h", tone).tobytes())
    sound.sample_rate, sound.pts, sound.time_base = _SAMPLES, begin, Fraction(1, _SAMPLES)
    return sound
