"""Start the catalogue entry for a mistake that students made and that has no name yet.

    made = new_mistake(course, Path("results/week2"))        # or with a student: "kurt"

The entry is appended to ``reference/NAME/mistakes.py`` as comments, because `mistakes.py` runs in
the process with the hidden tests, and the entry quotes a student's function. The author reads it,
writes the wrong line as an edit of the solution, and removes the comment signs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from msgspec import Struct

from grader.course.assignment import Course
from grader.errors import UserError
from grader.files import write
from grader.model import Grade
from grader.people import label, resolve
from grader.results import cards, policy
from grader.results.clusters import clusters
from grader.results.excerpts import excerpt
from grader.results.material import code_of
from grader.results.store import Store
from grader.text import visible, visible_line

MOST_LINES: Final = 60
"""Lines of a submission that are quoted if the function is unknown."""
EMPTY: Final = '''"""Mistakes students make in {name}: each is the solution with the wrong line put in."""

from grader.testing import Hint, Mistake

HINTS = {{}}

MISTAKES = ()
'''
ENTRY: Final = """

# --- a mistake without a name, from the submission of {who} ---
#
# The page says now: {sentence}
{example}#
# The student's function:
#
{code}
#
# 1. Add to HINTS: a fact that is true of every such submission, a question, and 80 to 160 words.
#        "name-of-it": Hint("{array}: what is wrong with it. Which line decides it?", "..."),
# 2. Add to MISTAKES: pieces of the solution, each occurring once, and what stands there instead.
#        Mistake("name-of-it", "{function}", swap={{"right piece": "wrong piece"}}),
# 3. Run: grader validate {name}
"""


class NewMistakeError(UserError):
    """No entry can be started; the line says why."""


class Begun(Struct, frozen=True):
    """The file that was written, the quoted submission, and its function."""

    file: Path
    who: str
    function: str


def new_mistake(course: Course, folder: Path, student: str = "") -> Begun:
    """Append an entry, as comments, to the exercise's ``mistakes.py``.

    Args:
        course: The course of the results.
        folder: The folder of the results.
        student: Id, e-mail address or name; '' for the student with the most expensive unexplained
            mistake.

    Raises:
        NewMistakeError: The results contain no unexplained mistake, or the student lost no points.
        StoreError: The results cannot be read.
        UnknownPersonError: There is no such student.
    """
    found = policy.standings(course, folder)
    grade = _chosen(found.grades, student)
    entry = _entry(grade, found.grades)
    name = found.assignment.name
    file = course.solution(name).with_name("mistakes.py")
    text = file.read_text(encoding="utf-8") if file.is_file() else EMPTY.format(name=name)
    function = entry.card.function if entry.card else ""
    source = _source(folder, grade)
    code = excerpt(source, function) if function else ""
    quoted = code or "\n".join(source.splitlines()[:MOST_LINES])
    added = ENTRY.format(
        who=visible_line(label(grade.submission)),
        sentence=visible_line(entry.sentence),
        example=_example(entry),
        code=_commented(quoted),
        array=(entry.card.array if entry.card else "") or function or "what",
        function=function or "function",
        name=name,
    )
    write(file, f"{text.rstrip()}\n{added}".encode())
    return Begun(file, label(grade.submission), function)


def _chosen(grades: tuple[Grade, ...], student: str) -> Grade:
    if student:
        wanted = resolve(student, [grade.submission for grade in grades])
        return next(grade for grade in grades if grade.submission.student == wanted)
    rows = clusters(grades).unexplained
    if not rows:
        raise NewMistakeError(
            "every mistake in these results is explained; name a student to choose one"
        )
    return max((grades[row] for row in rows), key=lambda grade: _entry(grade, grades).lost)


def _entry(grade: Grade, grades: tuple[Grade, ...]) -> cards.CardView:
    """Return a student's most expensive problem, preferably an unexplained one."""
    found = sorted(cards.entries(grade), key=lambda entry: -entry.lost)
    if not found:
        raise NewMistakeError(f"{label(grade.submission)} has nothing to fix")
    known = {cluster.entry.sentence for cluster in clusters(grades).clusters}
    return next((entry for entry in found if entry.sentence not in known), found[0])


def _source(folder: Path, grade: Grade) -> str:
    submission = grade.submission
    with Store.open(folder) as store:
        for each in store.handins():
            other = each.grade.submission
            if (other.student, other.submitted_at) == (submission.student, submission.submitted_at):
                return code_of(store, each)
    raise NewMistakeError(f"there is no submission of {label(submission)} in {folder}")


def _example(entry: cards.CardView) -> str:
    if entry.example is None:
        return ""
    rows = (("input", entry.example.call), ("returned", entry.example.returned),
            ("raised", entry.example.raised), ("correct", entry.example.correct))  # fmt: skip
    lines = [f"{name}: {line}" for name, text in rows for line in text.splitlines()]
    return _commented("\n".join(lines)) + "\n" if lines else ""


def _commented(text: str) -> str:
    """Return a student's text with every line as a comment, which the text cannot end."""
    return "\n".join(f"#     {visible(line)}".rstrip() for line in text.splitlines())
