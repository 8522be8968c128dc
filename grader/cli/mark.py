"""Grade manual questions: `grader mark`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from grader.cli.output import OK, USAGE, here, say, stop
from grader.cli.results import user
from grader.people import label

if TYPE_CHECKING:
    from grader.results.manual import Filled
    from grader.results.policy import Standings


def mark(options: argparse.Namespace) -> int:
    """Store points for a question, for one student or from a table, or list ungraded questions."""
    from grader.results import manual, policy

    course = here()
    found = policy.standings(course, options.dir)
    if options.blank is not None:
        return _blank(options.blank, found)
    if options.csv is not None:
        if options.student is not None:
            stop("--csv has the marks of the whole class; leave out STUDENT")
        given = manual.read_sheet(options.csv, found)
    elif options.student is None:
        return _outstanding(found)
    elif options.points is None:
        stop("write the student, the id of the question and the points: STUDENT ID POINTS")
    else:
        given = [manual.filled(found, options.student, options.id, options.points, options.reason)]
    return _keep(options.dir, given)


def _keep(folder: Path, given: Sequence[Filled]) -> int:
    from grader.results import policy, write
    from grader.results.marks import Mark, holding
    from grader.results.store import Store

    course = here()
    now, by = datetime.now(UTC).isoformat(timespec="microseconds"), user()
    with Store.open(folder) as store:
        known = holding(store.marks())
        new = []
        for each in given:
            before = known.get((each.student, each.question.id))
            if before is None or (before.points, before.reason) != (each.points, each.reason):
                new.append(each)
                store.mark(Mark(each.student, each.question.id, each.points, each.reason, by, now))
    found = policy.standings(course, folder)
    write.write_files(found, folder, course=course)
    for each in new:
        say(f"{each.student}: {each.question.id} {each.points:g} of {each.question.points:g}")
    same = len(given) - len(new)
    if same:
        say(f"{same} {'mark is' if same == 1 else 'marks are'} there already")
    _outstanding(found)
    return OK


def _blank(path: Path, found: Standings) -> int:
    from grader import files
    from grader.results import manual

    if not found.assignment.manual:
        stop(f"{found.assignment.name} has no questions that a person grades")
    if path.exists():
        stop(f"{path} exists, and may hold marks; choose another name")
    say(str(files.write(path, manual.sheet(found))))
    return OK


def _outstanding(found: Standings) -> int:
    open_ = [grade for grade in found.grades if grade.outstanding]
    for grade in open_:
        names = [o.id.partition("::")[2] for o in grade.outcomes if o.status == "manual"]
        say(f"to be graded: {label(grade.submission)}: {', '.join(names)}")
    if not open_:
        say("every question is graded")
    return OK


def refuse_outstanding(found: Standings, is_partial: bool) -> int:
    """Return the exit status for exported grades: `USAGE` while questions are not graded.

    Args:
        found: The results.
        is_partial: Whether ``--partial`` was given.
    """
    count = sum(bool(grade.outstanding) for grade in found.grades)
    if not count:
        return OK
    who = "1 student has" if count == 1 else f"{count} students have"
    if is_partial:
        say(f"  note: {who} answers that are not graded yet; their scores leave these out")
        return OK
    say(f"{who} answers that are not graded yet: grade them with 'grader mark', or add --partial")
    return USAGE
