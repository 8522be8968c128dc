"""Write the reference pages and the teacher's table of points from the code.

python docs/generate.py            # write docs/reference/*.md, and the table in docs/teach.md
python docs/generate.py --check    # exit with 1 if a page is out of date
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.course.schema import Key, Schema

DOCS = Path(__file__).parent
REFERENCE = DOCS / "reference"
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
    lines += ["## Parts of a value", ""]
    parts = {
        "limits": schema.LIMITS,
        "late": schema.LATE,
        "late: {steps: [...]}": schema.STEP["properties"],
        "speed: {FUNCTION: ...}": schema.SPEED,
        "checks: {CHECK: ...}": schema.CHECK,
        "manual": schema.QUESTION,
        **{f"lms: {{{system}: ...}}": keys for system, keys in schema.LMS.items()},
    }
    for name, keys in parts.items():
        lines += [f"### In `{name}`", "", "| key | value | meaning |", "|---|---|---|"]
        lines += [
            f"| `{key}` | {_type(each)} | {each['description']} |" for key, each in keys.items()
        ]
        lines.append("")
    return "\n".join(lines)


def _type(schema: Schema) -> str:
    """Name the type of a value, with its range or its choices."""
    if "enum" in schema:
        return "one of " + ", ".join(f"`{word}`" for word in schema["enum"])
    if (kind := schema["type"]) == "array":
        return "list"
    if kind == "object":
        return "mapping"
    if kind in ("number", "integer"):
        noun = "whole number" if kind == "integer" else "number"
        return f"{noun} from {schema['minimum']:g} to {schema['maximum']:.7g}"
    if kind == "boolean":
        return "`true` or `false`"
    return "text" if kind == "string" else "text or number"


def _keys(keys: Iterable[Key]) -> list[str]:
    lines = []
    for key in keys:
        lines += [f"### `{key.name}`", "", f"{key.meaning} Default: {key.default}.", ""]
        lines += [f"Value: {_type(key.schema)}.", ""]
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


def teach() -> str:
    """Return the teacher's guide with the points of each function, from the exercises' READMEs."""
    begin, end = "<!-- points: begin -->", "<!-- points: end -->"
    head, _, rest = (DOCS / "teach.md").read_text(encoding="utf-8").partition(begin)
    rows = ["| exercise | checks | points by function |", "|---|---|---|"]
    for folder in sorted((DOCS.parent / "exercises").iterdir()):
        rows.append(_points_row(folder))
    table = "\n".join(rows)
    return f"{head}{begin}\n{table}\n{end}{rest.partition(end)[2]}"


def _points_row(folder: Path) -> str:
    """Add up the points of an exercise's checks by the function that their titles begin with."""
    stub = (folder / f"{folder.name}.py").read_text(encoding="utf-8")
    readme = (folder / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## Points\n")[2].partition("\n## ")[0]
    found = re.findall(r"^\| (.+) \| ([\d.]+) \|$", section, flags=re.MULTILINE)
    points: dict[str, float] = {}
    for title, number in found:
        name = re.match(r"\w*", title)[0]  # type: ignore[index]  # it matches the empty text
        known = re.search(rf"^(def|class) {name}\b", stub, flags=re.MULTILINE) and name
        key = f"`{name}`" if known else "side effects and others"
        points[key] = points.get(key, 0) + float(number)
    listed = sorted(points.items(), key=lambda each: (each[0][0] != "`", -each[1]))
    said = ", ".join(f"{name} {number:g}" for name, number in listed)
    return f"| {folder.name} | {len(found)} | {said} |"


PAGES = {
    REFERENCE / "assignments.md": assignments,
    REFERENCE / "commands.md": commands,
    DOCS / "teach.md": teach,
}


def main() -> int:
    """Write the pages, or compare them with --check."""
    stale = [path for path, page in PAGES.items() if not _is_current(path, page())]
    if "--check" in sys.argv:
        print(
            *(f"out of date: {path.name}; run python docs/generate.py" for path in stale),
            sep="\n",
        )
        return 1 if stale else 0
    for path in stale:
        path.write_text(PAGES[path](), encoding="utf-8")
    return 0


def _is_current(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    raise SystemExit(main())
