"""aiohttp, or what to install to get it: delivery over HTTP and the collector need it."""

from .errors import MissingLibraryError

try:
    import aiohttp as aiohttp
    from aiohttp.abc import AbstractResolver as AbstractResolver
    from aiohttp.abc import ResolveResult as ResolveResult
except ImportError as error:
    raise MissingLibraryError(
        f"aiohttp is missing ({error}): delivery over HTTP and the collector need it: "
        "pip install playertrack, with its dependencies"
    ) from error
