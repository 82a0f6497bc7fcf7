"""The thread that reads and decodes: media in, frames with their times out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from math import inf

import av
import av.error
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from .buffering import End, Frame, FrameBuffer, Opened, Pass
from .source import MediaError, Source, media_error

#: A frame that far (s) beyond the duration has a broken time stamp; it is never shown.
_BEYOND = 60.0

#: A seek whose first frame is that much (s) beyond the target has not been one.
_LATE = 1.0

_Stream = VideoStream | AudioStream


class Decoder:
    """Opens a source and keeps ``frames`` filled, pass after pass, in a thread of its own.

    The first thing in the buffer is `Opened`, the last of a pass `End` or `MediaError`.
    ``bad_packets`` counts what could not be decoded and was left out. ``timeout`` (s) is for
    opening and for each read, which cannot be broken off: a thread that waits for a dead
    network outlives `close` by that much, as a daemon.
    """

    def __init__(self, source: Source, frames: FrameBuffer, timeout: float) -> None:
        self.bad_packets = 0
        self._source = source
        self._frames = frames
        self._timeout = timeout
        self._container: InputContainer | None = None
        self._duration: float | None = None
        self._live = False
        self._thread = threading.Thread(
            target=self._run, name="playertrack-av-decoder", daemon=True
        )
        self._thread.start()

    def join(self, timeout: float) -> None:
        """Wait (s) for the thread, after the buffer was closed."""
        self._thread.join(timeout)

    def _run(self) -> None:
        number = 0
        while (wanted := self._frames.next_pass(number)) is not None:
            number = wanted.number
            try:
                self._decode(wanted)
            except MediaError as error:
                self._frames.put(error, number)
            except Exception as error:
                # Whatever it is, the player must learn of it, or it would wait for ever.
                problem = media_error(error, self._source, "cannot play on", otherwise="decode")
                self._frames.put(problem, number)
        if self._container is not None:
            self._container.close()

    def _decode(self, wanted: Pass) -> None:
        """One pass, to the end of the media or until another is wanted."""
        if self._container is None:
            container = self._open()
            self._duration = _duration(container)
            self._live = self._duration is None and self._source.remote
            if not self._frames.put(Opened(self._duration, self._live), wanted.number):
                return
            frames = self._shown(container, 0.0)
        else:
            frames = self._from(wanted.start)
        end = 0.0
        for frame in frames:
            end = max(end, frame.end)
            # A seek lands on the keyframe before its target; up to there nothing is shown.
            shown = frame.end > wanted.start or frame.start >= wanted.start
            if shown and not self._frames.put(frame, wanted.number):
                return
        self._frames.put(End(end), wanted.number)

    def _open(self) -> InputContainer:
        doing = "cannot open it"
        try:
            container = av.open(self._source.url, timeout=(self._timeout, self._timeout))
        except Exception as error:  # libraries below raise what they like; it is one failure
            raise media_error(error, self._source, doing, otherwise="not_media") from error
        self._container = container
        if container.format.name == "tty":
            # FFmpeg takes any text for an animation of a terminal.
            raise MediaError("not_media", f"{doing}: it is a text")
        if not _streams(container):
            raise MediaError("not_media", f"{doing}: there is neither sound nor picture in it")
        return container

    def _from(self, start: float) -> Iterator[Frame]:
        """The frames from the keyframe before ``start`` on, or from the start."""
        container = self._container
        assert container is not None
        # A live stream has no other start than now, and without a start time what comes after
        # a seek has no times at all.
        if not self._live and container.start_time is not None:
            try:
                container.seek(round(start * av.time_base) + container.start_time)
                frames = self._shown(container, start)
                first = next(frames, None)
            except av.error.FFmpegError:
                first = None
            # Not every format can seek, nor every server, and not all of them say so.
            if first is not None and first.start <= start + _LATE:
                yield first
                yield from frames
                return
        container.close()
        yield from self._shown(self._open(), 0.0)

    def _shown(self, container: InputContainer, at: float) -> Iterator[Frame]:
        """The frames from ``at`` on, as they come, with their times from the start of the media."""
        streams = _streams(container)
        zero = (container.start_time or 0) / av.time_base
        latest = inf if self._duration is None else self._duration + _BEYOND
        ends = {stream.index: at for stream in streams}
        for packet in container.demux(streams):
            try:
                decoded = packet.decode()
            except av.error.FFmpegError:
                self.bad_packets += 1
                continue
            for frame in decoded:
                if not isinstance(frame, (AudioFrame, VideoFrame)):
                    continue
                index = packet.stream.index
                start = ends[index] if frame.time is None else frame.time - zero
                ends[index] = start + _length(frame)
                if start <= latest:
                    yield Frame(start, ends[index])


def _duration(container: InputContainer) -> float | None:
    """In seconds, from the container or else its longest stream; None if neither knows."""
    known = [container.duration / av.time_base] if container.duration else []
    known += [
        float(stream.duration * stream.time_base)
        for stream in _streams(container)
        if stream.duration and stream.time_base and not known
    ]
    return max((seconds for seconds in known if seconds > 0), default=None)


def _streams(container: InputContainer) -> list[_Stream]:
    """The first picture and the first sound; the cover of an album is no picture that plays."""
    pictures = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    chosen: list[_Stream] = [*pictures[:1], *container.streams.audio[:1]]
    return [stream for stream in chosen if stream.codec_context is not None]


def _length(frame: AudioFrame | VideoFrame) -> float:
    """How long (s) a frame lasts; 0 if it does not say."""
    if isinstance(frame, AudioFrame):
        return frame.samples / frame.sample_rate if frame.sample_rate else 0.0
    return float(frame.duration * frame.time_base) if frame.duration and frame.time_base else 0.0
