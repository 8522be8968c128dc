"""The commands: their names, functions, purposes and options, in the groups of the help text."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from grader.cli import author, choices, course, grade, lms, mark, results, serve, settings, worker


class Command(NamedTuple):
    """A command of the command line."""

    name: str
    run: Callable[[argparse.Namespace], int]
    """Runs the command and returns the exit status."""
    purpose: str
    options: Callable[[argparse.ArgumentParser], None]
    """Adds the command's arguments and options to its parser; called only when needed."""


# --- students -----------------------------------------------------------------------------------


def _check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE",
        help="your .py or .ipynb; default: the exercise's file in this folder",
    )  # fmt: skip


# --- instructors --------------------------------------------------------------------------------


def _grade(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "sources", nargs="+", type=Path, metavar="SOURCE", help="a file, folder or zip"
    )
    parser.add_argument(
        "--assignment",
        metavar="NAME",
        help="its name in assignments.yaml; default: the course's only assignment",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder for the results; default: results/NAME-TIME"
    )
    _jobs(parser)
    parser.add_argument(
        "--seed", type=int, metavar="S", help="repeat the inputs of an earlier run; default: random"
    )
    parser.add_argument("--resume", action="store_true", help="continue the run in --out")
    parser.add_argument(
        "--only", action="append", default=[], metavar="STUDENT",
        help="grade this student again (id, e-mail or name; may be repeated)",
    )  # fmt: skip
    parser.add_argument(
        "--choose", action="append", default=[], metavar="STUDENT=FILE",
        help="grade this file if a student submitted several (may be repeated)",
    )  # fmt: skip
    parser.add_argument(
        "--shard", type=shard, metavar="I/N", help="grade the I-th of N parts of the class"
    )
    parser.add_argument(
        "--inbox", metavar="KIND", choices=choices.KINDS,
        help="kind of SOURCE (choices: %(choices)s); default: recognised",
    )  # fmt: skip
    parser.add_argument(
        "--depth", type=int, choices=range(7), metavar="N",
        help="plain folders: how deep the students' folders lie (0: all is one student's; 1: "
        "SOURCE/STUDENT; 2: SOURCE/GROUP/STUDENT); default: found out, or asked for",
    )  # fmt: skip
    parser.add_argument(
        "--times", type=Path, metavar="FILE",
        help="CSV of student and submitted_at, for downloads without times (Canvas, folders)",
    )  # fmt: skip
    parser.add_argument(
        "--sandbox", choices=["best", "none"], default="best",
        help="'none' runs student code unprotected (choices: %(choices)s)",
    )  # fmt: skip
    parser.add_argument(
        "--engine", choices=["local", "celery"], default="local",
        help="grade here or on Celery workers (choices: %(choices)s)",
    )  # fmt: skip
    _broker(parser)


def _show(parser: argparse.ArgumentParser) -> None:
    _results(parser)
    _student(parser)
    parser.add_argument("check", nargs="?", metavar="CHECK", help="part of a check's id or title")


def _adjust(parser: argparse.ArgumentParser) -> None:
    _results(parser)
    _student(parser, "?", "id, e-mail address or name; left out: list all changes")
    parser.add_argument(
        "change", nargs="?", metavar="CHANGE", help="+5 or -2.5 points, or =80 for a fixed score"
    )
    parser.add_argument("--reason", metavar="TEXT", help="the reason; the student reads it")
    parser.add_argument("--undo", action="store_true", help="withdraw the student's last change")


def _mark(parser: argparse.ArgumentParser) -> None:
    _results(parser)
    _student(parser, "?", "id, e-mail or name; left out: list what is not graded yet")
    parser.add_argument("id", nargs="?", metavar="ID", help="the id of the question")
    parser.add_argument("points", nargs="?", metavar="POINTS", help="the points for the answer")
    parser.add_argument(
        "--reason", default="", metavar="TEXT", help="why; the student reads it (default: none)"
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="the marks of the whole class")
    parser.add_argument(
        "--blank", type=Path, metavar="FILE", help="write a CSV for --csv, to fill in"
    )


