"""Mutants and relations: what each says, and that a mutant which never ends is stopped."""

import numpy as np
import pytest

from grader.checks.mutants import MOST, mutants
from grader.checks.relations import Pair, relation

SOURCE = """
def total(values, start):
    found = start
    for value in values:
        found = found + value
    return found


def endless(n):
    while n > 0:
        n -= 1
    return n
"""


def test_a_mutant_differs_by_one_edit_and_says_it() -> None:
    """Its sentence names the operand, and its module answers as it says."""
    every = mutants(SOURCE, ["total"])
    [lost] = [each for each in every if each.clause == "`value` were not added in `found`"]
    assert lost.module().total([1, 2], 5) == 5
    assert len(every) <= MOST


def test_a_mutant_that_never_ends_is_stopped() -> None:
    """`n -= 1` left out, or its sign turned: the loop's turns are counted."""
    stopped = 0
    for each in mutants(SOURCE, ["endless"]):
        try:
            each.module().endless(3)
        except RuntimeError:
            stopped += 1
        except Exception:  # noqa: S112  # other edits raise in their own ways
            continue
    assert stopped


RIGHT = np.array([[1.0, -2.0], [3.0, 5.0], [0.5, 4.0]])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda a: -a, "has the opposite sign"),
        (lambda a: len(a) * a, "is too large by a factor: the number of rows of `X`"),
        (lambda a: a[::-1], "is in the opposite order along the first axis"),
        (lambda a: a.T, "is transposed"),
        (lambda a: a[:, None], "has the right values with an axis of length 1 too many"),
        (lambda a: (a * len(a)).astype(np.float32), "is too large by a factor"),
        (lambda a: a + np.sin(a * 7), ""),
    ],
)
def test_relations(wrong, said) -> None:
    """Each holds on all inputs, in float32 too; where none holds, nothing is said."""
    pairs = [
        Pair(wrong(a), a, {"the number of rows of `X`": len(a)})
        for a in (RIGHT, np.vstack([RIGHT + 0.25, RIGHT[:1]]))
    ]
    assert relation(pairs).startswith(said) if said else relation(pairs) == ""
