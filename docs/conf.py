"""How the documentation is built: ``make docs``."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(Path(__file__).parent / "_ext"), str(ROOT / "tests" / "core")]

project = "playertrack"
author = "the playertrack authors"
copyright = f"2026, {author}"  # noqa: A001 - Sphinx calls it so
release = version = version_of("playertrack")

extensions = ["myst_parser", "sphinx.ext.autodoc", "drawings"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
myst_fence_as_directive = ["mermaid"]  # drawn here; elsewhere Mermaid draws it

# Docstrings write `Engine` and `feed` for what they name; what is no name stays as it is.
default_role = "py:obj"
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # signatures that fit into a line; docstrings say what things are
autodoc_preserve_defaults = True
add_module_names = False
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = f"playertrack {version}"
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_show_sphinx = False
html_copy_source = False
