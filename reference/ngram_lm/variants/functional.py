"""Generators, closures, reduce and lambdas: `train` gives a function that is the model.

Breaks the assumptions that there is a table to look at, and that the functions have only the
arguments of the stub: these take keyword-only extras, with defaults.
"""

from collections import defaultdict
from functools import reduce
from itertools import chain, islice, repeat, starmap

import numpy as np

BEGIN, END = 0, 1


def pad(sentence, n):
    return list(chain(repeat(BEGIN, n - 1), sentence, [END]))


def slide(ids, n):
    return zip(*(islice(ids, j, None) for j in range(n)), strict=False)


def train(sentences, n, k, V):
    def note(table, window):
        *context, word = window
        table[tuple(context)][word] += 1
        return table

    empty = defaultdict(lambda: defaultdict(int))
    table = reduce(note, chain.from_iterable(slide(pad(s, n), n) for s in sentences), empty)

    def model(context, word):
        row = table.get(context, {})
        total = sum(row.values()) + k * (V - 1)
        return word != BEGIN and total and (row.get(word, 0) + k) / total

    return model


def probabilities(sentences, contexts, n, k, vocabulary_size, *, dtype=np.float64):
    model = train(sentences, n, k, vocabulary_size)
    cells = ((tuple(c), w) for c in contexts.tolist() for w in range(vocabulary_size))
    flat = np.fromiter(starmap(model, cells), dtype=dtype)
    return flat.reshape(len(contexts), vocabulary_size)


def perplexity(train_sentences, test_sentences, n, k, vocabulary_size, *, log=np.log, exp=np.exp):
    model = train(train_sentences, n, k, vocabulary_size)
    ps = [model(w[:-1], w[-1]) for s in test_sentences for w in slide(pad(s, n), n)]
    return exp(-(sum(map(log, ps)) / len(ps))) if all(ps) else np.inf
