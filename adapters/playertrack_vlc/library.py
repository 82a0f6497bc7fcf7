"""python-vlc, or what to install to get it."""

from playertrack.errors import MissingLibraryError

try:
    import vlc as vlc
except (ImportError, NotImplementedError, OSError) as error:
    # python-vlc raises the latter two where there is no libVLC.
    raise MissingLibraryError(
        f"VLC is missing ({error}); install python-vlc (pip install 'playertrack[vlc]') "
        "and libVLC (Debian: apt-get install libvlc5 vlc-plugin-base)"
    ) from error
