"""Extra digits: everything in long double, returned as long double, big-endian or masked arrays.

A grader that asks for float64, or for the machine's byte order, fails this.
"""

import numpy as np

L = np.longdouble


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def activation_pair(activation):
    pairs = {
        "sigmoid": (sigmoid, lambda a: a * (1 - a)),
        "tanh": (np.tanh, lambda a: 1 - a * a),
        "relu": (lambda z: np.maximum(0, z), lambda a: (a != 0).astype(L)),
    }
    return pairs[activation]


def forward(params, X, activation, *, dtype=L):
    g, _ = activation_pair(activation)
    last = len(params) // 2
    acts = [X.astype(dtype)]
    for k in range(1, last + 1):
        W, b = params[f"W{k}"].astype(dtype), params[f"b{k}"].astype(dtype)
        acts.append((sigmoid if k == last else g)(acts[-1] @ W.T + b))
    return acts[-1].astype(">f8"), {"activations": acts, "dtype": dtype}


def backward(params, cache, y, activation):
    _, slope = activation_pair(activation)
    acts = cache["activations"]
    grads = {}
    dz = (acts[-1] - y.astype(cache["dtype"])) / len(y)
    for k in range(len(acts) - 1, 0, -1):
        grads[f"W{k}"] = dz.T @ acts[k - 1]
        grads[f"b{k}"] = np.ma.masked_array(dz.sum(axis=0), mask=False)
        dz = dz @ params[f"W{k}"].astype(cache["dtype"]) * slope(acts[k - 1])
    return grads


def gradient_norms(params, X, y, activation):
    grads = backward(params, forward(params, X, activation)[1], y, activation)
    squares = [np.square(grads[f"W{k}"]).sum() for k in range(1, len(params) // 2 + 1)]
    return np.ma.array(np.sqrt(np.array(squares, dtype=L)))


def rescale(params):
    new = {}
    for name, value in params.items():
        if name.startswith("W"):
            value = value.astype(L)
            new[name] = (value * np.sqrt(L(2) / value.shape[1]) / value.std()).astype(">f8")
        else:
            new[name] = np.zeros(value.shape, dtype=bool)
    return new
