"""Names media for the events if nobody else does."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

#: What media servers call every stream alike; the folder above says which it is.
_COMMON = {
    *("chunklist", "dash", "default", "file", "hls", "index", "live", "main", "manifest"),
    *("master", "media", "output", "play", "playlist", "prog_index", "source", "stream"),
    *("video", "audio", "vod", "_definst_"),
}

#: Endings of names that are folders to a media server: ``bunny.ism/Manifest``.
_ENDINGS = {".ism", ".isml", ".smil", ".mp4", ".m4v", ".mkv", ".mp3", ".m4a", ".webm", ".mov"}


def entry_name(media: str) -> str:
    """The name of a file or URL: its file name, without ending and secrets.

    Of a media server's URL it is the first name, from the end, that says which media it is,
    and of one that has none the host.

    >>> entry_name("https://cdn.example/videos/big%20bunny.mp4?token=1")
    'big bunny'
    >>> entry_name("https://cdn.example/vod/mp4:bunny.mp4/playlist.m3u8")
    'bunny'
    >>> entry_name("http://radio.example:8000/stream")
    'radio.example'
    >>> entry_name("talk.part1.mp4")
    'talk.part1'
    """
    is_url = "://" in media or media.startswith("file:")  # Qt's of a relative path has no slash
    name = _of_url(media) if is_url else Path(media).stem or media
    # Never empty, and something that UTF-8 can hold: file names may not be.
    return (name or "media").encode(errors="replace").decode()


def _of_url(url: str) -> str:
    parts = urlsplit(url)
    path = PurePosixPath(unquote(parts.path))
    if parts.scheme == "file":
        return path.stem
    for part in (path.stem, *map(_folder, reversed(path.parts[:-1]))):
        name = part.rpartition(":")[2]  # "mp4:bunny" is how some servers name the container
        if name.strip("/") and name.lower() not in _COMMON:
            return name
    return parts.hostname or ""


def _folder(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    return stem if dot + ending.lower() in _ENDINGS else name
