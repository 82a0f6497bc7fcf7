"""python-mpv, or what to install to get it."""

try:
    import mpv as mpv
except (ImportError, OSError) as error:
    # python-mpv raises the latter where there is no libmpv.
    raise ImportError(
        f"mpv is missing ({error}); install python-mpv (pip install 'playertrack[mpv]') "
        "and libmpv (Debian: apt-get install libmpv2)",
        name="mpv",
    ) from error
