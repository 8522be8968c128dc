"""The commands `grader serve`, `grader serve invite` and `grader serve forget`."""

from __future__ import annotations

import argparse
import re
import sys
from importlib.util import find_spec
from pathlib import Path

from grader.cli.output import OK, here, say, stop
from grader.text import for_terminal

NEEDED = ("starlette", "uvicorn", "python_multipart")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options and subcommands of ``grader serve``."""
    _common(parser)
    parser.add_argument("--port", type=int, default=8000, metavar="N", help="default: 8000")
    parser.add_argument("--retain", type=_days, default=0, metavar="400d",
                        help="delete students this long after their last submission")  # fmt: skip
    parser.add_argument("--demo", action="store_true",
                        help="temporary data, a student's link and an instructor's link")  # fmt: skip
    more = parser.add_subparsers(title="more", metavar="invite | forget", dest="what")
    invite = more.add_parser("invite", help="make personal links for a class")
    invite.add_argument("file", type=Path, metavar="FILE", help="CSV: student,name,email,role")
    invite.add_argument("--out", type=Path, required=True, metavar="FILE", help="the links, as CSV")
    _common(invite, argparse.SUPPRESS)
    forget = more.add_parser("forget", help="delete all that is known of a student")
    forget.add_argument("user", metavar="USER", help="the student's id or e-mail address")
    forget.add_argument("--data", type=Path, default=argparse.SUPPRESS, metavar="DIR",
                        help="the service's own folder")  # fmt: skip


def _common(parser: argparse.ArgumentParser, default: object = None) -> None:
    parser.add_argument("--course", type=Path, action="append", default=default, metavar="DIR",
                        help="the course's folder; may be repeated (default: the current one)")  # fmt: skip
    parser.add_argument("--data", type=Path, default=default, metavar="DIR",
                        help="the service's own folder")  # fmt: skip
    parser.add_argument("--url", default="" if default is None else default, metavar="URL",
                        help="what browsers open, https://… (default: this machine alone)")  # fmt: skip


def _days(text: str) -> int:
    match = re.fullmatch(r"([1-9]\d{0,4})d?", text, re.ASCII)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days; write 400d")
    return int(match[1])


def run(options: argparse.Namespace) -> int:
    """Run the service, create invitations, or delete a student."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        stop("grader serve needs more packages: pip install 'backprop-grader[serve]'")
    if sys.platform != "linux":
        stop("grader serve needs Linux: other systems cannot keep student code in")
    if options.demo and options.what is None:
        return _demo(options)
    if options.data is None:
        stop("--data DIR: name the service's own folder")
    if options.what == "invite":
        return _invite(options)
    if options.what == "forget":
        return _forget(options)
    return _serve(options)


def _courses(options: argparse.Namespace) -> list[Path]:
    return options.course or [here().folder]


def _serve(options: argparse.Namespace) -> int:
    from grader.serve import supervisor

    found = supervisor.Options(
        _courses(options), options.data, options.url, options.port, options.retain
    )
    return supervisor.run(found, _at_once)


def _at_once(line: str) -> None:
    print(for_terminal(line), flush=True)


def _invite(options: argparse.Namespace) -> int:
    from grader.serve import invite, supervisor

    courses = _courses(options)
    if len(courses) != 1:
        stop("serve invite: name one course with --course")
    origin = supervisor.origin_of(
        supervisor.Options(courses, options.data, options.url, options.port)
    )
    people = invite.read(options.file)
    invite.save(options.out, invite.invite(people, options.data, courses[0], origin))
    say(f"{len(people)} links in {options.out}; each works once, within 14 days")
    return OK


def _forget(options: argparse.Namespace) -> int:
    from grader.serve import forget

    done = forget.forget(options.data, options.user)
    say(f"{options.user} was deleted; the audit log keeps {done.number} in place of the name")
    say("next: write the report and the gradebook again: grader report DATA/results/NAME")
    for path in done.others:
        say(f"  not deleted, because the grader did not write it: {path}")
    return OK


def _demo(options: argparse.Namespace) -> int:
    import tempfile

    from grader.serve import invite, supervisor

    data = Path(tempfile.mkdtemp(prefix="grader-serve-demo-"))
    people = [invite.Invited("ada", "Ada (student)", "", "student"),
              invite.Invited("boss", "Grace (instructor)", "", "instructor")]  # fmt: skip
    try:
        courses = _courses(options)
        found = supervisor.Options(courses, data, options.url, options.port)
        links = invite.invite(people, data, courses[0], supervisor.origin_of(found)).decode()
        places = [line.rpartition(",")[2] for line in links.splitlines()[1:]]
        welcome = [
            "Open each link in a browser of its own (or in a private window), and sign in:",
            *(f"  {each.name}: {place}" for each, place in zip(people, places, strict=True)),
            "As the student, submit a file from examples/class. As the instructor, watch the class.",
            "Ctrl-C ends the demo and deletes its data.",
        ]

        def greet(line: str) -> None:
            _at_once(line)
            while welcome:
                _at_once(welcome.pop(0))

        return supervisor.run(found, greet)
    finally:
        supervisor.remove(data)
