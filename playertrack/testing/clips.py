"""Makes small media files to play: a shade of grey that moves, and a tone."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from fractions import Fraction
from heapq import merge
from itertools import pairwise
from math import sin, tau
from pathlib import Path
from random import Random
from typing import Any, cast

import attrs
import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

WIDTH, HEIGHT = 160, 90
PICTURES = 25  # a second
TONE = 440  # Hz


@attrs.frozen
class _Codecs:
    """The codecs of a container: ``keyframes`` are so many pictures apart.

    ``samples`` of sound a second go in blocks of ``block``.
    """

    video: str
    options: dict[str, str]
    keyframes: int
    audio: str
    samples: int
    block: int


_MPEG = _Codecs("mpeg4", {}, 50, "aac", 16_000, 1024)
#: What browsers play.
_WEBM = _Codecs("libvpx", {"deadline": "realtime"}, 25, "libopus", 48_000, 960)


def make_clip(
    path: Path,
    seconds: float = 12.0,
    *,
    picture: bool = True,
    sound: bool = True,
    start: float = 0.0,
    noise: bool = False,
    codec: str | None = None,
    options: dict[str, str] | None = None,
    chapters: tuple[float, ...] = (),
) -> Path:
    """Write a clip of MPEG-4 video and AAC sound, in WebM of VP8 and Opus; returns its path.

    The ending of ``path`` says what container it is, and ``options`` are for that one;
    ``codec`` is another one for the video. ``start`` (s) is the first time stamp in the file.
    With ``noise`` in place of the shade it is some 200 kB a second, so that no player has all
    of it at once. ``chapters`` are where (s) each begins.
    """
    codecs = _WEBM if path.suffix == ".webm" else _MPEG
    with av.open(str(path), "w", options=options) as output:
        if chapters:
            output.set_chapters([_chapter(n, *c) for n, c in enumerate(_spans(chapters, seconds))])
        streams: list[Iterator[Packet[Any]]] = []
        if picture:
            made = output.add_stream(codec or codecs.video, rate=PICTURES, options=codecs.options)
            video = cast("VideoStream", made)
            video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            video.gop_size, video.max_b_frames = codecs.keyframes, 0
            streams.append(
                p for f in (*_pictures(seconds, start, noise), None) for p in video.encode(f)
            )
        if sound:
            added = output.add_stream(codecs.audio, rate=codecs.samples, layout="mono")
            audio = cast("AudioStream", added)
            sounds = (*_sounds(codecs, seconds, start), None)
            streams.append(p for f in sounds for p in audio.encode(f))
        for packet in merge(*streams, key=_time):
            output.mux(packet)
    return path


def _spans(starts: tuple[float, ...], seconds: float) -> Iterator[tuple[float, float]]:
    yield from pairwise((*starts, seconds))


def _chapter(number: int, start: float, end: float) -> Any:
    milliseconds = {"start": round(start * 1000), "end": round(end * 1000)}
    name = {"title": f"chapter {number + 1}"}
    return {"id": number, "time_base": Fraction(1, 1000), "metadata": name, **milliseconds}


def _time(packet: Packet[Any]) -> float:
    return float((packet.dts or 0) * packet.time_base)


def _pictures(seconds: float, start: float, noise: bool) -> Iterator[VideoFrame]:
    random = Random(0)
    first = round(start * PICTURES)
    for number in range(round(seconds * PICTURES)):
        frame = VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane, value in zip(frame.planes, (16 + 3 * number % 220, 128, 128), strict=True):
            size = plane.buffer_size
            plane.update(random.randbytes(size) if noise else bytes([value]) * size)
        frame.pts, frame.time_base = first + number, Fraction(1, PICTURES)
        yield frame


def _sounds(codecs: _Codecs, seconds: float, start: float) -> Iterator[AudioFrame]:
    rate = codecs.samples
    end = round(seconds * rate)
    for offset in range(0, end, codecs.block):
        samples = range(offset, min(offset + codecs.block, end))
        frame = AudioFrame("s16", "mono", len(samples))
        tone = array("h", (int(8000 * sin(tau * TONE * n / rate)) for n in samples))
        frame.planes[0].update(tone.tobytes())
        frame.sample_rate = rate
        frame.pts, frame.time_base = round(start * rate) + offset, Fraction(1, rate)
        yield frame
