"""``grader new-mistake``: an entry begun from a submission, in which a student's text stays a comment."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from msgspec.structs import replace

from grader.authoring import scaffold
from grader.authoring.new_mistake import NewMistakeError, new_mistake
from grader.checks.mistakes import module_of
from grader.course import catalog
from grader.course.assignment import Course
from grader.model import Card, Example, Grade, Outcome, Submission
from grader.people import UnknownPersonError
from grader.results.store import Run, Store

HOSTILE = "def forward(x):\n    return x\r\x0c\n    '''\n    \"\"\"\n    \u2028os\x00\x1b[31m\n\nOWNED = 1\n"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    folder = tmp_path_factory.mktemp("course")
    with contextlib.chdir(folder):
        scaffold.new(folder, "layer")
    return catalog.load(folder)


def results(folder: Path, *grades: Grade, source: str = HOSTILE) -> Path:
    with Store.create(folder, Run("layer", 1, 4.0, "f00d")) as store:
        for grade in grades:
            store.add(grade, replace(grade.submission, source=source.encode()))
    return folder


def graded(student: str, cluster: str, lost: float = 2.0) -> Grade:
    failed = Outcome("t.py::a", "a", "failed", 4.0 - lost, 4.0, "no", root_cause="c", seconds=0.1)
    card = Card("c", f"forward: {cluster}\nOWNED = 1", "forward", "y", cluster=cluster,
                example=Example("forward(1)\nOWNED = 1", "2\rOWNED = 1", "1"))  # fmt: skip
    submission = Submission(student, "layer.py", name=f"Student\n{student}")
    return Grade(submission, 4.0, (failed,), cards=(card,))


def test_the_costliest_that_is_not_explained_is_taken_and_nothing_of_it_is_code(
    course: Course, tmp_path: Path
) -> None:
    """The file holds what it held before, and every line that was added is a comment."""
    file = course.solution("layer").with_name("mistakes.py")
    before = file.read_text(encoding="utf-8")
    known = [graded("ada", "same"), graded("bob", "same")]
    made = new_mistake(
        course, results(tmp_path, *known, graded("eve", "x", 1.0), graded("kim", "y"))
    )
    assert (made.file, made.function) == (file, "forward")
    after = file.read_text(encoding="utf-8")
    added = after.removeprefix(before.rstrip())
    assert all(line.startswith("#") for line in added.splitlines() if line)
    for part in (
        "(kim)",
        "def forward(x):",
        "input: forward(1)",
        'Mistake("name-of-it", "forward"',
    ):
        assert part in added
    assert "OWNED" not in vars(module_of(after, "m"))
    assert module_of(after, "m").MISTAKES == module_of(before, "m").MISTAKES


def test_without_the_comment_signs_it_would_be_code(course: Course, tmp_path: Path) -> None:
    """The pair: the same text as code does run."""
    made = new_mistake(course, results(tmp_path, graded("ada", "x"), source="OWNED = 1\n"), "ada")
    text = made.file.read_text(encoding="utf-8")
    bare = text.replace("#     OWNED = 1", "OWNED = 1")
    assert "OWNED" in vars(module_of(bare, "m"))


def test_a_student_can_be_named_by_any_id(course: Course, tmp_path: Path) -> None:
    folder = results(tmp_path, graded("ada", "same"), graded("bob", "same"))
    assert "(bob)" in new_mistake(course, folder, "BOB").who
    with pytest.raises(UnknownPersonError, match="no such student"):
        new_mistake(course, folder, "nobody")
    with pytest.raises(NewMistakeError, match="every mistake in these results is explained"):
        new_mistake(course, folder)


def test_who_lost_nothing_has_no_mistake(course: Course, tmp_path: Path) -> None:
    right = Grade(
        Submission("ada", "x.py"), 4.0, (Outcome("a", "a", "passed", 4.0, 4.0, seconds=0.1),)
    )
    with pytest.raises(NewMistakeError, match="nothing to fix"):
        new_mistake(course, results(tmp_path, right), "ada")


def test_a_course_without_a_catalogue_gets_one(course: Course, tmp_path: Path) -> None:
    file = course.solution("layer").with_name("mistakes.py")
    kept = file.read_text(encoding="utf-8")
    file.unlink()
    try:
        new_mistake(course, results(tmp_path, graded("ada", "x")), "ada")
        assert module_of(file.read_text(encoding="utf-8"), "m").MISTAKES == ()
    finally:
        file.write_text(kept, encoding="utf-8")