def _regrade(parser: argparse.ArgumentParser) -> None:
    _results(parser)
    parser.add_argument("--write", action="store_true", help="save the new grades")
    _jobs(parser)


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "format", metavar="FORMAT", choices=choices.EXPORTS,
        help="the file to write (choices: %(choices)s)",
    )  # fmt: skip
    _results(parser)
    parser.add_argument(
        "--into", type=Path, metavar="FILE", help="your gradebook from the LMS, to fill in"
    )
    parser.add_argument(
        "--for", dest="system", metavar="LMS", choices=choices.FEEDBACK,
        help="with feedback: how the pages reach students (choices: %(choices)s)",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="FILE", help="default: a file in DIR")
    _partial(parser)


def _push(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("system", choices=["canvas"], help="the LMS (choices: %(choices)s)")
    _results(parser)
    parser.add_argument(
        "--send", action="store_true", help="really post; without it, only list every row"
    )
    parser.add_argument("--no-comments", action="store_true", help="post scores only")
    _partial(parser)


def _merge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "dirs", nargs="+", type=Path, metavar="DIR", help="the results of one shard each"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for the joined results"
    )


def _worker(parser: argparse.ArgumentParser) -> None:
    _broker(parser)
    parser.add_argument(
        "--course", type=Path, metavar="PATH",
        help="a folder, or the zip of 'grader bundle worker'; default: the current one",
    )  # fmt: skip
    _jobs(parser)


def _config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="an assignment; default: all")
    parser.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of assignments.yaml instead"
    )


def _completion(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "shell", metavar="SHELL", choices=choices.SHELLS, help="your shell (choices: %(choices)s)"
    )


# --- authors of exercises -------------------------------------------------------------------------


def _new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="lower-case letters, digits and _")
    kinds = ("function", "layer", "class", "torch", "text", "notebook")
    text = "the kind of exercise to start from (default: layer)"
    parser.add_argument("--template", choices=kinds, default="layer", help=text)


def _new_mistake(parser: argparse.ArgumentParser) -> None:
    _results(parser)
    _student(parser, "?", "id, e-mail or name; default: the unexplained one that lost most")


def _build(parser: argparse.ArgumentParser) -> None:
    _assignments(parser)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if a file is out of date"
    )


def _release(parser: argparse.ArgumentParser) -> None:
    _assignment(parser)
    parser.add_argument(
        "--out", type=Path, default=Path(), metavar="DIR", help="folder for the zip"
    )
    parser.add_argument(
        "--install", metavar="PACKAGE",
        help="what students install with pip, as its name in your index or a URL; default: the "
        "wheel of this grader, which is put into the zip",
    )  # fmt: skip


def _validate(parser: argparse.ArgumentParser) -> None:
    _assignments(parser)
    parser.add_argument(
        "--seeds", type=positive, default=3, metavar="N", help="how many seeds to draw inputs with"
    )
    _jobs(parser)
    parser.add_argument(
        "--mistakes", type=positive, default=20, metavar="N", help="how many seeds for mistakes"
    )
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="write the table to a Markdown file"
    )


def _doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--serve", action="store_true", help="check what grader serve needs, too")


# --- LMS and CI jobs ------------------------------------------------------------------------------


def _autograde(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--lms",
        required=True,
        metavar="FORMAT",
        choices=choices.JOBS,
        help="the system that runs the job (choices: %(choices)s)",
    )
    parser.add_argument(
        "--assignment", metavar="NAME", help="default: the course's only assignment"
    )
    parser.add_argument("--course", type=Path, metavar="DIR", help="folder of assignments.yaml")
    parser.add_argument(
        "--submission", type=Path, metavar="PATH", help="default: where the system puts it"
    )
    parser.add_argument("--seed", type=int, metavar="S", help="default: drawn at random")
    parser.add_argument(
        "--staff-log", type=Path, metavar="FILE", help="the file for the reason when grading fails"
    )


