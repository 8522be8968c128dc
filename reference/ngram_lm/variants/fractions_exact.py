"""Exact arithmetic: every probability is a Fraction, rounded once at the very end.

Breaks the assumptions that intermediate numbers are floats, and that right answers agree to the
last bit.
"""

from collections import Counter
from fractions import Fraction
from math import inf, log

import numpy as np


class Model:
    def __init__(self, sentences, n, k, V):
        self.n, self.k, self.V = n, Fraction(k).limit_denominator(10**12), V
        self.windows = Counter(w for s in sentences for w in self.read(s))
        self.contexts = Counter()
        for window, times in self.windows.items():
            self.contexts[window[:-1]] += times

    def read(self, sentence):
        ids = (*[0] * (self.n - 1), *sentence, 1)
        return [ids[t : t + self.n] for t in range(len(ids) - self.n + 1)]

    def __getitem__(self, window):
        top = self.windows[window] + self.k
        bottom = self.contexts[window[:-1]] + self.k * (self.V - 1)
        return top / bottom if bottom and window[-1] else Fraction(0)


def probabilities(sentences, contexts, n, k, vocabulary_size):
    model = Model(sentences, n, k, vocabulary_size)
    rows = [tuple(map(int, context)) for context in contexts]
    return [[float(model[(*row, w)]) for w in range(vocabulary_size)] for row in rows]


def perplexity(train_sentences, test_sentences, n, k, vocabulary_size):
    model = Model(train_sentences, n, k, vocabulary_size)
    tested = Counter(w for s in test_sentences for w in model.read(s))
    bits = 0.0
    for window, times in tested.items():
        p = model[window]
        if not p:
            return np.array(inf)
        bits += times * (log(p.denominator) - log(p.numerator))
    return np.array(np.exp(bits / sum(tested.values())))
