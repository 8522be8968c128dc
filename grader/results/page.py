"""Render pages with escaped text and a strict content security policy.

    render("feedback.html", styles=("page.css",), title="Two-layer network", ...) -> bytes

A page is one file. Its policy forbids it to load anything, and to run any script or style except
its own, which are identified by hashes. So text that escapes the escaping still has no effect.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
from collections.abc import Sequence
from datetime import tzinfo
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from grader import __version__
from grader import timestamps as times
from grader.results import wording
from grader.results.wording import number, plural
from grader.text import visible, visible_line

__all__ = [
    "coded",
    "embedded",
    "fixed",
    "isolated",
    "number",
    "percent",
    "plural",
    "render",
    "time",
]

TEMPLATES: Final = Path(__file__).with_name("templates")
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
_CODE: Final = re.compile(r"`([^`\n]+)`")


def render(template: str, styles: Sequence[str], code: str = "", **values: Any) -> bytes:
    """Fill in a template; inline its styles and script, and allow them in its policy."""
    css = "\n".join(_asset(name) for name in styles)
    script = _asset(code) if code else ""
    found = _environment().get_template(template)
    page = found.render(
        policy=_policy(css, script),
        css=Markup(css),  # noqa: S704  # a file of ours
        script=Markup(script),  # noqa: S704  # a file of ours
        **values,
    )
    return page.encode("utf-8")


def isolated(text: str) -> str:
    """Isolate the direction of text by characters, for places without elements (titles, labels)."""
    return f"{_ISOLATE}{visible_line(text)}{_END_ISOLATE}"


def fixed(value: float) -> str:
    """Write a number with two decimals, for a column.

    >>> fixed(-0.5), fixed(-0.001)
    ('−0.50', '0.00')
    """
    return f"{round(value, 2) + 0:.2f}".replace("-", "−")


def time(text: str, zone: tzinfo | None) -> str:
    """Write an LMS's time to the minute, in ``zone`` if both are known; else unchanged."""
    return times.to_minute(text, zone) or visible_line(text, 40)


def percent(share: float) -> str:
    """Write a share as a whole percentage; 0 and 100 are used only for none and all.

    >>> percent(0.999), percent(0.5), percent(0.001)
    ('99 %', '50 %', '1 %')
    """
    value = round(100 * share)
    if 0 < share < 1:
        value = min(max(value, 1), 99)
    return f"{value} %"


def embedded(data: Any) -> Markup:
    """Encode JSON for a script element, so that nothing in it can end the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    unsafe = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}
    return Markup(text.translate(unsafe))  # noqa: S704  # no markup is left in it


def coded(text: str) -> Markup:
    """Escape text, and show text between backticks as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  # escaped first


def picture(svg: str) -> Markup:
    """Return one of our pictures as markup; '' for anything else."""
    from grader.graph import is_picture  # loads an XML parser, which few pages need

    return Markup(svg) if is_picture(svg) else Markup()  # noqa: S704  # it was examined


def _policy(css: str, code: str) -> str:
    rules = ["default-src 'none'", f"style-src {_hash(css)}", "img-src data:",
             "base-uri 'none'", "form-action 'none'"]  # fmt: skip
    if code:
        rules.append(f"script-src {_hash(code)}")
    return "; ".join(rules)


@cache
def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8").strip()


class _Kept(FileSystemBytecodeCache):
    """Compiled templates in the user's cache folder; without write access, nothing is cached."""

    def load_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError):
            Path(self.directory).mkdir(mode=0o700, parents=True, exist_ok=True)
            super().dump_bytecode(bucket)


@cache
def _environment() -> Environment:
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
        bytecode_cache=_Kept(os.path.join(caches, "grader", __version__)),
    )  # fmt: skip
    functions = (visible, visible_line, isolated, number, fixed, percent, plural, coded, picture)
    made.filters |= {function.__name__: function for function in functions}
    made.filters["points_word"] = wording.points
    made.globals["say"] = wording
    return made
