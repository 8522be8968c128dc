"""Checks that programs without answers pass are named once, with all the answers that pass."""

import pytest

from grader.authoring.constants import answering, without_state, written_by_students
from grader.authoring.vacuous import Vacuous
from grader.grading.protocol import CheckInfo
from grader.model import Grade, Outcome, Submission

CLASS = """
class Account:
    # BEGIN SOLUTION
    rate = 2
    # END SOLUTION
    def __init__(self, balance):
        # BEGIN SOLUTION
        self.balance = balance
        # END SOLUTION

    @property
    def double(self):
        return 2 * self.balance

    @staticmethod
    def valid(amount):
        return amount > 0
"""


def check(name, function="", fixtures=("student",)):
    return CheckInfo(f"test_a.py::{name}", name, 1, "test_a.py:3", function or name, fixtures)


def grade(*passed):
    return Grade(Submission("x", "x.py", b""), 1.0, tuple(
        Outcome(f"test_a.py::{name}", name, "passed", 1.0, 1.0) for name in passed
    ))  # fmt: skip


def lines(rubric, **notes):
    vacuous = Vacuous(rubric)
    for who, passed in notes.items():
        vacuous.note(who.replace("_", " "), grade(*passed))
    return [line.partition(": ")[2] for line in vacuous.lines()]


def test_one_line_for_all_constants():
    assert lines([check("a")], constant_0=["a"], constant_None=["a"]) == [
        "a gives 1 points to a program that always returns 0 or None; let it check another answer too"
    ]


def test_one_set_of_parameters_may_have_the_constant_as_its_answer():
    sets = [check(f"a[{n}]", "a") for n in range(4)]
    assert not lines(sets, constant_1=["a[0]"])
    assert lines(sets, constant_1=["a[0]", "a[1]", "a[2]"])


def test_what_only_the_state_of_an_object_decides_is_compared():
    assert not lines([check("a")], constant_0=["a"], stateless_0=[])
    assert lines([check("a")], constant_0=["a"], stateless_0=["a"])


def test_checks_that_compare_cases_are_judged_elsewhere():
    assert not lines([check("a", fixtures=("check",))], constant_0=["a"])


def test_a_variable_that_students_write_anew_is_theirs():
    solution = "A = 0\nB = 1\n# BEGIN SOLUTION\nA = 5\nC = 6\n# END SOLUTION\n"
    assert {"A", "C"} == written_by_students(solution)


@pytest.mark.parametrize("made", [CLASS, without_state(CLASS)])
def test_properties_and_static_methods_are_constant_too(made):
    names = {"__name__": "constant"}
    exec(answering(made, "7"), names)  # noqa: S102  # the class above
    account = names["Account"](3)
    assert (7, 7) == (account.double, account.valid(1))
    assert hasattr(account, "balance") is (made is CLASS)
    assert hasattr(account, "rate") is (made is CLASS)
