"""One text at a time, with indices."""

import numpy as np


def pad_or_truncate(sequences, length=None):
    if len(sequences) == 0:
        raise ValueError("empty")
    if length is None:
        length = max([len(s) for s in sequences])
    d = sequences[0].shape[1]
    batch = np.zeros((len(sequences), length, d))
    lengths = np.zeros(len(sequences), dtype=int)
    for i in range(len(sequences)):
        n = min(len(sequences[i]), length)
        batch[i, :n, :] = sequences[i][:n]
        lengths[i] = n
    return batch, lengths


def mean_pool(batch, lengths):
    m, L, d = batch.shape
    pooled = np.zeros((m, d))
    for i in range(m):
        n = lengths[i]
        if n > 0:
            pooled[i] = batch[i, :n].sum(axis=0) / n
    return pooled, {"lengths": lengths, "shape": batch.shape}


def mean_pool_backward(dpooled, cache):
    m, L, d = cache["shape"]
    dbatch = np.zeros((m, L, d))
    for i in range(m):
        n = cache["lengths"][i]
        for t in range(n):
            dbatch[i, t] = dpooled[i] / n
    return dbatch


def max_pool(batch, lengths):
    m, L, d = batch.shape
    pooled = np.zeros((m, d))
    winners = np.zeros((m, d), dtype=int)
    for i in range(m):
        n = lengths[i]
        if n == 0:
            continue
        winners[i] = np.argmax(batch[i, :n], axis=0)
        pooled[i] = np.max(batch[i, :n], axis=0)
    return pooled, (winners, lengths, batch.shape)


def max_pool_backward(dpooled, cache):
    winners, lengths, shape = cache
    dbatch = np.zeros(shape)
    for i in range(shape[0]):
        if lengths[i] == 0:
            continue
        for j in range(shape[2]):
            dbatch[i, winners[i, j], j] = dpooled[i, j]
    return dbatch


def embed(E, ids):
    m, L = ids.shape
    vectors = np.zeros((m, L, E.shape[1]))
    for i in range(m):
        for t in range(L):
            vectors[i, t] = E[ids[i, t]]
    return vectors


def embed_backward(ids, dvectors, V):
    dE = np.zeros((V, dvectors.shape[2]))
    for i in range(ids.shape[0]):
        for t in range(ids.shape[1]):
            dE[ids[i, t]] += dvectors[i, t]
    return dE
