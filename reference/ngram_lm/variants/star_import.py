"""from numpy import *, star-arguments, and counts as one dense array when they are small enough.

Breaks the assumption that `sum`, `all` and `round` are Python's, and that ids in a sentence stay
Python integers.
"""

# ruff: noqa: F403, F405
from numpy import *

LARGEST = 200_000


def table_of(sentences, n, V):
    """Counts with one axis for each of the n positions; a dict of rows where that is too much."""
    dense = V**n <= LARGEST
    table = zeros((V,) * n, dtype=int64) if dense else {}
    for sentence in sentences:
        padded = concatenate([zeros(n - 1), array(sentence), ones(1)]).astype(int64)
        for t in arange(n, padded.size + 1):
            window = tuple(padded[t - n : t])
            if dense:
                table[window] += 1
            else:
                table.setdefault(window[:-1], zeros(V, dtype=int64))[window[-1]] += 1
    return table


def row_of(table, context, V):
    context = tuple(context)
    if isinstance(table, dict):
        return table.get(context, zeros(V, dtype=int64))
    return table[context]


def smoothed_row(table, context, k, V):
    row = row_of(table, context, V) + k * (arange(V) != 0)
    s = sum(row)
    return row / s if s > 0 else zeros(V)


def probabilities(*args):
    sentences, contexts, n, k, V = args
    table = table_of(sentences, n, V)
    out = empty((shape(contexts)[0], V))
    for j in arange(shape(contexts)[0]):
        out[j] = smoothed_row(table, contexts[j], k, V)
    return out


def perplexity(*args):
    train, test, n, k, V = args
    table = table_of(train, n, V)
    logs = []
    for sentence in test:
        padded = concatenate([zeros(n - 1), array(sentence), ones(1)]).astype(int64)
        for t in arange(n - 1, padded.size):
            p = smoothed_row(table, padded[t - n + 1 : t], k, V)[padded[t]]
            logs.append(log(p) if p > 0 else -inf)
    return exp(-average(logs))
