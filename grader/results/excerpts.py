"""Extract what staff read from sources: a student's function, an exercise's sections.

A student's source is searched line by line, and neither parsed nor run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

MOST_LINES: Final = 25
"""Lines of a student's function that are shown to staff."""
LONGEST: Final = 160


def excerpt(source: str, function: str) -> str:
    """Return a function's lines from a student's source, without parsing it.

    Args:
        source: The code of the submission, which is untrusted.
        function: The name of a function or class.
    """
    lines = source.splitlines()
    starts = re.compile(rf"(\s*)(async\s+def|def|class)\s+{re.escape(function)}\b")
    for number, line in enumerate(lines):
        if found := starts.match(line):
            return "\n".join(_block(lines[number:], len(found[1])))
    return ""


def sections(stub: str) -> Mapping[str, str]:
    """Return the heading in the stub that introduces each function of an exercise."""
    heading, found = "", {}
    for line in stub.splitlines():
        if match := re.match(r"#\s+#+\s+(.*\S)", line):
            heading = re.sub(r"^\d+\.\s*", "", match[1])
        elif match := re.match(r"(?:def|class)\s+(\w+)", line):
            found[match[1]] = heading
    return {name: title for name, title in found.items() if title}


def _block(lines: Sequence[str], indent: int) -> list[str]:
    """Return the shortened lines of an indented block, with its first line."""
    block = [lines[0]]
    for line in lines[1:]:
        if (
            line.strip()
            and len(line) - len(line.lstrip()) <= indent
            and not line.lstrip().startswith(")")
        ):
            break
        block.append(line)
    while block and not block[-1].strip():
        block.pop()
    short = [line if len(line) <= LONGEST else f"{line[:LONGEST]}…" for line in block[:MOST_LINES]]
    return [*short, "…"] if len(block) > MOST_LINES else short
