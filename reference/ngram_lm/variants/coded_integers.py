"""Every window is one big integer in base V; unique, searchsorted and bincount do the counting.

Breaks the assumptions that contexts are looked up one by one and that counts are kept by sentence:
all sentences stand in one array, and a mask takes out what crosses their borders.
"""

import numpy as np


def windows(sentences, n):
    marked = [np.r_[np.zeros(n - 1, int), np.asarray(s, int), 1] for s in sentences]
    text = np.concatenate(marked)
    owner = np.repeat(np.arange(len(marked)), [len(s) for s in marked])
    ends = np.arange(n - 1, len(text))
    inside = owner[ends] == owner[ends - n + 1]
    return np.stack([text[ends[inside] - n + 1 + j] for j in range(n)], axis=1)


def code(rows, V):
    value = np.zeros(len(rows), dtype=np.int64)
    for j in range(rows.shape[1]):
        value = value * V + rows[:, j]
    return value


def counts(sentences, contexts, n, V):
    found = windows(sentences, n)
    known, place = np.unique(code(found[:, :-1], V), return_inverse=True)
    table = np.bincount(place.ravel() * V + found[:, -1], minlength=len(known) * V)
    table = np.vstack([table.reshape(-1, V), np.zeros((1, V), dtype=int)])
    wanted = code(contexts, V)
    at = np.searchsorted(known, wanted).clip(0, len(known) - 1)
    return table[np.where(known[at] == wanted, at, len(known))]


def probabilities(sentences, contexts, n, k, vocabulary_size):
    C = counts(sentences, np.asarray(contexts), n, vocabulary_size)
    top = np.where(np.arange(vocabulary_size) == 0, 0.0, C + k)
    bottom = top.sum(axis=1, keepdims=True)
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


def perplexity(train_sentences, test_sentences, n, k, vocabulary_size):
    test = windows(test_sentences, n)
    P = probabilities(train_sentences, test[:, :-1], n, k, vocabulary_size)
    p = np.take_along_axis(P, test[:, -1:], axis=1)
    if not p.all():
        return np.inf
    return np.exp2(-np.log2(p).mean())
