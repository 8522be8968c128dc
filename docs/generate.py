"""Write the reference pages of assignments.yaml and of the commands from the code.

python docs/generate.py            # write docs/reference/*.md
python docs/generate.py --check    # exit with 1 if a page is out of date
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.course.schema import Key

REFERENCE = Path(__file__).parent / "reference"
MADE = "<!-- Made by docs/generate.py; edit the code instead. -->"


INTRODUCTION = """\
The course is described in one file, `assignments.yaml`, in the course's folder. It is read strictly: a
misspelt key, an impossible date or a missing file is refused with its line and with what to write instead.
`grader config NAME` prints the settings of an assignment and where each comes from. `grader config --schema
> assignments.schema.json` writes a JSON Schema; an editor with a YAML plug-in then completes the keys if
the file begins with `# yaml-language-server: $schema=assignments.schema.json`.
"""


def assignments() -> str:
    """Return the page about every key of assignments.yaml."""
    from grader.course import schema

    lines = ["# assignments.yaml", "", MADE, "", INTRODUCTION, "## The course", ""]
    lines += _keys(schema.COURSE)
    lines += [
        "### `assignments`",
        "",
        "The list of assignments (required), each with these keys:",
        "",
    ]
    lines += ["## An assignment", "", *_keys(schema.ASSIGNMENT)]
    lines += ["## Parts of a value", "", "| in | keys |", "|---|---|"]
    parts = {
        "limits": schema.LIMITS,
        "late": schema.LATE,
        "checks": schema.CHECK,
        "manual": schema.QUESTION,
    }
    for name, keys in parts.items():
        lines.append(f"| `{name}` | {', '.join(f'`{key}`' for key in keys)} |")
    return "\n".join([*lines, ""])


def _keys(keys: Iterable[Key]) -> list[str]:
    lines = []
    for key in keys:
        lines += [f"### `{key.name}`", "", f"{key.meaning} Default: {key.default}.", ""]
        lines += ["```yaml", key.example, "```", ""]
    return lines


def commands() -> str:
    """Return the page about every command, from the parser."""
    os.environ["COLUMNS"] = "100"
    os.environ.pop("GRADER_BROKER", None)
    from grader import cli

    parser = cli.parser()
    lines = ["# Commands", "", MADE, "", "```text", parser.format_help().rstrip(), "```", ""]
    for name, each in parser.get_default("commands").items():
        for title, leaf in _leaves(name, each):
            lines += [f"## grader {title}", "", "```text", leaf.format_help().rstrip(), "```", ""]
    return "\n".join(lines)


def _leaves(
    name: str, parser: argparse.ArgumentParser
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    yield name, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, below in action.choices.items():
                yield from _leaves(f"{name} {word}", below)


PAGES = {"assignments.md": assignments, "commands.md": commands}


def main() -> int:
    """Write the pages, or compare them with --check."""
    stale = [name for name, page in PAGES.items() if not _is_current(REFERENCE / name, page())]
    if "--check" in sys.argv:
        print(
            *(f"out of date: docs/reference/{name}; run python docs/generate.py" for name in stale),
            sep="\n",
        )
        return 1 if stale else 0
    for name in stale:
        (REFERENCE / name).write_text(PAGES[name](), encoding="utf-8")
    return 0


def _is_current(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    raise SystemExit(main())
