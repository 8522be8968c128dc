"""`grader validate`: an author's slip is one line with file, place and what to write."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.authoring import handout, soundness, validate
from grader.course.catalog import load

GRADER = (sys.executable, "-m", "grader")
LAYER = "tests/hidden/tiny/test_layer.py"
MISTAKES = "reference/tiny/mistakes.py"
SOLUTION = "reference/tiny/solution.py"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "GRADER_COURSE"}
    return subprocess.run(  # our own command
        [*GRADER, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new course with the exercise `tiny`, built."""
    folder = tmp_path_factory.mktemp("sound")
    for arguments in (("new", "tiny"), ("build",)):
        done = run(folder, *arguments)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def course(sound: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(sound, tmp_path / "course"))


def replaced(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (MISTAKES, "dY.sum(axis=0)", "dY.sum(axis=9)", f"{MISTAKES}:35: mean-not-sum: stale swap"),
        (MISTAKES, '"mean-not-sum": Hint', '"mean-not": Hint', f"{MISTAKES}:35: mean-not-sum: no hint"),
        (MISTAKES, 'function="forward"', 'function="froward"', "did you mean 'forward'?"),
        (MISTAKES, "HINTS = {", "HINTS = {{", f"{MISTAKES}:"),
        (SOLUTION, "# BEGIN SOLUTION", "# BEGIN SOLUTON", "is not a marker; write '# BEGIN SOLUTION'"),
        (SOLUTION, "# END SOLUTION", "", "a solution begins inside the one of line"),
        ("tests/hidden/tiny/cases.py", 'CACHES = {"forward": ("X",)}', "CACHES = {}", "backward takes a cache"),
        ("exercises/tiny/test_public.py", 'EXERCISE = "tiny"', 'EXERCISE = "tinny"', "write 'tiny'"),
        ("assignments.yaml", "title: Tiny", "title: Tiny\n    mistakes: {bias-lots: 20}", "'bias-lost'?"),
        (LAYER, "import pytest", "import pytest\nX = dict(mistake='bias-lots')", "did you mean 'bias-lost'?"),
    ],
)  # fmt: skip
def test_slips_that_show_in_the_files(
    course: Path, file: str, old: str, new: str, said: str
) -> None:
    replaced(course, file, old, new)
    first = next(soundness.problems(load(course), "tiny"))
    assert said in first
    assert "\n" not in first


def test_a_sound_exercise_has_no_slips(sound: Path) -> None:
    course = load(sound)
    assert [] == [*soundness.problems(course, "tiny"), *handout.problems(course, "tiny")]


def test_what_a_rename_leaves_behind_is_found(course: Path) -> None:
    shutil.copytree(course / "exercises/tiny", course / "exercises/tinny")
    [said] = soundness.problems(load(course), "tiny")
    assert said.startswith("exercises/tinny/ belongs to no assignment")


def test_public_tests_that_the_reference_fails_are_found(course: Path) -> None:
    """The students' zip is unpacked and used; build and release do not look at this."""
    replaced(course, "exercises/tiny/test_public.py", "student.forward", "student.onward")
    [said] = handout.problems(load(course), "tiny")
    assert "the reference fails its own public tests" in said
    assert "onward" in said


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda c: replaced(c, LAYER, "points(38)", "point(38)"), "did you mean 'points'?"),
        (lambda c: replaced(c, LAYER, "points(38)", "points"), "points() is not a number"),
        (lambda c: replaced(c, LAYER, "(check):", "(check)"), "tiny/test_layer.py:"),
        (lambda c: replaced(c, LAYER, "import BACKWARD, b", "import BACKWARD, backwards_cases, b"),
         "tiny/test_layer.py:5: ImportError"),
        (lambda c: replaced(c, LAYER, "test_forward(check)", "test_forward(chek)"),
         "unknown fixture 'chek'; did you mean 'check'?"),
        (lambda c: replaced(c, LAYER, "_cases, array,", '_cases, array + "x",'), "tiny/test_layer.py:2"),
        (lambda c: replaced(c, SOLUTION, '.T + params["b"]', '.T - params["b"]'), "stale swap"),
        (lambda c: replaced(c, LAYER, "check(forward_cases)", "assert False, 'never'"),
         "fails test_layer.py::test_forward"),
    ],
)  # fmt: skip
def test_slips_that_show_when_the_reference_is_graded(
    course: Path, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(course)
    first = validate._first_problem(load(course), "tiny")
    assert said in first
    assert "\n" not in first


def test_a_check_that_compares_nothing_is_refused(course: Path) -> None:
    """It takes what it gets, and the reference passes it; so does any object."""
    test = "def test_n(student):\n    assert student.sizes() is not None\n"
    (course / "tests/hidden/tiny/test_n.py").write_text(test)
    solution = course / SOLUTION
    solution.write_text(solution.read_text() + "\n\ndef sizes():\n    return [1, 2]\n")
    said = validate._first_problem(load(course), "tiny")
    assert said.startswith("test_n.py:1: test_n compares nothing")
    (course / "tests/hidden/tiny/test_n.py").write_text(test.replace("is not None", "== [1, 2]"))
    assert [] == list(validate._without_comparison(load(course), "tiny"))


def test_validate_is_green_for_a_new_exercise_and_red_for_a_stale_public_test(course: Path) -> None:
    done = run(course, "validate", "tiny", "--seeds", "1")
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    replaced(course, "exercises/tiny/test_public.py", "student.forward", "student.onward")
    done = run(course, "validate", "tiny", "--seeds", "1")
    assert (2, "") == (done.returncode, done.stderr)
    [line] = done.stdout.splitlines()
    assert "the reference fails its own public tests" in line
