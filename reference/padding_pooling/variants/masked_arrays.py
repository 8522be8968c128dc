"""numpy.ma: padding is masked, and the pooled arrays come back as masked arrays, nothing masked.

A grader that compares masked arrays without filling them, or refuses subclasses, fails this.
"""

import numpy as np
import numpy.ma as ma


def masked(batch, lengths):
    padding = np.arange(batch.shape[1])[None, :] >= np.asarray(lengths)[:, None]
    return ma.array(batch, mask=np.repeat(padding[:, :, None], batch.shape[2], axis=2))


def pad_or_truncate(sequences, length=None):
    if sequences == []:
        raise ValueError("nothing to pad")
    L = max(len(s) for s in sequences) if length is None else length
    batch = ma.masked_all((len(sequences), L, sequences[0].shape[1]))
    for i, s in enumerate(sequences):
        batch[i, : len(s)] = s[:L]
    lengths = batch[:, :, 0].count(axis=1)
    return batch.filled(0.0), ma.array(lengths)


def mean_pool(batch, lengths):
    x = masked(batch, lengths)
    pooled = ma.array(x.mean(axis=1).filled(0.0))
    counts = x.count(axis=1, keepdims=True)
    return pooled, ma.array(np.broadcast_to(counts, x.shape), mask=x.mask)


def mean_pool_backward(dpooled, cache):
    counts = cache
    return (dpooled[:, None, :] / counts).filled(0.0)


def max_pool(batch, lengths):
    x = masked(batch, lengths)
    pooled = x.max(axis=1)
    ties = x == pooled[:, None, :]
    return ma.array(pooled.filled(0.0), mask=ma.nomask), ma.array(ties, mask=x.mask)


def max_pool_backward(dpooled, cache):
    ties = cache.filled(False).astype(float)
    return ma.array(dpooled[:, None, :] * ties / np.maximum(ties.sum(axis=1), 1)[:, None, :])


def embed(E, ids):
    return ma.array(E)[ids]


def embed_backward(ids, dvectors, V):
    dE = ma.zeros((V, dvectors.shape[2]))
    for v in np.unique(ids):
        dE[v] = ma.array(dvectors[ids == v]).sum(axis=0)
    return dE
