"""What the answers to other checks say about a mistake, on an exercise of one line."""

import numpy as np
import pytest

from grader.checks.case import Case
from grader.checks.diagnosis import Catalogue
from grader.checks.mistakes import Mistake, module_of
from grader.checks.reference import Module
from grader.sandbox.student import Answer

SOURCE = "import numpy as np\n\n\ndef top(x):\n    return x.max(axis=0)\n"
MAX = "x.max(axis=0)"
MISTAKES = (
    Mistake("magnitude", "top", swap={MAX: "x[abs(x).argmax(axis=0), np.arange(x.shape[1])]"}),
    Mistake("constant", "top", swap={MAX: "np.zeros(x.shape[1])"}),
)
REFERENCE = Module(module_of(SOURCE, "top"), {})


def cases(*rows, seed=1):
    """Arrays of these signs and rough sizes."""
    rng = np.random.default_rng(seed)
    return [Case("top", np.array(row) * rng.uniform(1, 1.5, np.shape(row))) for row in rows]


DOWN = cases([[-1, -2], [-4, -9]], [[-4, -1], [-1, -2]])
UP = cases([[1, 2], [4, 9]], [[4, 1], [-1, 2]], seed=2)
EITHER = cases([[4, 2], [-9, 1]], [[9, 1], [4, -2]], [[1, -9], [2, 4]], seed=3)


def name(program, asked, *others):
    """The mistake that is named for a program's answers to ``asked``, and these in other checks."""

    def answers(some):
        return [Answer(program(case.args[0])) for case in some]

    given = dict(pair for each in others for pair in zip(each, answers(each), strict=True))
    catalogue = Catalogue(SOURCE, MISTAKES, {}, {})
    return catalogue.name(asked, answers(asked), REFERENCE, (), given=given)


def largest_magnitude(x):
    return x[np.abs(x).argmax(axis=0), np.arange(x.shape[1])]


def smallest(x):
    return x.min(axis=0)


def at_least_zero(x):
    return np.maximum(x.max(axis=0), 0)


def half_of_what_is_positive(x):
    return np.where(x.max(axis=0) > 0, x.max(axis=0) / 2, largest_magnitude(x))


@pytest.mark.parametrize("others", [(), (EITHER,), (UP,), (EITHER, UP)])
def test_what_explains_all_answers_is_named(others):
    """Right or wrong elsewhere, as the mistake is."""
    assert name(largest_magnitude, DOWN, *others) == "magnitude"


def test_a_right_answer_elsewhere_speaks_against_a_mistake():
    """Zeros where all is negative: no constant, as it is right where something is positive."""
    assert name(at_least_zero, DOWN) == "constant"
    assert name(at_least_zero, DOWN, UP) == ""


def test_zeros_are_not_explained_by_halves():
    """A constant is the same in all answers, however few there are of the others."""
    assert name(lambda x: at_least_zero(x) / 2, DOWN) == "constant"
    assert name(lambda x: at_least_zero(x) / 2, DOWN, UP[:1]) == ""


def test_most_answers_elsewhere_speak_against_a_mistake():
    """The smallest of negative numbers has the largest magnitude; of others it may have not."""
    assert name(smallest, DOWN) == "magnitude"
    assert name(smallest, DOWN, EITHER) == ""


def test_a_second_mistake_does_not():
    """What is wrong in another way, but in no more answers, may have two reasons."""
    assert name(half_of_what_is_positive, DOWN) == "magnitude"
    assert name(half_of_what_is_positive, DOWN, EITHER[:1]) == "magnitude"


@pytest.mark.parametrize("later", [(), EITHER], ids=["now", "later"])
@pytest.mark.parametrize(
    ("program", "known", "named"),
    [
        (smallest, (), {"now": "magnitude", "later": "magnitude"}),
        (smallest, ("smallest",), {"now": "", "later": ""}),
        (largest_magnitude, ("smallest",), {"now": "", "later": "magnitude"}),
    ],
)
def test_what_looks_like_a_mistake(program, known, named, later):
    """Where all is negative the smallest is the largest in magnitude; what is asked later tells."""
    alike = [Mistake(each, "top", swap={MAX: "x.min(axis=0)"}) for each in known]
    catalogue = Catalogue(SOURCE, MISTAKES, {}, {}, alike)
    answers = {case: Answer(program(case.args[0])) for case in (*DOWN, *later)}
    found = catalogue.name(
        DOWN, [answers[case] for case in DOWN], REFERENCE, (), more=lambda: answers
    )
    assert found == named["later" if later else "now"]
