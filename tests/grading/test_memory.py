"""A hidden test that takes too much memory because of a student's answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_course import SmallCourse, checks

from grader.grading.memory import Memory

SOLUTION = '''\
"""Sizes"""


def n():
    """Return 10."""
    # BEGIN SOLUTION
    return 10
    # END SOLUTION


def size():
    """Return 10."""
    # BEGIN SOLUTION
    return 10
    # END SOLUTION
'''
TESTS = '''\
import numpy as np
import pytest


def test_array(student):
    assert len(np.zeros(student.size(), np.uint8)) == 10


def test_text(student):
    assert "-" * student.n() == "----------"


def test_list(student):
    assert [0] * student.n() == [0] * 10, "the list is wrong"


def test_grows(student):
    """It keeps what it collects until nothing is left"""
    size, kept = student.n(), []
    while len(kept) < min(size // 10, 300):
        kept.append(np.zeros(10_000_000, np.uint8))
    assert len(kept) == 1


@pytest.fixture
def table(student):
    return np.zeros((student.n(), 8))


def test_fixture(table):
    assert len(table) == 10


@pytest.mark.points(2)
def test_parts(student, subtests):
    with subtests.test("text"):
        assert len(bytearray(student.n())) == 10
    with subtests.test("enough is left for this part"):
        assert len(np.zeros(600_000_000 + student.size(), np.uint8)) > 10


@pytest.mark.fresh
def test_fresh(student):
    assert len(b"." * student.n()) == 10


@pytest.mark.example
def test_example(student):
    assert list(range(student.n())) == list(range(10))


def test_after(student):
    """The next test has all of the memory, and the program can still be started"""
    assert student.n() > 0
    assert len(np.zeros(900_000_000, np.uint8)) == 900_000_000
'''
RIGHT = "def n():\n    return 10\n\n\ndef size():\n    return 10\n"
HUGE = "def n():\n    return 1 << 40\n\n\ndef size():\n    return 10\n"
LARGE = "def n():\n    return 10\n\n\ndef size():\n    return 1_400_000_000\n"
SAID = "this check ran out of memory (1,024 MiB) with what your code returned"

Rows = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """Return the grades of a class, in one grading process."""
    course = SmallCourse(tmp_path_factory.mktemp("memory"), SOLUTION, TESTS)
    return course.grade({"ada": RIGHT, "huge": HUGE, "large": LARGE, "zeno": RIGHT}, "--jobs", "1")


def test_a_huge_number_is_the_student_s_failed_check(rows: Rows) -> None:
    """Each check that needs too much memory fails and says so; none is an error."""
    found = checks(rows["huge"])
    assert "passed" == found["test_array"]["status"] == found["test_after"]["status"]
    for name in ("test_text", "test_list", "test_grows", "test_fixture", "test_fresh",
                 "test_example"):  # fmt: skip
        assert (name, "failed", 0) == (name, found[name]["status"], found[name]["points"])
        assert found[name]["message"].startswith(SAID), name
    parts = found["test_parts"]
    assert ("failed", 1) == (parts["status"], parts["points"])
    assert f"text: {SAID}" in parts["message"]


def test_the_other_students_are_not_affected(rows: Rows) -> None:
    """A process that graded huge answers grades the others as before."""
    assert rows["ada"]["score"] == rows["zeno"]["score"] == rows["ada"]["max_score"]


def test_the_limit_is_what_refuses_the_memory(rows: Rows, tmp_path: Path) -> None:
    """With a larger limit in assignments.yaml the same answer takes the memory."""
    found = checks(rows["large"])["test_array"]
    assert ("failed", True) == (found["status"], found["message"].startswith(SAID))
    course = SmallCourse(tmp_path, SOLUTION, TESTS, "limits: {memory_mb: 4096}")
    found = checks(course.grade({"large": LARGE})["large"])["test_array"]
    assert ("failed", False) == (found["status"], "memory" in found["message"])


def test_without_a_limit_this_process_takes_the_memory() -> None:
    """The same allocation with and without the limit."""
    memory, size = Memory(), 200 << 20
    memory.measure()
    with memory.limited(100), pytest.raises(MemoryError):
        bytearray(size)
    assert len(bytearray(size)) == size
