"""Handed in as it was worked on: plots, prints, checks, settings and a question at the end.

A grader that shares one process with the submission, captures stdout or has no matplotlib fails
this.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from grader.selfcheck import check
from IPython.display import display

np.seterr(all="raise")
np.random.seed(1234)
np.set_printoptions(threshold=5)
warnings.filterwarnings("error")
history = []


def pad_or_truncate(sequences, length=None):
    print("padding", len(sequences), "texts")
    if len(sequences) == 0:
        raise ValueError("sequences must not be empty")
    lengths = np.array([len(s) for s in sequences])
    L = lengths.max() if length is None else length
    # L = 128
    lengths = np.where(lengths > L, L, lengths)
    batch = np.zeros((len(sequences), L, sequences[0].shape[1]))
    for i in range(len(sequences)):
        batch[i, : lengths[i]] = sequences[i][: lengths[i]]
    return batch, lengths


def mean_pool(batch, lengths):
    m, L, d = batch.shape
    pooled = np.zeros((m, d))
    for i in range(m):
        if lengths[i] > 0:
            pooled[i] = np.mean(batch[i, : lengths[i]], axis=0)
    history.append(pooled.shape)
    return pooled, {"shape": (m, L, d), "lengths": lengths.copy(), "pooled": pooled}


def mean_pool_backward(dpooled, cache):
    dbatch = np.zeros(cache["shape"])
    for i, n in enumerate(cache["lengths"]):
        for t in range(n):
            dbatch[i, t] = dpooled[i] / n
    return dbatch


def max_pool(batch, lengths):
    m, L, d = batch.shape
    pooled = np.zeros((m, d))
    winner = np.full((m, d), -1)
    for i in range(m):
        for j in range(d):
            if lengths[i]:
                winner[i, j] = np.argmax(batch[i, : lengths[i], j])
                pooled[i, j] = batch[i, winner[i, j], j]
    fig, ax = plt.subplots()
    ax.imshow(winner)
    plt.close(fig)
    return pooled, {"shape": (m, L, d), "winner": winner}


def max_pool_backward(dpooled, cache):
    dbatch = np.zeros(cache["shape"])
    winner = cache["winner"]
    for i in range(winner.shape[0]):
        for j in range(winner.shape[1]):
            if winner[i, j] >= 0:
                dbatch[i, winner[i, j], j] = dpooled[i, j]
    print("winners:", winner)
    return dbatch


def embed(E, ids):
    return E[ids, :].copy()


def embed_backward(ids, dvectors, V):
    dE = np.zeros((V, dvectors.shape[2]))
    for i in range(ids.shape[0]):
        for t in range(ids.shape[1]):
            dE[ids[i, t]] += dvectors[i, t]
    return dE


texts = [np.random.randn(n, 2) for n in (3, 0, 5)]
b, l = pad_or_truncate(texts)  # noqa: E741
display(b)
print(mean_pool(b, l)[0], max_pool(b, l)[0])
fig, ax = plt.subplots()
ax.bar(range(3), l)
ax.set_title("lengths")
plt.show()
check("padding_pooling")

if __name__ == "__main__":
    answer = input("again? ")