def _bundle(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "format", metavar="FORMAT", choices=choices.BUNDLES,
        help="the system that grades (choices: %(choices)s)",
    )  # fmt: skip
    _assignment(parser)
    parser.add_argument(
        "--out", type=Path, default=Path(), metavar="DIR", help="folder for the bundle"
    )


# --- options that several commands have ---------------------------------------------------------


def _results(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dir", type=Path, metavar="DIR", help="the folder of a run's results")


def _student(
    parser: argparse.ArgumentParser, count: str | None = None, text: str = "id, e-mail or name"
) -> None:
    parser.add_argument("student", nargs=count, metavar="STUDENT", help=text)


def _partial(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--partial", action="store_true", help="even if answers are not graded by a person yet"
    )


def _assignment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the exercise's name in assignments.yaml")


def _assignments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="exercises; default: all")


def _jobs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--jobs", type=positive, default=os.cpu_count() or 1, metavar="N",
        help="how many processes; default: one per core",
    )  # fmt: skip


def _broker(parser: argparse.ArgumentParser) -> None:
    known = os.environ.get("GRADER_BROKER") or "redis://127.0.0.1:6379/0"
    text = "the task queue of the workers; default: $GRADER_BROKER, or Redis on this machine"
    parser.add_argument("--broker", default=known, metavar="URL", help=text)


def positive(text: str) -> int:
    """Return a number of at least 1, or raise ArgumentTypeError."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return int(text)


def shard(text: str) -> tuple[int, int]:
    """Return (part, parts) of a text such as 1/4, or raise ArgumentTypeError."""
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a shard; write 1/4 for the first of four"
        )
    return int(part), int(parts)


# --- the table ----------------------------------------------------------------------------------

GROUPS: Final[dict[str, tuple[Command, ...]]] = {
    "Students": (
        Command("check", course.check, "check your own work before you submit it", _check),
    ),
    "Instructors": (
        Command("grade", grade.run, "grade files, folders and LMS downloads", _grade),
        Command("report", results.report, "write the pages and plots of a run again", _results),
        Command(
            "show", results.show, "show one student's submission and checks (for staff)", _show
        ),
        Command("adjust", results.adjust, "change a score by hand, with a reason", _adjust),
        Command("mark", mark.mark, "grade a question that only a person can grade", _mark),
        Command(
            "regrade", results.regrade, "show whose score a changed test would change", _regrade
        ),
        Command("export", lms.export, "write the file that an LMS imports", _export),
        Command("push", lms.push, "post grades to an LMS; sends nothing without --send", _push),
        Command("serve", serve.run, "let students submit on a web page", serve.add_options),
        Command("merge", results.merge, "join the results of shards", _merge),
        Command("worker", worker.run, "grade for 'grader grade --engine celery'", _worker),
        Command(
            "config", settings.config, "print the effective settings and their sources", _config
        ),
        Command(
            "completion", settings.completion, "print a script for tab completion", _completion
        ),
    ),
    "Authors of exercises": (
        Command("new", course.new, "create a new exercise (or a course, in an empty folder)", _new),
        Command(
            "new-mistake", course.new_mistake, "name a mistake that students made", _new_mistake
        ),
        Command("build", course.build, "write exercises/ from reference/", _build),
        Command("release", course.release, "write the students' zip of an exercise", _release),
        Command(
            "validate", course.validate, "check that every exercise grades correctly", _validate
        ),
        Command(
            "checks",
            author.checks,
            "print the checks of an exercise and their points",
            author.add_checks,
        ),
        Command(
            "rename", author.rename, "rename an exercise with all its files", author.add_rename
        ),
        Command(
            "import",
            author.import_,
            "turn an nbgrader or otter notebook into an exercise",
            author.add_import,
        ),
        Command("doctor", course.doctor, "check the sandbox and versions on this machine", _doctor),
    ),
    "LMS and CI jobs": (
        Command(
            "autograde", lms.autograde, "grade one submission inside an LMS or CI job", _autograde
        ),
        Command("bundle", lms.bundle, "build the files that you upload to an LMS or CI", _bundle),
    ),
}
"""The commands by the title of their group, in the order of the help text."""
