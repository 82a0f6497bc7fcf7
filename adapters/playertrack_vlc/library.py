"""python-vlc, or what to install to get it."""

from playertrack.errors import MissingLibraryError

try:
    import vlc as vlc

    # Without libVLC some versions of python-vlc raise, others load an empty library.
    vlc.dll.libvlc_new  # noqa: B018 - looks the function up
except (ImportError, NotImplementedError, OSError, AttributeError) as error:
    raise MissingLibraryError(
        f"VLC is missing ({error}); install python-vlc (pip install 'playertrack[vlc]') "
        "and libVLC (Debian: apt-get install libvlc5 vlc-plugin-base)"
    ) from error
