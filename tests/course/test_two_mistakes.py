"""Two mistakes at once: both are reported, each where it is made, and never a third.

The pairs are drawn from the catalogue once for all: two mistakes of different kinds in text that does
not overlap, two thirds of them within one function.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from functools import cache

import pytest
from places import ROOT

from grader.checks.mistakes import Mistake, mistaken, module_of
from grader.grading.protocol import Settings
from grader.model import Grade, Submission
from grader.runs import local

EXERCISES = ("two_layer_network", "lstm_cell", "deep_network", "padding_pooling", "ngram_lm")
PAIRS = 10
"""Of each exercise."""
BOTH = 0.8
"""The least share of all pairs of which both are reported: 45 of 50 were when this was written."""

Pair = tuple[Mistake, Mistake]


def reference(exercise: str, file: str) -> str:
    """A file of an exercise's reference."""
    return (ROOT / "reference" / exercise / file).read_text(encoding="utf-8")


def spans(source: str, mistake: Mistake) -> list[range]:
    """Where in the solution a mistake is made."""
    starts = [(source.index(right), len(right)) for right in mistake.swap]
    return [range(start, start + length) for start, length in starts]


def are_apart(source: str, pair: Pair) -> bool:
    """Whether two mistakes are of different kinds, and can be made in one text."""
    one, other = pair
    both = itertools.product(spans(source, one), spans(source, other))
    return one.id != other.id and all(a.stop <= b.start or b.stop <= a.start for a, b in both)


def possible(exercise: str) -> list[Pair]:
    """All pairs of an exercise that can be made; what only timed checks find is left out."""
    known: Sequence[Mistake] = module_of(reference(exercise, "mistakes.py"), "mistakes").MISTAKES
    swaps = [m for m in known if m.swap and not m.code and m.id != "numeric-differentiation"]
    source = reference(exercise, "solution.py")
    return [pair for pair in itertools.combinations(swaps, 2) if are_apart(source, pair)]


def drawn(exercise: str) -> Iterator[Pair]:
    """`PAIRS` of them, always the same."""
    there = possible(exercise)
    random.Random(exercise).shuffle(there)  # noqa: S311  # a sample, no secret
    near = [pair for pair in there if pair[0].function == pair[1].function]
    yield from near[: PAIRS - PAIRS // 3]
    yield from [pair for pair in there if pair not in near][: PAIRS // 3]


@cache
def graded(exercise: str) -> list[tuple[Pair, Grade]]:
    """The pairs, graded as one class."""
    source = reference(exercise, "solution.py")
    pairs = dict(enumerate(drawn(exercise)))
    submissions = [
        Submission(str(n), f"{exercise}.py", mistaken(mistaken(source, one), other).encode())
        for n, (one, other) in pairs.items()
    ]
    settings = Settings(str(ROOT), exercise, 5, b"two", preflight=False, select="not fast")
    found = local.grade_all(submissions, settings, jobs=1, patience=200)
    return [(pairs[int(submission.student)], grade) for submission, grade in found]


def names(grade: Grade) -> set[str]:
    """The mistakes that a student reads of."""
    return {each.mistake for each in (*grade.outcomes, *grade.cards)} - {""}


def is_reported(mistake: Mistake, other: Mistake, grade: Grade) -> bool:
    """Whether a card names a mistake, or is about its function and the other is made elsewhere.

    Two edits without a name, each on a card of its own, explain all values only together.
    """
    at_home = [card for card in grade.cards if card.function == mistake.function]
    edits = [card for card in at_home if card.sentence.endswith("(one of two mistakes).")]
    apart = bool(at_home) and other.function != mistake.function
    return mistake.id in names(grade) or apart or len(edits) == 2


@pytest.mark.parametrize("exercise", EXERCISES)
def test_no_third_mistake_is_named(exercise):
    """Whatever is named is one of the two; and no pair passes."""
    pairs = graded(exercise)
    assert len(pairs) == PAIRS
    for (one, other), grade in pairs:
        assert grade.status == "graded"
        assert (grade.score or 0) < grade.max_score
        assert names(grade) <= {one.id, other.id}, (one.id, other.id)


def test_both_are_reported():
    """Of most pairs, over all exercises."""
    pairs = [pair for exercise in EXERCISES for pair in graded(exercise)]
    missed = [
        (one.id, other.id)
        for (one, other), grade in pairs
        if not (is_reported(one, other, grade) and is_reported(other, one, grade))
    ]
    assert len(missed) <= (1 - BOTH) * len(pairs), missed
