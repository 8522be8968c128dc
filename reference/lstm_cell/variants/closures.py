"""A tape: every step forward leaves a function that undoes it; the opaque cache is one closure.

Breaks the assumption that a cache is data that can be copied, printed or sent somewhere.
"""

from functools import partial, reduce

import numpy as np


def gate(params, k, squash):
    return lambda x, h: squash(x @ params["W" + k].T + h @ params["U" + k].T + params["b" + k])


def sigmoid(z):
    return np.where(z < 0, np.exp(np.minimum(z, 0)), 1) / (1 + np.exp(-np.abs(z)))


def cell_forward(params, x, h_prev, c_prev):
    f, i, o = (gate(params, k, sigmoid)(x, h_prev) for k in "fio")
    g = gate(params, "g", np.tanh)(x, h_prev)
    c = f * c_prev + i * g
    cache = {"x": x, "h_prev": h_prev, "c_prev": c_prev, "f": f, "i": i, "g": g, "o": o, "c": c}
    cache["undo"] = partial(cell_backward, params, dict(cache))
    return o * np.tanh(c), c, cache


def cell_backward(params, cache, dh, dc):
    get = cache.__getitem__
    f, i, g, o = map(get, "figo")
    tanh_c = np.tanh(get("c"))
    d = dc + dh * o * (1 - tanh_c**2)
    dz = {
        "f": d * get("c_prev") * f * (1 - f),
        "i": d * g * i * (1 - i),
        "g": d * i * (1 - g**2),
        "o": dh * tanh_c * o * (1 - o),
    }
    back = lambda letter: reduce(np.add, (dz[k] @ params[letter + k] for k in dz))  # noqa: E731
    grads = {"x": back("W"), "h_prev": back("U"), "c_prev": d * f}
    grads.update({"W" + k: dz[k].T @ get("x") for k in dz})
    grads.update({"U" + k: dz[k].T @ get("h_prev") for k in dz})
    grads.update({"b" + k: dz[k].sum(0) for k in dz})
    return grads


def sequence_forward(params, xs, h0, c0):
    undo, hs = [], []
    h, c = h0, c0
    for x in xs:
        h, c, cache = cell_forward(params, x, h, c)
        hs.append(h)
        undo.append(cache["undo"])

    def backward(dhs):
        dh, dc = np.zeros_like(h0), np.zeros_like(c0)
        total = {key: np.zeros_like(value) for key, value in params.items()}
        dxs = []
        for t in range(len(undo) - 1, -1, -1):
            grads = undo[t](dhs[t] + dh, dc)
            dh, dc = grads["h_prev"], grads["c_prev"]
            dxs.append(grads["x"])
            total = {key: total[key] + grads[key] for key in total}
        return {**total, "xs": np.array(dxs[::-1]).reshape(xs.shape), "h0": dh, "c0": dc}

    return np.array(hs).reshape(len(xs), *h0.shape), backward


def sequence_backward(params, cache, dhs):
    return cache(dhs)
