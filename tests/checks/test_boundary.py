"""One plain test file, graded on a right submission and on four that want to pass without being right."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
from places import ROOT
from small_course import graded_class

from grader.checks.boundary.places import instruction_of

SAMPLES = ROOT / "tests/samples" / "boundary"
SWALLOWED = "test_micro.py::test_swallowed"


def grade(samples, exercise, folder):
    """Return the checks of all samples, by student and id."""
    course, out = folder / "course", folder / "out"
    shutil.copytree(samples / "course", course)
    rows = graded_class(course, samples / "students", exercise, out)
    return {
        student: {check["id"]: check for check in row["checks"]} for student, row in rows.items()
    }


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Return the checks of the plain samples."""
    return grade(SAMPLES, "micro", tmp_path_factory.mktemp("boundary"))


def test_right_answers_pass(graded):
    """Classes, text, generators, closures, callbacks, changes in place and printed output pass."""
    assert {"passed"} == {check["status"] for check in graded["right"].values()}


@pytest.mark.parametrize("student", ["always", "subclasses", "exits", "endless"])
def test_nothing_else_passes(graded, student):
    """No form of cheating passes any check, and none is an error of ours."""
    wrong = dict(graded[student])
    if student == "exits":  # the test's author swallows the exception that a student raises
        assert "passed" == wrong.pop(SWALLOWED)["status"]
    assert {"failed"} == {check["status"] for check in wrong.values()}


def test_the_reason_is_said(graded):
    """A student reads which function gave an object where what was expected."""
    checks = graded["always"]
    assert (
        "mean gives an object where a number is expected"
        in checks["test_micro.py::test_abs"]["message"]
    )
    assert "kind" == checks["test_micro.py::test_abs"]["cause"]


def test_not_even_an_exception_that_is_swallowed(graded):
    """``except Exception`` in a test does not swallow what the boundary refuses."""
    assert "kind" == graded["always"][SWALLOWED]["cause"]


@pytest.mark.parametrize(
    ("samples", "exercise", "needs"),
    [("peers", "net", ("pandas", "torch")), ("figures", "fig", ("matplotlib",))],
)
def test_tables_tensors_and_figures(tmp_path, samples, exercise, needs):
    """nn.Module, DataFrame and Figure, with a reference in a worker: no twin, no torch in the grader."""
    for package in needs:
        pytest.importorskip(package)
    rows = grade(SAMPLES / samples, exercise, tmp_path)
    assert {"passed"} == {check["status"] for check in rows["right"].values()}
    assert {"failed"} == {check["status"] for check in rows["always"].values()}


@pytest.mark.parametrize(("student", "code"), [("right", 0), ("always", 1)])
def test_by_hand(student, code):
    """A plain pytest command runs each test on the reference first, so the rule of kinds holds."""
    file = SAMPLES / "students" / student / "micro.py"
    tests = SAMPLES / "course" / "tests" / "hidden" / "micro"
    command = [sys.executable, "-m", "pytest", "-q", str(tests), "--submission", str(file)]
    done = subprocess.run([*command, "-k", "round or fill"], capture_output=True, text=True)
    assert code == done.returncode, done.stdout
    assert ("2 passed" if code == 0 else "2 failed") in done.stdout


def test_a_place_stays_the_same_when_python_rewrites_a_call():
    """A call that has run some times moves to another offset; the hundredth student is at the same place."""
    offsets, places = set(), set()

    class Asked:
        def __array__(self, dtype=None, copy=None):
            frame = sys._getframe(1)
            offsets.add(frame.f_lasti)
            places.add(instruction_of(frame.f_code, frame.f_lasti))
            return np.zeros(1)

    def test(handle):
        return np.asarray(handle)

    for _ in range(100):
        test(Asked())
    assert 1 == len(places)
    assert len(offsets) > 1 or sys.version_info[:2] != (3, 11)  # without it, there are two places
