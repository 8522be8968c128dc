"""Summarise a run in lines that fit the terminal's width; `cli` prints them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from grader.cli.wording import RECOGNISED
from grader.course.assignment import Assignment
from grader.model import Grade
from grader.people import label
from grader.results import cards, wording
from grader.results.clusters import clusters
from grader.runs.class_run import Progress
from grader.text import columns, cut

MOST_ROWS: Final = 40
MOST_ERRORS: Final = 20
MOST_CLUSTERS: Final = 5
BAR: Final = 20
WIDE: Final = 76
"""Columns of a terminal from which there is room for bars."""
LONGEST_NAME: Final = 30


def summary(
    assignment: Assignment, progress: Progress, grades: Sequence[Grade], seconds: float, width: int
) -> list[str]:
    """Return a line for each student, at most `MOST_ROWS`, then a few lines about the class.

    Args:
        assignment: The assignment, for its title.
        progress: The progress of the run, with its notes.
        grades: The grade that counts for each student.
        seconds: The duration of the run.
        width: The columns of the terminal; lines about students are cut to this width.
    """
    lines = [f"{assignment.title} ({assignment.name})", ""]
    shown = sorted(grades, key=lambda grade: grade.submission.student)[:MOST_ROWS]
    names = [label(grade.submission) for grade in shown]
    name_width = min(max(map(columns, names), default=7), LONGEST_NAME, max(width // 3, 8))
    for grade, name in zip(shown, names, strict=True):
        short = cut(name, name_width)
        lines.append(_row(grade, short + " " * (name_width - columns(short)), width))
    if len(grades) > len(shown):
        lines.append(f"... and {len(grades) - len(shown)} more")
    lines += ["", *_class(grades, seconds, width), *_errors(grades)]
    if progress.course is not None:
        lines.append(f"course: {progress.course}")
    if progress.ready is not None:
        lines.append(f"sandbox: {', '.join(progress.ready.sandbox) or 'NONE'}")
    if progress.already:
        lines.append(f"graded before and kept: {progress.already}")
    if progress.kinds:
        kinds = [RECOGNISED.get(kind, kind) for kind in dict.fromkeys(progress.kinds)]
        lines.append(f"recognised as: {', '.join(kinds)}")
    return lines


def _errors(grades: Sequence[Grade]) -> list[str]:
    """Return the full reason of each error, because a table has no room for advice."""
    errors = [grade for grade in grades if grade.status == "error"]
    lines = [f"  {label(each.submission)}: {each.message}" for each in errors[:MOST_ERRORS]]
    if len(errors) > MOST_ERRORS:
        lines.append(f"  and {len(errors) - MOST_ERRORS} more")
    return lines


def _row(grade: Grade, name: str, width: int) -> str:
    bar = BAR if width >= WIDE else 0
    if grade.final is None:
        verdict = "excused" if grade.excused else "  error"
        return cut(f"{name}  {verdict}{' ' * (bar and bar + 2)}  {grade.message}", width)
    share = grade.final / grade.max_score if grade.max_score else 0.0
    filled = min(max(round(share * bar), 0), bar)
    drawn = f"  {'█' * filled}{'·' * (bar - filled)}" if bar else ""
    return cut(f"{name}  {grade.final:7.2f}{drawn}  {_why(grade)}", width)


def _why(grade: Grade) -> str:
    """Return the most useful fact about a grade, in a few words."""
    if grade.final != grade.score:
        return "; ".join(grade.reasons)
    found = cards.entries(grade)
    if not found:
        waiting = sum(outcome.status in ("waiting", "manual") for outcome in grade.outcomes)
        return f"{wording.plural(waiting, 'check')} not judged yet" if waiting else "all correct"
    first = " ".join((found[0].sentence or found[0].message).split())
    if found[0].message and found[0].card is None:
        first = f"{first}: {' '.join(found[0].message.split())}"
    return f"{first} (and {len(found) - 1} more)" if len(found) > 1 else first


def _class(grades: Sequence[Grade], seconds: float, width: int) -> list[str]:
    scores = sorted(grade.final for grade in grades if grade.final is not None)
    errors = sum(grade.status == "error" for grade in grades)
    lines = [f"{len(grades)} graded in {seconds:.1f} s"]
    if scores:
        middle = scores[len(scores) // 2] if len(scores) % 2 else (
            scores[len(scores) // 2 - 1] + scores[len(scores) // 2]) / 2  # fmt: skip
        lines[0] += f": median {middle:.1f}, from {scores[0]:.1f} to {scores[-1]:.1f}"
    if errors:
        lines.append(f"{errors} could not be graded (error): they have no score, not a zero")
    found = clusters(grades)
    if found.clusters:
        lines.append("most points lost by:")
    for each in found.clusters[:MOST_CLUSTERS]:
        who = wording.plural(len(each.rows), "student")
        lines.append(cut(f"  {who}, {wording.points(each.lost)}: {each.label}", width))
    if found.unexplained:
        who = wording.plural(len(found.unexplained), "student")
        lines.append(f"mistakes without a name: {who}; see report.html")
    return lines
