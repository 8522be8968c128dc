"""Right numbers in every wrapping that NumPy has.

Breaks the assumption that an array is a plain, native, C-ordered, writable ndarray, that a float is
a Python float, and that a dict is a dict: np.matrix, masked arrays with nothing masked, big-endian,
long double, 0-d arrays, read-only views, a mapping with keys of its own order.
"""

import warnings
from collections import OrderedDict, defaultdict

import numpy as np

warnings.simplefilter("ignore", PendingDeprecationWarning)


def make_windows(tokens, n):
    words = np.asarray(tokens)
    contexts = [words[i : i + n - 1] for i in range(len(words) - n + 1)]
    targets = words[n - 1 :]
    return (
        np.ma.masked_array(np.array(contexts, dtype=">i8").reshape(-1, n - 1)),
        targets.astype(np.dtype("int32").newbyteorder()),
    )


def softmax(logits):
    powers = np.exp(logits - np.matrix(logits.max(axis=1)).T)
    return powers / powers.sum(axis=1)


def cross_entropy(logits, targets):
    below = logits.max(axis=1, keepdims=True) - logits
    losses = np.log(np.exp(-below).sum(axis=1)) + below[np.arange(len(targets)), targets]
    return np.array(losses.mean(dtype=np.longdouble))


def forward(params, contexts):
    contexts = np.asarray(contexts)
    e = params["E"][contexts].reshape(len(contexts), -1)
    z1 = np.matrix(e) * np.matrix(params["W1"]).T + params["b1"]
    a1 = np.tanh(z1)
    z2 = np.ma.masked_array(a1 * np.matrix(params["W2"]).T + params["b2"])
    answer = np.ma.masked_array(np.asarray(softmax(np.asarray(z2))), mask=False)
    cache = defaultdict(list, contexts=contexts, e=e, z1=z1, a1=a1, z2=z2)
    return answer, cache


def read_only(array):
    array = np.array(array, order="F")
    array.setflags(write=False)
    return array


def backward(params, cache, targets):
    contexts, e, a1, z2 = (np.asarray(cache[key]) for key in ("contexts", "e", "a1", "z2"))
    dz2 = np.asarray(softmax(z2)).astype(np.longdouble)
    dz2[np.arange(len(targets)), targets] -= 1
    dz2 = dz2 / np.longdouble(len(targets))
    dz1 = dz2.dot(params["W2"]) * (1 - a1 * a1)
    dE = np.zeros(params["E"].shape[::-1], dtype=np.longdouble)
    de = dz1.dot(params["W1"]).reshape(*contexts.shape, -1)
    for i, j in np.ndindex(*contexts.shape):
        dE[:, contexts[i, j]] += de[i, j]
    return OrderedDict(
        [
            ("b2", dz2.sum(axis=0).tolist()),
            ("W2", read_only(dz2.T.dot(a1))),
            ("b1", np.ma.masked_array(dz1.sum(axis=0))),
            ("W1", np.matrix(dz1.T.dot(e), dtype=">f8")),
            ("E", dE.T),
            (("a", "key"), "that is nobody's business"),
        ]
    )


def perplexity(params, tokens, n):
    contexts, targets = make_windows(tokens, n)
    _, cache = forward(params, contexts)
    return np.exp(cross_entropy(np.asarray(cache["z2"]), np.asarray(targets)))


def train(params, tokens, n, learning_rate, epochs, batch_size):
    contexts, targets = (np.asarray(part).astype(int) for part in make_windows(tokens, n))
    losses = []
    for _ in range(epochs):
        losses.append(np.longdouble(0))
        for start in range(0, len(targets), batch_size):
            rows = np.arange(start, min(start + batch_size, len(targets)))
            _, cache = forward(params, contexts[rows])
            share = len(rows) / len(targets)
            losses[-1] += share * cross_entropy(np.asarray(cache["z2"]), targets[rows])
            grads = backward(params, cache, targets[rows])
            params = {
                key: np.asarray(params[key] - learning_rate * np.asarray(grads[key], dtype=float))
                for key in params
            }
    return [OrderedDict(reversed(params.items())), tuple(losses)]


def generate(params, context, length):
    window, said = [*context], []
    while length > len(said):
        row = np.asarray(forward(params, np.array([window]))[0])[0]
        said.append(np.uint16(np.flatnonzero(row == row.max())[0]))
        window = window[1:] + said[-1:]
    return said
