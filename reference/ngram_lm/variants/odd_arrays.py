"""Right numbers in strange clothes: a masked array with nothing masked, big-endian, read-only.

Breaks the assumptions that an answer is a plain, writable, native ndarray in C order, and that the
perplexity, a float, is not an array; what comes back depends on n, so no two calls look alike.
"""

import numpy as np
import numpy.ma as ma


def count_matrix(sentences, contexts, n, V):
    C = np.zeros((len(contexts), V), dtype=np.uint16)
    wanted = {}
    for row, context in enumerate(np.asarray(contexts, dtype=int).tolist()):
        wanted.setdefault(str(context), []).append(row)
    for sentence in sentences:
        ids = [0] * (n - 1) + list(sentence) + [1]
        for t in range(len(sentence) + 1):
            rows = wanted.get(str(ids[t : t + n - 1]), [])
            C[rows, ids[t + n - 1]] += 1
    return C


def smooth(C, k):
    top = np.hstack([np.zeros((len(C), 1)), C[:, 1:] + float(k)])
    with np.errstate(invalid="ignore"):
        P = top / top.sum(axis=1)[:, None]
    return np.nan_to_num(P, nan=0.0)


def dressed(P, n):
    if n == 1:
        return np.matrix(P)
    if n == 2:
        return ma.masked_array(P.astype(">f8"), mask=np.zeros(P.shape, dtype=bool))
    if n == 3:
        wide = np.full((len(P), 2 * P.shape[1]), np.nan)
        wide[:, ::2] = P
        return wide[:, ::2]
    P = np.asfortranarray(P)
    P.setflags(write=False)
    return P


def probabilities(sentences, contexts, n, k, vocabulary_size):
    return dressed(smooth(count_matrix(sentences, contexts, n, vocabulary_size), k), n)


def perplexity(train_sentences, test_sentences, n, k, vocabulary_size):
    windows = []
    for sentence in test_sentences:
        ids = [0] * (n - 1) + list(sentence) + [1]
        windows += [ids[t : t + n] for t in range(len(sentence) + 1)]
    windows = np.array(windows)
    P = smooth(count_matrix(train_sentences, windows[:, :-1], n, vocabulary_size), k)
    with np.errstate(divide="ignore"):
        surprise = -np.log(P[np.arange(len(P)), windows[:, -1]])
    return np.exp(surprise.mean(keepdims=True)).astype(np.longdouble).reshape(())
