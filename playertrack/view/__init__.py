"""``playertrack view``: a local page with a table of sessions, and each session in full."""

from .file_library import FileLibrary
from .library import Library
from .routes import ViewRoutes
from .sources import Source, find

__all__ = ["FileLibrary", "Library", "Source", "ViewRoutes", "find"]
