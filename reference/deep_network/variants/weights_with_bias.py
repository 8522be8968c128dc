"""One matrix for each layer: the bias is a last column of W, and every input ends in a 1.

Results are slices of larger arrays (not contiguous), and OrderedDicts; the cache is a tuple.
"""

from collections import OrderedDict

import numpy as np


def join(params):
    depth = len(params) // 2
    return [np.c_[params[f"W{k}"], params[f"b{k}"]] for k in range(1, depth + 1)]


def with_one(a):
    return np.hstack([a, np.ones((a.shape[0], 1))])


def squash(z):
    return np.exp(-np.logaddexp(0.0, -z))


HIDDEN = dict(
    sigmoid=(squash, lambda a: a - a**2),
    tanh=(np.tanh, lambda a: (1 + a) * (1 - a)),
    relu=(lambda z: (z + abs(z)) / 2, np.sign),
)


def forward(params, X, activation):
    g, _ = HIDDEN[activation]
    *lower, last = join(params)
    inputs = [with_one(X)]
    for M in lower:
        inputs.append(with_one(g(inputs[-1] @ M.T)))
    y_hat = squash(inputs[-1] @ last.T)
    return y_hat, (tuple(inputs), y_hat.copy())


def backward(params, cache, y, activation):
    _, slope = HIDDEN[activation]
    inputs, y_hat = cache
    joined = join(params)
    grads = OrderedDict()
    delta = (y_hat - y) / len(y_hat)
    for k in range(len(joined), 0, -1):
        dM = delta.T.dot(inputs[k - 1])
        grads[f"W{k}"], grads[f"b{k}"] = dM[:, :-1], dM[:, -1]
        delta = delta.dot(joined[k - 1][:, :-1]) * slope(inputs[k - 1][:, :-1])
    return grads


def gradient_norms(params, X, y, activation):
    grads = backward(params, forward(params, X, activation)[1], y, activation)
    norms = np.empty((len(params) // 2, 3))
    for k, row in enumerate(norms, 1):
        row[:] = np.linalg.norm(np.linalg.svd(grads[f"W{k}"], compute_uv=False))
    return norms[:, 1]


def rescale(params):
    out = OrderedDict(sorted(params.items()))
    for name in out:
        if "W" in name:
            columns = out[name].shape[1]
            out[name] = out[name] / np.sqrt(out[name].var() * columns / 2)
        else:
            out[name] = np.zeros(len(out[name]))
    return out
