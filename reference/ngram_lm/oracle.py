"""The n-gram model by brute force, in exact fractions: an independent way to the same numbers.

Nothing is counted in advance. Each probability is a search through the training text for the places
where the context stands, and all arithmetic is rational until the last step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

Sentence = Sequence[int]


def probabilities(
    sentences: Sequence[Sentence],
    contexts: NDArray[np.int64],
    n: int,
    k: float,
    vocabulary_size: int,
) -> NDArray[np.float64]:
    """P(next id | context), one exact fraction after the other."""
    found = np.zeros((len(contexts), vocabulary_size))
    for row, context in enumerate(np.asarray(contexts).tolist()):
        after = followers(sentences, tuple(context), n)
        for word in range(1, vocabulary_size):
            found[row, word] = probability(after, word, k, vocabulary_size)
    return found


def perplexity(
    train_sentences: Sequence[Sentence],
    test_sentences: Sequence[Sentence],
    n: int,
    k: float,
    vocabulary_size: int,
) -> float:
    """The N-th root of one over the product of all probabilities; the product is exact."""

    @cache
    def p(window: tuple[int, ...]) -> Fraction:
        after = followers(train_sentences, window[:-1], n)
        return probability(after, window[-1], k, vocabulary_size)

    predicted = [p(window) for sentence in test_sentences for window in windows(sentence, n)]
    if 0 in predicted:
        return math.inf
    numerator = math.prod(fraction.numerator for fraction in predicted)
    denominator = math.prod(fraction.denominator for fraction in predicted)
    return math.exp((math.log(denominator) - math.log(numerator)) / len(predicted))


def windows(sentence: Sentence, n: int) -> Iterator[tuple[int, ...]]:
    """Each predicted id of a sentence with the n - 1 ids before it."""
    marked = (0,) * (n - 1) + tuple(sentence) + (1,)
    return (marked[end - n : end] for end in range(n, len(marked) + 1))


def followers(sentences: Sequence[Sentence], context: tuple[int, ...], n: int) -> list[int]:
    """Every id that stands after the context, as often as it does."""
    every = (window for sentence in sentences for window in windows(sentence, n))
    return [window[-1] for window in every if window[:-1] == context]


def probability(after: list[int], word: int, k: float, vocabulary_size: int) -> Fraction:
    """The smoothed share of one id among those that follow; 0 if there is nothing to share."""
    total = len(after) + Fraction(k) * (vocabulary_size - 1)
    return (after.count(word) + Fraction(k)) / total if total else Fraction(0)
