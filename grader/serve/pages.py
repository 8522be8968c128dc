"""Render the service's pages with escaped text; styles and scripts are allowed by hash.

    page = render("home.html", person=person, ...)          # -> Page(html, policy)

Feedback pages and class reports come from the grading service; `sandboxed` adds a sandbox to the
policy that they contain.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from msgspec import Struct

from grader.serve import wording
from grader.text import visible_line

TEMPLATES: Final = Path(__file__).with_name("templates")
BASE: Final = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
_META: Final = re.compile(rb'<meta http-equiv="Content-Security-Policy" content="([^"]{1,2000})">')
_BODY: Final = re.compile(rb"<body[^>]{0,200}>")


class Page(Struct, frozen=True):
    """A page and its Content-Security-Policy."""

    html: bytes
    policy: str


def render(template: str, **values: Any) -> Page:
    """Fill in a template; only the live page of staff has a script."""
    css, script = _asset("serve.css"), _asset("live.js") if template == "staff.html" else ""
    policy = f"{BASE}; style-src {_hash(css)}; img-src data:"
    if script:
        policy += f"; script-src {_hash(script)}; connect-src 'self'"
    page = environment().get_template(template).render(
        css=Markup(css), script=Markup(script), wording=wording, **{"person": None, **values}  # noqa: S704  # files of ours
    )  # fmt: skip
    return Page(page.encode("utf-8", "replace"), policy)


def sandboxed(document: bytes, links: str, allow: str = "") -> Page:
    """Return a page of the grading service with our links above it, in a sandbox.

    Whatever a submission has injected into its page, it cannot run scripts (except those that
    ``allow`` names) or send forms, and it has no rights on our site.
    """
    found = _META.search(document)
    own = html.unescape(found[1].decode()) if found else "default-src 'none'"
    bar = links.encode("utf-8", "replace")
    shown = _BODY.sub(lambda match: match[0] + bar, document, count=1)
    return Page(shown, f"{own}; frame-ancestors 'none'; sandbox {allow}".strip())


@cache
def environment() -> Environment:
    """Return the templates, which are compiled on first use."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters["line"] = visible_line
    made.filters["score"] = wording.score
    return made


def compile_all() -> None:
    """Load all templates and assets, which the web process cannot read later."""
    for path in TEMPLATES.iterdir():
        if path.suffix == ".html":
            environment().get_template(path.name)
        else:
            _asset(path.name)


@cache
def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8").strip()
