"""python-mpv, or what to install to get it."""

from playertrack.errors import MissingLibraryError

try:
    import mpv as mpv

    if not hasattr(mpv, "MpvHandle"):
        raise ImportError(f"the module mpv of {mpv.__file__} is another one than python-mpv's")
except (ImportError, OSError) as error:
    # python-mpv raises the latter where there is no libmpv.
    raise MissingLibraryError(
        f"mpv is missing ({error}); install python-mpv (pip install 'playertrack[mpv]') "
        "and libmpv (Debian: apt-get install libmpv2)"
    ) from error
