"""`grader validate` says how many small edits of a solution its cases notice."""

from grader.authoring import mutation_score
from grader.checks.case import Case
from grader.checks.exercise import Exercise
from grader.checks.mistakes import Catalogue, module_of
from grader.checks.reference import Module

SOLUTION = '''\
def scaled(x, factor):
    """Return x times the factor, plus 1."""
    # BEGIN SOLUTION
    return x * factor + 1
    # END SOLUTION
'''


def noted(*cases):
    """Return the note on the solution above with these inputs."""
    reference = Module(module_of(SOLUTION, "scaled.reference"), {})
    exercise = Exercise("scaled", SOLUTION, reference, Catalogue(SOLUTION, (), {}, {}))

    def scaled_cases(rng, reference):
        yield from (Case("scaled", *args) for args in cases)

    return mutation_score.score(exercise, {"scaled_cases": scaled_cases})


def test_good_cases_notice_more_than_poor_ones():
    """A factor of 1 hides that it is missing; other numbers show it."""
    good, poor = noted((3.0, 2.5), (-1.5, 4.0)), noted((3.0, 1.0))
    assert "not noticed: scaled: as if" in poor
    assert int(good.split()[0]) > int(poor.split()[0])
    assert good.split()[2] == poor.split()[2]


def test_functions_that_students_write_are_the_ones_with_a_gap():
    """Given functions are not edited."""
    given = "def given(x):\n    return x\n\n\n"
    assert ["scaled"] == mutation_score.written_functions(given + SOLUTION)
