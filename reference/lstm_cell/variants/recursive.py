"""A sequence is a first step and the rest: recursion over time, forwards and backwards.

Breaks the assumption that a cache is a flat list: this one is nested pairs, as deep as the sequence
is long, and empty when there is nothing left.
"""

import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def cell_forward(params, x, h_prev, c_prev):
    z = {}
    for k in ("f", "i", "o", "g"):
        z[k] = params["b" + k] + np.dot(x, params["W" + k].T) + np.dot(h_prev, params["U" + k].T)
    f, i, o, g = sigmoid(z["f"]), sigmoid(z["i"]), sigmoid(z["o"]), np.tanh(z["g"])
    c = f * c_prev + i * g
    h = o * np.tanh(c)
    cache = {"c": c, "o": o, "g": g, "i": i, "f": f, "c_prev": c_prev, "h_prev": h_prev, "x": x}
    return h, c, cache


def cell_backward(params, cache, dh, dc):
    f, i, o, g, c = cache["f"], cache["i"], cache["o"], cache["g"], cache["c"]
    do = dh * np.tanh(c)
    dc = dc + dh * o / np.cosh(np.clip(c, -300, 300)) ** 2
    df, di, dg, dc_prev = dc * cache["c_prev"], dc * g, dc * i, dc * f
    dzf, dzi, dzo, dzg = df * f * (1 - f), di * i * (1 - i), do * o * (1 - o), dg * (1 - g * g)
    grads = {"c_prev": dc_prev, "x": 0, "h_prev": 0}
    for k, dz in zip("fiog", (dzf, dzi, dzo, dzg), strict=False):
        grads["x"] = grads["x"] + np.dot(dz, params["W" + k])
        grads["h_prev"] = grads["h_prev"] + np.dot(dz, params["U" + k])
        grads["W" + k] = np.dot(dz.T, cache["x"])
        grads["U" + k] = np.dot(dz.T, cache["h_prev"])
        grads["b" + k] = np.sum(dz, axis=0)
    return grads


def sequence_forward(params, xs, h0, c0):
    if len(xs) == 0:
        return np.zeros((0, *h0.shape)), ()
    h, c, first = cell_forward(params, xs[0], h0, c0)
    hs, rest = sequence_forward(params, xs[1:], h, c)
    return np.concatenate([h[None], hs]), (first, rest)


def sequence_backward(params, cache, dhs):
    if not cache:
        none = {key: np.zeros_like(value) for key, value in params.items()}
        none["xs"] = np.zeros((0, dhs.shape[1], params["Wi"].shape[1]))
        none["h0"] = none["c0"] = np.zeros(dhs.shape[1:])
        return none
    first, rest = cache
    later = sequence_backward(params, rest, dhs[1:])
    now = cell_backward(params, first, dhs[0] + later["h0"], later["c0"])
    both = {key: now[key] + later[key] for key in params}
    both["xs"] = np.concatenate([now["x"][np.newaxis], later["xs"]])
    both["h0"], both["c0"] = now["h_prev"], now["c_prev"]
    return both
