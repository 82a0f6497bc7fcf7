"""GStreamer and its GstPlay by PyGObject, or what to install to get them."""

from typing import Any

from playertrack.errors import MissingLibraryError

try:
    import gi

    gi.require_version("Gst", "1.0")
    from gi.repository import Gst as Gst
except (ImportError, ValueError) as error:
    # PyGObject raises the latter where the library is not described for it.
    raise MissingLibraryError(
        f"GStreamer is missing ({error}); it is not on PyPI; Debian: apt-get install "
        "python3-gi gir1.2-gstreamer-1.0 gir1.2-gst-plugins-base-1.0 gstreamer1.0-plugins-base "
        "gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav, and create the "
        "virtual environment with --system-site-packages"
    ) from error

Gst.init(None)


def gstplay() -> Any:
    """The module GstPlay; an ImportError says what to install."""
    try:
        gi.require_version("GstPlay", "1.0")
        from gi.repository import GstPlay
    except (ImportError, ValueError) as error:
        raise MissingLibraryError(
            f"GstPlay is missing ({error}); Debian: apt-get install gir1.2-gst-plugins-bad-1.0"
        ) from error
    return GstPlay
