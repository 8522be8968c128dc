"""Commands for authors: the rubric of an exercise."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from grader.cli.output import OK, USAGE, here, say

Command = Callable[[argparse.Namespace], int]
Add = Callable[[str, Command, str], argparse.ArgumentParser]


def add(command: Add) -> None:
    """Add the commands to the parser."""
    rubric = command("checks", checks, "print the checks of an exercise and their points")
    rubric.add_argument("name", metavar="NAME", help="the exercise")
    formats = rubric.add_mutually_exclusive_group()
    for kind, text in (("markdown", "as a Markdown table"), ("csv", "as CSV")):
        formats.add_argument(
            f"--{kind}", dest="format", action="store_const", const=kind, default="text", help=text
        )

    renamed = command("rename", rename, "rename an exercise with all its files")
    renamed.add_argument("old", metavar="OLD", help="its present name")
    renamed.add_argument("new", metavar="NEW", help="its new name")

    imports = command("import", import_, "turn an nbgrader or otter notebook into an exercise")
    imports.add_argument(
        "system", choices=["nbgrader", "otter"], help="the grader it was written for"
    )
    imports.add_argument(
        "path", type=Path, metavar="PATH", help="the instructor's notebook, or a folder"
    )
    imports.add_argument(
        "--name", default="", metavar="NAME",
        help="the name of the exercise; default: that of the notebook",
    )  # fmt: skip


def import_(options: argparse.Namespace) -> int:
    """Import notebooks, and say of each cell that was refused why."""
    from grader.authoring.importers import run

    reports = run.run(Path.cwd(), options.system, options.path, options.name)
    for report in reports:
        for line in report.lines():
            say(line)
    names = " ".join(report.name for report in reports if report.name)
    if names:
        say(f"next: grader build {names}, then grader validate {names}")
    return OK if names else USAGE


def rename(options: argparse.Namespace) -> int:
    """Rename an exercise, and say what was changed."""
    from grader.authoring import rename as renaming

    for line in renaming.rename(Path.cwd(), options.old, options.new):
        say(line)
    say(f"next: grader build {options.new}, then grader validate {options.new}")
    return OK


def checks(options: argparse.Namespace) -> int:
    """Print the rubric of an exercise."""
    from grader.authoring import rubric

    course = here()
    course.assignment(options.name)
    for line in rubric.FORMATS[options.format](rubric.checks(course, options.name)).splitlines():
        say(line)
    return OK
