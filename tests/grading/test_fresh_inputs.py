"""Grade on fresh inputs: the reference is graded on them only where a submission fails a check."""

import pytest
from small_course import SmallCourse

from grader.grading.protocol import Settings
from grader.model import Submission
from grader.runs.grading_process import Process

SOLUTION = "def double(n):\n    return 2 * n\n"
TESTS = '''
from grader.testing import Case


def cases(rng, reference):
    """Cases for double."""
    return [Case("double", float(n)) for n in rng.integers(1, 99, size=3)]


def test_double(check):
    """double doubles"""
    check(cases)


def test_shaky(check, rng):
    """double doubles on most days"""
    if rng.integers(2):
        check.draw({}[0])
    check(cases)
'''
WRONG = "def double(n):\n    return 3 * n\n"
WELL, SEEDS = 1, range(2, 6)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Grade a right and a wrong submission on several seeds, after one on which all is well."""
    course = SmallCourse(tmp_path_factory.mktemp("fresh"), SOLUTION, TESTS)
    folder, found = str(course.folder), {}
    process = Process(Settings(folder, "small", WELL, b"secret", sandbox="none", preflight=False))
    process.ready()
    for seed in SEEDS:
        for who, source in (("right", SOLUTION), ("wrong", WRONG)):
            process.send(seed)
            process.send(Submission(who, "small.py", source.encode()))
            found[who, seed] = process.grade()[1]
    process.end()
    return found


def statuses(graded, who, test):
    return {seed: each.status for seed in SEEDS for each in graded[who, seed].outcomes
            if each.id.endswith(test)}  # fmt: skip


def test_right_and_wrong(graded):
    """A verdict on fresh inputs is the one on the run's inputs."""
    assert set(statuses(graded, "right", "test_double").values()) == {"passed"}
    assert set(statuses(graded, "wrong", "test_double").values()) == {"failed"}


def test_inputs_are_fresh(graded):
    """No two seeds ask the same: what was answered wrong stands in the message."""
    messages = {graded["wrong", seed].outcomes[0].message for seed in SEEDS}
    assert len(messages) == len(SEEDS)


def test_a_test_that_fails_for_everybody(graded):
    """Where the reference ends the test too, it is an error: the student has not failed it."""
    found = statuses(graded, "right", "test_shaky")
    assert set(found.values()) == {"passed", "error"}
    same = statuses(graded, "wrong", "test_shaky")
    assert {seed for seed, status in same.items() if status == "error"} == {
        seed for seed, status in found.items() if status == "error"
    }
