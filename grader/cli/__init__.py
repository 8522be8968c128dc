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
import itertools
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, NoReturn

from grader import __version__
from grader.cli import author, choices, course, grade, lms, mark, results, serve, settings, worker
from grader.cli.output import OK, USAGE, is_for_users, line_of, stop
from grader.cli.wording import COMPLETION, EXAMPLES
from grader.sandbox import interpreter
from grader.sandbox.guest import startup
from grader.text import nearest

Command = Callable[[argparse.Namespace], int]
Add = Callable[[str, Command, str], argparse.ArgumentParser]
"""Make the parser of a command's options from its name, its function and its purpose."""


DECIMAL_COMMA: Final = re.compile(r"(-\d+),(\d+)")


class _Parser(argparse.ArgumentParser):
    def parse_known_args(  # type: ignore[override]  # narrower than argparse's overloads
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Refuse a misspelt option with a suggestion, before anything is called missing."""
        if self._subparsers is None:
            for word in itertools.takewhile(lambda each: each != "--", args or ()):
                self._check_word(word)
        return super().parse_known_args(args, namespace)

    def _check_word(self, word: str) -> None:
        if match := DECIMAL_COMMA.fullmatch(word):
            self.error(f"{word} is not a number; write {match[1]}.{match[2]}")
        name, known = word.partition("=")[0], list(self._option_string_actions)
        if name.startswith("--") and not any(each.startswith(name) for each in known):
            near = nearest(name, known)
            self.error(f"unknown option {name}" + (f"; did you mean {near}?" if near else ""))

    def _check_value(self, action: argparse.Action, value: object) -> None:
        """Refuse a word that is not among an argument's choices, with a suggestion."""
        if action.choices is None or value in action.choices:
            return
        words = [str(each) for each in action.choices]
        name = action.option_strings[-1] if action.option_strings else action.metavar
        near = nearest(str(value), words)
        instead = f"did you mean {near}?" if near else f"choose one of: {', '.join(words)}"
        self.error(f"unknown {name or action.dest} {str(value)!r}; {instead}")

    def error(self, message: str) -> NoReturn:
        plain = message.replace("the following arguments are required:", "missing:")
        stop(f"{plain} (see '{self.prog} --help')")


class _Help(argparse.RawDescriptionHelpFormatter):
    """Show the default of each option that has one, and keep the examples as they are written."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        text = action.help or ""
        silent = action.default in (None, argparse.SUPPRESS, False) or action.default == []
        if silent or not action.option_strings or "default" in text:
            return text
        return f"{text} (default: %(default)s)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    gc.set_threshold(startup.COLLECT_AFTER)
    interpreter.shut_out_surroundings()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that has no such character shows ?
            stream.reconfigure(errors="replace")
    words = list(sys.argv[1:] if arguments is None else arguments)
    known = parser()
    if not words:
        known.print_help()
        return USAGE
    _suggest(words, known.get_default("commands"))
    options = known.parse_args(words)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:
        if is_for_users(error):
            stop(line_of(error))
        raise


def parser(listed_twice: bool = False) -> argparse.ArgumentParser:
    """Return the parser of the whole command line; the documentation is made from it too.

    Args:
        listed_twice: Whether argparse lists the commands besides the groups of the help text, as
            makers of completion scripts need it.
    """
    made = _Parser(
        prog="grader", usage="grader COMMAND ...", formatter_class=_Help,
        description="Grade code that students write by hand. 'grader COMMAND --help' explains a command.",
    )  # fmt: skip
    made.add_argument("--version", action="version", version=f"grader {__version__}")
    commands = made.add_subparsers(
        prog="grader",
        metavar="COMMAND",
        required=True,
        help=None if listed_twice else argparse.SUPPRESS,
    )
    listed: list[str] = []

    def group(title: str) -> Add:
        listed.append(f"\n{title}:")

        def command(name: str, run: Command, text: str) -> argparse.ArgumentParser:
            listed.append(f"  {name:11} {text}")
            sentence = f"{text[0].upper()}{text[1:]}."
            examples = "\n".join(["examples:", *(f"  {line}" for line in EXAMPLES.get(name, ()))])
            added = commands.add_parser(
                name, help=text, description=sentence, epilog=examples, formatter_class=_Help
            )
            added.set_defaults(run=run)
            return added

        return command

    _for_students(group("Students"))
    _for_instructors(group("Instructors"))
    _for_authors(group("Authors of exercises"))
    _for_lms(group("LMS and CI jobs"))
    made.epilog = "\n".join([*listed, "", COMPLETION])
    made.set_defaults(commands=commands.choices)
    return made


def _suggest(arguments: Sequence[str], known: Iterable[str]) -> None:
    """Stop with a suggestion if the first word is not a command."""
    if not arguments or arguments[0].startswith("-") or arguments[0] in known:
        return
    near = nearest(arguments[0], known)
    hint = f"did you mean 'grader {near}'?" if near else "see 'grader --help'"
    stop(f"unknown command {arguments[0]!r}; {hint}")


def _for_students(command: Add) -> None:
    check = command("check", course.check, "check your own work before you submit it")
    check.add_argument(
        "file", nargs="?", type=Path, metavar="FILE",
        help="your .py or .ipynb; default: the exercise's file in this folder",
    )  # fmt: skip


def _for_instructors(command: Add) -> None:
    _grade_options(command("grade", grade.run, "grade files, folders and LMS downloads"))
    report = command("report", results.report, "write the pages and plots of a run again")
    _results(report)
    show = command("show", results.show, "show one student's submission and checks (for staff)")
    _results(show)
    _student(show)
    show.add_argument("check", nargs="?", metavar="CHECK", help="part of a check's id or title")
    _adjust_options(command("adjust", results.adjust, "change a score by hand, with a reason"))
    _mark_options(command("mark", mark.mark, "grade a question that only a person can grade"))
    regrade = command("regrade", results.regrade, "show whose score a changed test would change")
    _results(regrade)
    regrade.add_argument("--write", action="store_true", help="save the new grades")
    _jobs(regrade)
    export = command("export", lms.export, "write the file that an LMS imports")
    export.add_argument(
        "format", metavar="FORMAT", choices=choices.EXPORTS,
        help="the file to write (choices: %(choices)s)",
    )  # fmt: skip
    _results(export)
    export.add_argument(
        "--into", type=Path, metavar="FILE", help="your gradebook from the LMS, to fill in"
    )
    export.add_argument(
        "--for", dest="system", metavar="LMS", choices=choices.FEEDBACK,
        help="with feedback: how the pages reach students (choices: %(choices)s)",
    )  # fmt: skip
    export.add_argument("--out", type=Path, metavar="FILE", help="default: a file in DIR")
    _partial(export)
    push = command("push", lms.push, "post grades to an LMS; sends nothing without --send")
    push.add_argument("system", choices=["canvas"], help="the LMS (choices: %(choices)s)")
    _results(push)
    push.add_argument(
        "--send", action="store_true", help="really post; without it, only list every row"
    )
    push.add_argument("--no-comments", action="store_true", help="post scores only")
    _partial(push)
    serve.add_options(command("serve", serve.run, "let students submit on a web page"))
    merge = command("merge", results.merge, "join the results of shards")
    merge.add_argument(
        "dirs", nargs="+", type=Path, metavar="DIR", help="the results of one shard each"
    )
    merge.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for the joined results"
    )
    _worker_options(command("worker", worker.run, "grade for 'grader grade --engine celery'"))
    config = command("config", settings.config, "print the effective settings and their sources")
    config.add_argument("name", nargs="?", metavar="NAME", help="an assignment; default: all")
    config.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of assignments.yaml instead"
    )
    completion = command("completion", settings.completion, "print a script for tab completion")
    completion.add_argument(
        "shell", metavar="SHELL", choices=choices.SHELLS, help="your shell (choices: %(choices)s)"
    )


def _adjust_options(parser: argparse.ArgumentParser) -> None:
    _results(parser)
    _student(parser, "?", "id, e-mail address or name; left out: list all changes")
    parser.add_argument(
        "change", nargs="?", metavar="CHANGE", help="+5 or -2.5 points, or =80 for a fixed score"
    )
    parser.add_argument("--reason", metavar="TEXT", help="the reason; the student reads it")
    parser.add_argument("--undo", action="store_true", help="withdraw the student's last change")


def _mark_options(parser: argparse.ArgumentParser) -> None:
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


def _partial(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--partial", action="store_true", help="even if answers are not graded by a person yet"
    )


def _for_lms(command: Add) -> None:
    autograde = command("autograde", lms.autograde, "grade one submission inside an LMS or CI job")
    autograde.add_argument(
        "--lms",
        required=True,
        metavar="FORMAT",
        choices=choices.JOBS,
        help="the system that runs the job (choices: %(choices)s)",
    )
    autograde.add_argument(
        "--assignment", metavar="NAME", help="default: the course's only assignment"
    )
    autograde.add_argument("--course", type=Path, metavar="DIR", help="folder of assignments.yaml")
    autograde.add_argument(
        "--submission", type=Path, metavar="PATH", help="default: where the system puts it"
    )
    autograde.add_argument("--seed", type=int, metavar="S", help="default: drawn at random")
    autograde.add_argument(
        "--staff-log", type=Path, metavar="FILE", help="the file for the reason when grading fails"
    )
    bundle = command("bundle", lms.bundle, "build the files that you upload to an LMS or CI")
    bundle.add_argument(
        "format", metavar="FORMAT", choices=choices.BUNDLES,
        help="the system that grades (choices: %(choices)s)",
    )  # fmt: skip
    _assignment(bundle)
    bundle.add_argument(
        "--out", type=Path, default=Path(), metavar="DIR", help="folder for the bundle"
    )


def _for_authors(command: Add) -> None:
    new = command("new", course.new, "create a new exercise (or a course, in an empty folder)")
    new.add_argument("name", metavar="NAME", help="lower-case letters, digits and _")
    kinds = ("function", "layer", "class", "torch", "text", "notebook")
    text = "the kind of exercise to start from (default: layer)"
    new.add_argument("--template", choices=kinds, default="layer", help=text)
    named = command("new-mistake", course.new_mistake, "name a mistake that students made")
    _results(named)
    _student(named, "?", "id, e-mail or name; default: the unexplained one that lost most")
    build = command("build", course.build, "write exercises/ from reference/")
    _assignments(build)
    build.add_argument(
        "--check", action="store_true", help="write nothing; fail if a file is out of date"
    )
    release = command("release", course.release, "write the students' zip of an exercise")
    _assignment(release)
    release.add_argument(
        "--out", type=Path, default=Path(), metavar="DIR", help="folder for the zip"
    )
    release.add_argument(
        "--install", metavar="PACKAGE",
        help="what students install with pip, as its name in your index or a URL; default: the "
        "wheel of this grader, which is put into the zip",
    )  # fmt: skip
    validate = command("validate", course.validate, "check that every exercise grades correctly")
    _assignments(validate)
    validate.add_argument(
        "--seeds", type=positive, default=3, metavar="N", help="how many seeds to draw inputs with"
    )
    _jobs(validate)
    validate.add_argument(
        "--mistakes", type=positive, default=20, metavar="N", help="how many seeds for mistakes"
    )
    validate.add_argument(
        "--write", type=Path, metavar="FILE", help="write the table to a Markdown file"
    )
    author.add(command)
    doctor = command("doctor", course.doctor, "check the sandbox and versions on this machine")
    doctor.add_argument("--serve", action="store_true", help="check what grader serve needs, too")


def _grade_options(parser: argparse.ArgumentParser) -> None:
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


def _worker_options(parser: argparse.ArgumentParser) -> None:
    _broker(parser)
    parser.add_argument(
        "--course", type=Path, metavar="PATH",
        help="a folder, or the zip of 'grader bundle worker'; default: the current one",
    )  # fmt: skip
    _jobs(parser)


# --- options that several commands have ---------------------------------------------------------


def _results(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dir", type=Path, metavar="DIR", help="the folder of a run's results")


def _student(
    parser: argparse.ArgumentParser, count: str | None = None, text: str = "id, e-mail or name"
) -> None:
    parser.add_argument("student", nargs=count, metavar="STUDENT", help=text)


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
    """Return (part, parts) of a text like 1/4, or raise ArgumentTypeError."""
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and 1 <= int(part) <= int(parts)):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a shard; write 1/4 for the first of four"
        )
    return int(part), int(parts)
