"""Configuration of the documentation: Sphinx with MyST, built by `make docs`."""

from grader import __version__

project = "grader"
author = "The grader authors"
copyright = f"2026, {author}"  # the name that Sphinx reads
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "README.md"]
nitpicky = False
html_theme = "furo"
html_title = f"grader {release}"
html_static_path: list[str] = []
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
suppress_warnings = ["myst.xref_missing"]  # links to files outside docs/; a test checks each link
