"""No tables: for each context the whole text is read again, and a memo keeps it bearable.

Breaks the assumption that only a wrong answer is slow, and that anything remembered between calls
is a mistake: the memo is keyed by the whole text, so equal arguments give equal results.
"""

import functools

import numpy as np


class Text(tuple):
    """A tuple that remembers its hash: the memo asks for it again and again."""

    def __hash__(self):
        if not hasattr(self, "kept"):
            self.kept = super().__hash__()
        return self.kept


@functools.cache
def after(text, context):
    n = len(context) + 1
    found = []
    for sentence in text:
        padded = (0,) * (n - 1) + sentence + (1,)
        for t in range(len(sentence) + 1):
            if padded[t : t + n - 1] == context:
                found.append(padded[t + n - 1])
    return tuple(found)


def frozen(sentences):
    return Text(tuple(sentence) for sentence in sentences)


def chance(text, context, word, k, V):
    found = after(text, context)
    if word == 0 or (k == 0 and not found):
        return 0.0
    return (found.count(word) + k) / (len(found) + k * V - k)


def probabilities(sentences, contexts, n, k, vocabulary_size):
    text, V = frozen(sentences), vocabulary_size
    rows = [tuple(context.tolist()) for context in contexts]
    return np.array([[chance(text, row, word, k, V) for word in range(V)] for row in rows])


def perplexity(train_sentences, test_sentences, n, k, vocabulary_size):
    text = frozen(train_sentences)
    chances = []
    for sentence in test_sentences:
        ids = [0] * (n - 1) + sentence + [1]
        for t, word in enumerate(ids[n - 1 :]):
            chances.append(chance(text, tuple(ids[t : t + n - 1]), word, k, vocabulary_size))
    if min(chances) == 0:
        return float("inf")
    return float(1 / np.exp(np.mean(np.log(chances))))
