"""The largest is the last of the sorted; a tie goes to its last position.

Rows are looked up by one-hot products. Results are Fortran-ordered, reversed and read-only views;
a grader that sends every tie to the first position, or relies on memory order, fails this.
"""

import numpy as np


def pad_or_truncate(sequences, length=None):
    if not sequences:
        raise ValueError("an empty list of sequences")
    L = length if length is not None else max(len(s) for s in sequences)
    d = sequences[0].shape[1]
    rows = [np.concatenate([s[:L], np.zeros((max(L - len(s), 0), d))]) for s in sequences]
    batch = np.asfortranarray(rows)
    batch.setflags(write=False)
    return batch, np.array([min(len(s), L) for s in reversed(sequences)])[::-1]


def mean_pool(batch, lengths):
    ends = lengths.copy()
    pooled = np.zeros((batch.shape[2], batch.shape[0])).T
    for n in set(ends.tolist()) - {0}:
        pooled[ends == n] = batch[ends == n, :n].sum(axis=1) / n
    return pooled, (ends, batch.shape[1])


def mean_pool_backward(dpooled, cache):
    ends, L = cache
    by_position = [
        np.where((t < ends)[:, None], dpooled / np.where(ends > 0, ends, 1)[:, None], 0.0)
        for t in range(L)
    ]
    return np.moveaxis(np.array(by_position), 0, 1)


def max_pool(batch, lengths):
    L = batch.shape[1]
    x = np.where(np.arange(L)[None, :, None] < lengths[:, None, None], batch, -np.inf)
    order = np.argsort(x, axis=1, kind="stable")
    winner = order[:, -1:, :]
    winner = np.where(lengths[:, None, None] > 0, winner, -1)
    top = np.take_along_axis(batch, np.maximum(winner, 0), axis=1)
    pooled = np.where(winner >= 0, top, 0.0)
    return pooled.squeeze(axis=1), (winner, L)


def max_pool_backward(dpooled, cache):
    winner, L = cache
    chosen = np.arange(L - 1, -1, -1)[None, :, None] == winner
    return (chosen * dpooled[:, None, :])[:, ::-1, :]


def one_hot(ids, V):
    return (ids[..., None] == np.arange(V)).astype(int)


def embed(E, ids):
    return one_hot(ids, len(E)) @ E


def embed_backward(ids, dvectors, V):
    return np.tensordot(one_hot(ids, V), dvectors, axes=([0, 1], [0, 1]))
