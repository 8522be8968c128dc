"""Імена й коментарі українською; zip_longest, reduce, моржі та лямбди.

A grader that reads sources as ASCII, or finds variables by their names, fails this.
"""

from functools import reduce
from itertools import islice, zip_longest

import numpy as np


def pad_or_truncate(sequences, length=None):
    # Порожній список не має довжини.
    if not (тексти := [*map(np.asarray, sequences)]):
        raise ValueError("порожній список")
    нуль = np.zeros(тексти[0].shape[1])
    довжина = length if length is not None else max(len(текст) for текст in тексти)
    стовпці = zip_longest(*тексти, [нуль] * довжина, fillvalue=нуль)
    пакет = np.array([стовпець[:-1] for стовпець in islice(стовпці, довжина)])
    return пакет.transpose(1, 0, 2), [min(len(текст), довжина) for текст in тексти]


def справжні(пакет, довжини):
    """Де стоять справжні слова."""
    return np.tri(пакет.shape[1] + 1, пакет.shape[1], -1, dtype=bool)[довжини][:, :, None]


mean_pool = lambda batch, lengths: (  # noqa: E731
    (м := справжні(batch, lengths), к := np.fmax(м.sum(1), 1))
    and (np.sum(batch, axis=1, where=м) / к, (м, к))
)
mean_pool_backward = lambda dpooled, cache: cache[0] * (dpooled / cache[1])[:, None]  # noqa: E731


def max_pool(batch, lengths):
    маска = справжні(batch, lengths)
    найбільше = reduce(np.maximum, np.moveaxis(np.where(маска, batch, np.float64("-inf")), 1, 0))
    переможці = маска & (batch == найбільше[:, None])
    перший = переможці & (np.cumsum(переможці, axis=1) == 1)
    return np.nan_to_num(найбільше, neginf=0.0), перший


def max_pool_backward(dpooled, cache):
    return np.where(cache, dpooled[:, np.newaxis], 0)


def embed(E, ids):
    return [[*map(E.__getitem__, рядок)] for рядок in ids]


def embed_backward(ids, dvectors, V):
    градієнт = {слово: 0 * dvectors[0, 0] for слово in range(V)}
    for слово, δ in zip(ids.flat, dvectors.reshape(ids.size, -1)):
        градієнт[слово] = градієнт[слово] + δ
    return [градієнт[слово] for слово in range(V)]
