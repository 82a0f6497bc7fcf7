"""The name of media in events, if the program gives none."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

#: What media is called in the events: a name, or what makes one of a file name or URL.
EntryId = str | Callable[[str], str] | None

#: What media servers call every stream alike; the folder above says which it is.
_COMMON = {
    *("chunklist", "dash", "default", "file", "hls", "index", "live", "main", "manifest"),
    *("master", "media", "output", "play", "playlist", "prog_index", "source", "stream"),
    *("video", "audio", "vod", "_definst_"),
}

#: Of these, the folders that say what is offered there, if nothing says which media it is.
_OFFERS = {"audio", "live", "stream", "video", "vod"}

#: What media servers call the renditions of a stream: ``720p``, ``1920x1080``, ``800k``,
#: ``chunklist_b2000``, ``index-f1-v1-a1``, ``manifest(format=mpd-time-csf)``.
_RENDITION = re.compile(
    r"\d{3,4}[pi]\d*|\d+x\d+|\d+k(bps|bit)?"
    r"|(chunklist|index|manifest|master|playlist|prog_index)"
    r"(\(.*\)|([_-]([a-z]{0,2}\d+[a-z]?|audio|av|video))+)",
    re.IGNORECASE,
)

#: The folder of Kaltura's URLs after which the name of the entry comes.
_ENTRY = "entryid"

#: Endings of names that are folders to a media server: ``bunny.ism/Manifest``.
_ENDINGS = {".ism", ".isml", ".smil", ".mp4", ".m4v", ".mkv", ".mp3", ".m4a", ".webm", ".mov"}


def entry_name(media: str) -> str:
    """The name of a file or URL: its file name, without ending and secrets.

    Of a media server's URL it is the first name, from the end, that says which media it is,
    of Kaltura's the id of the entry, and of one that has none the host, with what it offers.

    >>> entry_name("https://cdn.example/videos/big%20bunny.mp4?token=1")
    'big bunny'
    >>> entry_name("https://cdn.example/vod/mp4:bunny.mp4/playlist.m3u8")
    'bunny'
    >>> entry_name("https://cdn.example/p/1/playManifest/entryId/1_abc/format/url/a.m3u8")
    '1_abc'
    >>> entry_name("http://radio.example:8000/stream")
    'radio.example'
    >>> entry_name("http://cam.example/live/1080p/index.m3u8")
    'cam.example/live'
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
    folders = path.parts[:-1]
    for before, name in pairwise(path.parts):
        if before.lower() == _ENTRY:
            return name
    for part in (path.stem, *map(_folder, reversed(folders))):
        name = part.rpartition(":")[2]  # "mp4:bunny" is how some servers name the container
        if name.strip("/") and name.lower() not in _COMMON and not _RENDITION.fullmatch(name):
            return name
    host = parts.hostname or ""
    offer = next((name for name in folders if name.lower() in _OFFERS), None)
    return host if offer is None else f"{host}/{offer}"


def _folder(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    return stem if dot + ending.lower() in _ENDINGS else name
