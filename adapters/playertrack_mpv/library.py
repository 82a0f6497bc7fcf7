"""python-mpv, or what to install to get it."""

from playertrack.errors import MissingLibraryError

try:
    import mpv as mpv
except (ImportError, OSError) as error:
    # python-mpv raises the latter where there is no libmpv.
    raise MissingLibraryError(
        f"mpv is missing ({error}); install python-mpv (pip install 'playertrack[mpv]') "
        "and libmpv (Debian: apt-get install libmpv2)"
    ) from error
