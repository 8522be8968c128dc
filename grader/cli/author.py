"""Commands for authors: checks, rename, import."""

from __future__ import annotations

import argparse
from pathlib import Path

from grader.cli.output import OK, USAGE, here, say


def add_checks(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``grader checks``."""
    parser.add_argument("name", metavar="NAME", help="the exercise")
    formats = parser.add_mutually_exclusive_group()
    for kind, text in (("markdown", "as a Markdown table"), ("csv", "as CSV")):
        formats.add_argument(
            f"--{kind}", dest="format", action="store_const", const=kind, default="text", help=text
        )


def add_rename(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``grader rename``."""
    parser.add_argument("old", metavar="OLD", help="its present name")
    parser.add_argument("new", metavar="NEW", help="its new name")


def add_import(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``grader import``."""
    parser.add_argument(
        "system", choices=["nbgrader", "otter"], help="the grader it was written for"
    )
    parser.add_argument(
        "path", type=Path, metavar="PATH", help="the instructor's notebook, or a folder"
    )
    parser.add_argument(
        "--name", default="", metavar="NAME",
        help="the name of the exercise; default: that of the notebook",
    )  # fmt: skip


def import_(options: argparse.Namespace) -> int:
    """Import notebooks, and print why cells were refused."""
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
    """Rename an exercise, and print the changes."""
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
