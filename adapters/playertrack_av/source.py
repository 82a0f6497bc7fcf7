"""The media that the user named: what to open, what to call it, and why it failed."""

from __future__ import annotations

import attrs
import av
import av.error

from playertrack.live.adapter import entry_name


@attrs.frozen
class Source:
    """A file or URL. ``url``: what FFmpeg opens; ``entry_id``: the name that it goes by.

    ``remote``: it comes over a network or a pipe.
    """

    url: str
    entry_id: str
    remote: bool

    @classmethod
    def of(cls, media: str, entry_id: str | None = None) -> Source:
        """Media as it was named: ``-`` is standard input, what has ``scheme://`` is a URL.

        >>> Source.of("https://cdn.example/videos/big%20bunny.mp4?token=1").entry_id
        'big bunny'
        >>> Source.of("talk.part1.mp4")
        Source(url='file:talk.part1.mp4', entry_id='talk.part1', remote=False)
        """
        scheme, separator, _ = media.partition("://")
        if media == "-":
            return cls("pipe:0", entry_id or "stdin", remote=True)
        name = entry_id or entry_name(media)
        if not separator:
            # The prefix keeps FFmpeg from taking "lesson:1.mp4" for a protocol.
            return cls(f"file:{media}", name, remote=False)
        return cls(media, name, remote=scheme.lower() != "file")


@attrs.frozen
class MediaError(Exception):
    """Playback cannot go on. ``code`` is for programs, ``message`` for people."""

    code: str
    message: str


_CODES: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((FileNotFoundError, av.error.HTTPNotFoundError), "not_found"),
    ((PermissionError, av.error.HTTPForbiddenError, av.error.HTTPUnauthorizedError), "forbidden"),
    ((TimeoutError, av.error.ExitError), "timeout"),  # the latter is PyAV's own time-out
    ((av.error.HTTPError, av.error.HTTPClientError, av.error.HTTPServerError), "network"),
    ((av.error.ProtocolNotFoundError,), "unsupported"),
    ((IsADirectoryError,), "not_media"),
)


def media_error(error: Exception, source: Source, doing: str, otherwise: str) -> MediaError:
    """The meaning of an exception of PyAV for playback.

    ``doing`` says where it came up, ``otherwise`` is the code of what is not of the system
    or the network.
    """
    if isinstance(error, av.error.ExitError):
        reason = "no data came in time"
    else:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    message = f"{doing}: {reason[:1].lower()}{reason[1:]}"
    for types, code in _CODES:
        if isinstance(error, types):
            return MediaError(code, message)
    if isinstance(error, OSError):
        return MediaError("network" if source.remote else "io", message)
    return MediaError(otherwise, message)
