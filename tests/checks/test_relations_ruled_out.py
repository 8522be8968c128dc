"""A few entries rule out most known values, and never one that a sentence may name."""

import numpy as np
import pytest

from grader.checks.diagnosis import known_values
from grader.checks.diagnosis.pairs import Pair
from grader.checks.diagnosis.relations import relation

MADE = {
    "has the term": lambda right, known: right + known,
    "lacks the term": lambda right, known: right - known,
    "is multiplied by": lambda right, known: right * known,
    "lacks the factor": lambda right, known: right / known,
    "once too often, and by 3": lambda right, known: 3 * right * (1 - known**2),
    "the tanh of": lambda right, known: np.tanh(known),
    "holds": lambda right, known: known,
    "": lambda right, known: np.sin(right * known),
}


def pairs(made, off=0.0):
    """Return three inputs, each with ten known values, and an array made of the third of them."""
    rng = np.random.default_rng(5)
    found = []
    for m in (2, 5, 9):
        known = {f"v{n}": rng.standard_normal((m, 4)) for n in range(10)}
        right = rng.standard_normal((m, 4))
        got = made(right, known["v3"])
        found.append(Pair(got + off * np.abs(got).max(), right, {}, known))
    return found


@pytest.mark.parametrize("off", [0.0, 2e-6])
@pytest.mark.parametrize("said", MADE)
def test_same_sentence_without_it(said, off, monkeypatch):
    """What is said is the same where no value is ruled out, up to the tolerance."""
    found = relation(pairs(MADE[said], off))
    assert said in found
    assert bool(said) == ("v3" in found)
    monkeypatch.setattr(
        known_values, "possible", lambda pairs, tries, factor=False: known_values.shared(pairs)
    )
    assert found == relation(pairs(MADE[said], off))


def test_rules_out():
    """Of ten values only the right one is looked at in full."""
    assert known_values.possible(pairs(MADE["has the term"]), [np.add]) == ["v3"]
    assert known_values.possible(pairs(MADE[""]), [np.add, np.multiply]) == []
