"""One page to look with: sessions in a table, and one of them in full."""

from .files import FileLibrary
from .library import Library
from .routes import ViewRoutes
from .sources import Source, find

__all__ = ["FileLibrary", "Library", "Source", "ViewRoutes", "find"]
