"""The command line: the only package that prints, prompts or exits.

    grader grade inbox/ --assignment two_layer_network --out results/
    grader --help

Exit status: 0 graded, whatever the scores; 2 usage or bad input, one clear line; 3 something could
not be graded. What a command needs is imported when it runs, so that ``--help`` is quick.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from grader import __version__
from grader.cli import course, grade, lms, results, worker
from grader.cli.output import OK, is_told, stop, told
from grader.sandbox import interpreter

Command = Callable[[argparse.Namespace], int]
Add = Callable[[str, Command, str], argparse.ArgumentParser]
"""From a command's name, what runs it and what it is for, the parser of its options."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        stop(f"{message} (see '{self.prog} --help')")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    gc.set_threshold(50_000)  # imports make much that stays
    interpreter.shut_out_surroundings()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that has no such character shows ?
            stream.reconfigure(errors="replace")
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:
        if is_told(error):
            stop(told(error))
        raise


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="grader", description="Grade neural networks written by hand.")
    parser.add_argument("--version", action="version", version=f"grader {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run: Command, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    _for_instructors(command)
    _for_lms(command)
    _for_authors(command)
    return parser


def _for_instructors(command: Add) -> None:
    _grade_options(command("grade", grade.run, "grade files, folders and LMS downloads"))
    check = command("check", course.check, "a student's own check, before handing in")
    check.add_argument("file", nargs="?", type=Path, metavar="FILE")
    report = command("report", results.report, "write the pages and plots of a run again")
    report.add_argument("dir", type=Path, metavar="DIR")
    _adjust_options(command("adjust", results.adjust, "change a score by hand, with a reason"))
    show = command("show", results.show, "for staff: one student's source and outcomes")
    show.add_argument("dir", type=Path, metavar="DIR")
    show.add_argument("student", metavar="STUDENT")
    show.add_argument("check", nargs="?", metavar="CHECK", help="part of a check's id")
    _worker_options(command("worker", worker.run, "grade here for `grader grade --engine celery`"))
    merge = command("merge", results.merge, "join the results of shards")
    merge.add_argument("dirs", nargs="+", type=Path, metavar="DIR")
    merge.add_argument("--out", type=Path, required=True, metavar="DIR")
    regrade = command("regrade", results.regrade, "who changes after a test was fixed")
    regrade.add_argument("dir", type=Path, metavar="DIR")
    regrade.add_argument("--write", action="store_true", help="keep the new grades too")
    regrade.add_argument("--jobs", type=positive, default=os.cpu_count() or 1, metavar="N")


def _adjust_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dir", type=Path, metavar="DIR")
    parser.add_argument("student", nargs="?", metavar="STUDENT", help="none: list what was changed")
    parser.add_argument("change", nargs="?", metavar="CHANGE", help="+5, -2.5, or =80 to set it")
    parser.add_argument("--reason", metavar="TEXT", help="why; the student reads it")
    parser.add_argument("--undo", action="store_true", help="withdraw the student's last change")


def _for_lms(command: Add) -> None:
    export = command("export", lms.export, "make the file that an LMS takes")
    export.add_argument("format", metavar="FORMAT", help="canvas, moodle, gradescope-csv, ...")
    export.add_argument("dir", type=Path, metavar="DIR")
    export.add_argument(
        "--into", type=Path, metavar="FILE", help="your file from the LMS, to fill in"
    )
    export.add_argument("--out", type=Path, metavar="FILE")
    autograde = command("autograde", lms.autograde, "grade one submission inside an LMS or CI job")
    autograde.add_argument("--lms", required=True, metavar="FORMAT", help="gradescope, github, ...")
    autograde.add_argument("--assignment", metavar="NAME")
    autograde.add_argument("--course", type=Path, metavar="DIR")
    autograde.add_argument("--submission", type=Path, metavar="PATH")
    autograde.add_argument("--seed", type=int, metavar="S")
    autograde.add_argument(
        "--staff-log", type=Path, metavar="FILE", help="why it could not be graded"
    )
    push = command("push", lms.push, "post grades (nothing is sent without --send)")
    push.add_argument("system", choices=["canvas"])
    push.add_argument("dir", type=Path, metavar="DIR")
    push.add_argument("--send", action="store_true")
    push.add_argument("--no-comments", action="store_true", help="scores only")
    bundle = command("bundle", lms.bundle, "build what is uploaded to an LMS")
    bundle.add_argument("format", metavar="FORMAT")
    bundle.add_argument("name", metavar="NAME")
    bundle.add_argument("--out", type=Path, default=Path(), metavar="DIR")


def _for_authors(command: Add) -> None:
    new = command("new", course.new, "begin an exercise, and in an empty folder a course")
    new.add_argument("name", metavar="NAME")
    build = command("build", course.build, "make exercises/ from reference/")
    build.add_argument("names", nargs="*", metavar="NAME", help="exercises; all if none is named")
    build.add_argument("--check", action="store_true", help="write nothing; fail if out of step")
    release = command("release", course.release, "make the students' zip of an exercise")
    release.add_argument("name", metavar="NAME")
    release.add_argument("--out", type=Path, required=True, metavar="DIR")
    validate = command("validate", course.validate, "let the course prove itself")
    validate.add_argument("names", nargs="*", metavar="NAME")
    validate.add_argument("--seeds", type=positive, default=3, metavar="N")
    validate.add_argument("--jobs", type=positive, default=os.cpu_count() or 1, metavar="N")
    validate.add_argument(
        "--mistakes", type=positive, default=20, metavar="N", help="seeds for the mistakes"
    )
    validate.add_argument("--write", type=Path, metavar="FILE", help="the table, as Markdown")
    command("doctor", course.doctor, "show the sandbox's layers, versions, and what is missing")


def _grade_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "sources", nargs="+", type=Path, metavar="SOURCE", help="file, folder or zip"
    )
    parser.add_argument("--assignment", required=True, metavar="NAME")
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: results/NAME-TIME")
    parser.add_argument("--jobs", type=positive, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--seed", type=int, metavar="S", help="repeat a run's inputs")
    parser.add_argument("--resume", action="store_true", help="go on with the run in --out")
    parser.add_argument("--only", action="append", default=[], metavar="STUDENT")
    parser.add_argument("--choose", action="append", default=[], metavar="STUDENT=FILE")
    parser.add_argument("--shard", type=shard, metavar="I/N", help="grade the I-th of N parts")
    parser.add_argument("--inbox", metavar="KIND", help="what SOURCE is, if it is not recognised")
    parser.add_argument("--sandbox", choices=["best", "none"], default="best")
    parser.add_argument("--engine", choices=["local", "celery"], default="local")
    _broker_option(parser)


def _worker_options(parser: argparse.ArgumentParser) -> None:
    _broker_option(parser)
    parser.add_argument(
        "--course", type=Path, metavar="PATH", help="folder, or zip of `grader bundle worker`"
    )
    parser.add_argument("--jobs", type=positive, default=os.cpu_count() or 1, metavar="N")


def _broker_option(parser: argparse.ArgumentParser) -> None:
    known = os.environ.get("GRADER_BROKER") or "redis://127.0.0.1:6379/0"
    text = "where workers take their tasks; default: $GRADER_BROKER, or Redis on this machine"
    parser.add_argument("--broker", default=known, metavar="URL", help=text)


def positive(text: str) -> int:
    """The number, for argparse; raises ArgumentTypeError below 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return int(text)


def shard(text: str) -> tuple[int, int]:
    """(which part, of how many), for argparse; raises ArgumentTypeError."""
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise argparse.ArgumentTypeError(f"{text!r} is no shard; write 1/4 for the first of four")
    return int(part), int(parts)
