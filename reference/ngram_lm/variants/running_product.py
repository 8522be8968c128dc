"""The product itself, kept in range: a mantissa and an exponent, as floats do it themselves.

Breaks the assumption that a product of thousands of probabilities must underflow, and that a text
is walked through sentence by sentence: here it is sorted n-grams and bisection.
"""

from bisect import bisect_left, bisect_right
from math import frexp, inf, ldexp, log

import numpy as np


def ngrams(sentences, n):
    found = []
    for sentence in sentences:
        ids = (n - 1) * [0] + [*sentence, 1]
        found += [tuple(ids[t : t + n]) for t in range(len(ids) - n + 1)]
    return found


def occurrences(ordered, start):
    """How many of the sorted n-grams begin with these ids."""
    return bisect_right(ordered, (*start, inf)) - bisect_left(ordered, start)


def probability(ordered, context, word, k, V):
    if word == 0:
        return 0.0
    seen = occurrences(ordered, context) if context else len(ordered)
    possible = seen + k * (V - 1)
    return (occurrences(ordered, (*context, word)) + k) / possible if possible else 0.0


def probabilities(sentences, contexts, n, k, vocabulary_size):
    ordered = sorted(ngrams(sentences, n))
    result = np.empty((vocabulary_size, len(contexts)))
    for r, context in enumerate(contexts):
        for word in range(vocabulary_size):
            p = probability(ordered, tuple(context.tolist()), word, k, vocabulary_size)
            result[word, r] = p
    return result.T


def perplexity(train_sentences, test_sentences, n, k, vocabulary_size):
    ordered = sorted(ngrams(train_sentences, n))
    mantissa, exponent = 1.0, 0
    tested = ngrams(test_sentences, n)
    for *context, word in tested:
        mantissa *= probability(ordered, tuple(context), word, k, vocabulary_size)
        if mantissa == 0:
            return inf
        mantissa, shift = frexp(mantissa)
        exponent += shift
    power = -(log(mantissa) / log(2) + exponent) / len(tested)
    return ldexp(2 ** (power % 1), int(power // 1))
