"""Commands for courses and students: check, new, build, release, validate, doctor."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from grader.cli.output import ERROR, OK, USAGE, here, say


def check(options: argparse.Namespace) -> int:
    """Run the self-check; return status 1 if something is not right yet."""
    from grader.selfcheck import runner

    return runner.main(options.file)


def new(options: argparse.Namespace) -> int:
    """Write a new exercise that is valid from the start."""
    from grader.authoring import scaffold

    made = scaffold.new(Path.cwd(), options.name, options.template)
    for path in made.files:
        say(str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path))
    if made.by_hand:
        say("assignments.yaml is unchanged; add this to its list:")
        for line in made.by_hand.splitlines():
            say(f"  {line}")
        return USAGE
    say(f"next: grader build {options.name}, then grader validate {options.name}")
    return OK


def new_mistake(options: argparse.Namespace) -> int:
    """Start the catalogue entry for a mistake in a submission."""
    from grader.authoring.new_mistake import new_mistake as begin

    made = begin(here(), options.dir, options.student or "")
    say(f"{made.file}: an entry in comments, from {made.function or 'the file'} of {made.who}")
    say("next: write the hint and the edit, take the comment signs away, then run grader validate")
    return OK


def build(options: argparse.Namespace) -> int:
    """Write the generated files, or list those that are out of date."""
    from grader.authoring import release

    course = here()
    names = options.names or [assignment.name for assignment in course.assignments]
    if options.check:
        stale = [path for name in names for path in release.is_built(course, name)]
        for path in stale:
            say(f"out of date: {path}")
        return USAGE if stale else OK
    for path in release.build(course, names):
        say(str(path))
    return OK


def release(options: argparse.Namespace) -> int:
    """Write the students' zip, with the wheel of the self-check or the name of its package."""
    from grader.authoring import release
    from grader.lms.jobs import wheel

    course = here()
    besides = {} if options.install else {wheel.WHEEL: wheel.wheel()}
    needed = [options.install or f"./{wheel.WHEEL}", *course.assignment(options.name).imports]
    say(str(release.release(course, options.name, options.out, shlex.join(needed), besides)))
    return OK


def validate(options: argparse.Namespace) -> int:
    """Check that exercises grade correctly, and print the problems."""
    from grader.authoring import validate, validation_table
    from grader.lms.jobs import proof

    course = here()
    names = options.names or [assignment.name for assignment in course.assignments]
    for name in names:
        course.assignment(name)  # an unknown name is reported before anything runs
    verdicts: set[str] = set()
    lines = []
    run = validate.run(course, names, options.seeds, options.jobs, options.mistakes)
    for line, verdict in run:
        for each in line.splitlines():
            say(each)
        lines.append(line)
        verdicts.add(verdict)
    for name in names if verdicts <= {"good"} else ():
        if problem := proof.problem(course, name):
            say(f"  {name}: {problem}")
            verdicts.add("wrong")
    if options.write:
        before = options.write.read_text(encoding="utf-8") if options.write.exists() else ""
        document = validation_table.document(lines, before)
        options.write.write_text(document, encoding="utf-8")
    if "wrong" in verdicts:
        return ERROR
    return USAGE if "slip" in verdicts else OK


def _private_files() -> list[str]:
    """Return the files that a run keeps from workers, and print which course they belong to."""
    from grader.course.secret import secret_file
    from grader.course.yaml_nodes import CatalogError

    try:
        course = here()
    except CatalogError as error:
        say(f"no course was checked: {error}")
        return []
    say(f"course: {course.folder}")
    files = [file for each in course.assignments for file in course.grading_files(each.name)]
    secret = secret_file(course.folder)
    return [str(path.resolve()) for path in (*files, secret) if path.is_file()]


def doctor(options: argparse.Namespace) -> int:
    """Test the sandbox, and print the results."""
    from grader.sandbox import doctor

    healthy, private = True, _private_files()
    for line, good in doctor.examine(private):
        say(line)
        healthy = healthy and good
    if options.serve:
        from grader.serve import doctor as serve_doctor

        for line, good in serve_doctor.examine():
            say(line)
            healthy = healthy and good
    return OK if healthy else ERROR
