"""What a run looks like in a terminal: plain lines, made of values; `cli` prints them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from grader.course.assignment import Assignment
from grader.model import Grade
from grader.runs.class_run import Progress

MOST_ROWS = 40
MOST_ERRORS = 20


def summary(
    assignment: Assignment, progress: Progress, grades: Sequence[Grade], seconds: float, width: int
) -> list[str]:
    """A row a student (none when there are many), then the class in a few lines."""
    lines = [f"{assignment.title} ({assignment.name})", ""]
    shown = sorted(grades, key=lambda grade: grade.submission.student)[:MOST_ROWS]
    name_width = max((len(grade.submission.student) for grade in shown), default=7)
    for grade in shown:
        lines.append(_row(grade, min(name_width, 30), width))
    if len(grades) > len(shown):
        lines.append(f"... and {len(grades) - len(shown)} more")
    lines += ["", *_class(grades, seconds), *_errors(grades)]
    if progress.course is not None:
        lines.append(f"course: {progress.course}")
    if progress.ready is not None:
        lines.append(f"sandbox: {', '.join(progress.ready.sandbox) or 'NONE'}")
    if progress.already:
        lines.append(f"{progress.already} were graded before and are kept")
    if progress.kinds:
        lines.append(f"taken for: {', '.join(dict.fromkeys(progress.kinds))}")
    return lines


def _errors(grades: Sequence[Grade]) -> list[str]:
    """Return the whole reason of each error: a table has no room for what to do."""
    errors = [grade for grade in grades if grade.status == "error"]
    lines = [f"  {each.submission.student}: {each.message}" for each in errors[:MOST_ERRORS]]
    if len(errors) > MOST_ERRORS:
        lines.append(f"  and {len(errors) - MOST_ERRORS} more")
    return lines


def _row(grade: Grade, name_width: int, width: int) -> str:
    student = grade.submission.student[:name_width].ljust(name_width)
    if grade.final is None:
        verdict = "excused" if grade.excused else "error  "
        return f"{student}  {verdict} {'':20}  {grade.message}"[:width]
    share = grade.final / grade.max_score if grade.max_score else 0.0
    filled = min(max(round(share * 20), 0), 20)
    return f"{student}  {grade.final:6.1f}  {'█' * filled}{'·' * (20 - filled)}  {_why(grade)}"[
        :width
    ]


def _why(grade: Grade) -> str:
    """The most useful thing to say of a grade in a few words."""
    if grade.final != grade.score:
        return "; ".join(grade.told)
    if grade.outcomes and all(outcome.status == "passed" for outcome in grade.outcomes):
        return "everything right"
    mistakes = list(dict.fromkeys(o.mistake for o in grade.outcomes if o.mistake))
    if mistakes:
        return ", ".join(mistakes)
    failed = [outcome for outcome in grade.outcomes if outcome.status != "passed"]
    return failed[0].message.splitlines()[0] if failed and failed[0].message else ""


def _class(grades: Sequence[Grade], seconds: float) -> list[str]:
    scores = sorted(grade.final for grade in grades if grade.final is not None)
    errors = sum(grade.status == "error" for grade in grades)
    lines = [f"{len(grades)} graded in {seconds:.1f} s"]
    if scores:
        middle = scores[len(scores) // 2] if len(scores) % 2 else (
            scores[len(scores) // 2 - 1] + scores[len(scores) // 2]) / 2  # fmt: skip
        lines[0] += f": median {middle:.1f}, from {scores[0]:.1f} to {scores[-1]:.1f}"
    if errors:
        lines.append(f"{errors} could not be graded (error): they have no score, not a zero")
    counted = Counter(
        mistake for grade in grades for mistake in {o.mistake for o in grade.outcomes if o.mistake}
    )
    if counted:
        common = ", ".join(f"{name} ({count})" for name, count in counted.most_common(5))
        lines.append(f"mistakes: {common}")
    return lines
