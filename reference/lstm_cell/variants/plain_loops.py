"""Plain Python numbers in nested lists, no array code at all.

Breaks the assumption that answers are NumPy arrays: only an empty sequence is one, because a list
cannot say (0, m, n_h).
"""

import math

import numpy as np


def sigmoid(z):
    if z >= 0:
        return 1.0 / (1.0 + math.exp(-z))
    e = math.exp(z)
    return e / (1.0 + e)


def lists(params):
    return {key: np.asarray(value).tolist() for key, value in params.items()}


def cell_forward(params, x, h_prev, c_prev):
    p = lists(params)
    X, H, C = np.asarray(x).tolist(), np.asarray(h_prev).tolist(), np.asarray(c_prev).tolist()
    cache = {"x": X, "h_prev": H, "c_prev": C, "f": [], "i": [], "g": [], "o": [], "c": []}
    h = []
    for xr, hr, cr in zip(X, H, C, strict=False):
        row = {"f": [], "i": [], "g": [], "o": []}
        for k in row:
            for j in range(len(hr)):
                z = p["b" + k][j]
                for q in range(len(xr)):
                    z += p["W" + k][j][q] * xr[q]
                for q in range(len(hr)):
                    z += p["U" + k][j][q] * hr[q]
                row[k].append(math.tanh(z) if k == "g" else sigmoid(z))
            cache[k].append(row[k])
        c_new, h_new = [], []
        for j in range(len(hr)):
            c_j = row["f"][j] * cr[j] + row["i"][j] * row["g"][j]
            c_new.append(c_j)
            h_new.append(row["o"][j] * math.tanh(c_j))
        cache["c"].append(c_new)
        h.append(h_new)
    return h, cache["c"], cache


def zeros(*shape):
    if len(shape) == 1:
        return [0.0] * shape[0]
    return [zeros(*shape[1:]) for _ in range(shape[0])]


def cell_backward(params, cache, dh, dc):
    p = lists(params)
    cache = {k: np.asarray(cache[k]).tolist() for k in ("x", "h_prev", "c_prev", *"figo", "c")}
    dh, dc = np.asarray(dh).tolist(), np.asarray(dc).tolist()
    m, n_h, n_x = len(dh), len(p["bf"]), len(p["Wf"][0])
    grads = {"x": zeros(m, n_x), "h_prev": zeros(m, n_h), "c_prev": zeros(m, n_h)}
    for k in "figo":
        grads["W" + k], grads["U" + k] = zeros(n_h, n_x), zeros(n_h, n_h)
        grads["b" + k] = zeros(n_h)
    for r in range(m):
        for j in range(n_h):
            f, i, g, o = (cache[k][r][j] for k in "figo")
            t = math.tanh(cache["c"][r][j])
            d = dc[r][j] + dh[r][j] * o * (1.0 - t * t)
            grads["c_prev"][r][j] = d * f
            dz = {
                "f": d * cache["c_prev"][r][j] * f * (1.0 - f),
                "i": d * g * i * (1.0 - i),
                "g": d * i * (1.0 - g * g),
                "o": dh[r][j] * t * o * (1.0 - o),
            }
            for k in "figo":
                grads["b" + k][j] += dz[k]
                for q in range(n_x):
                    grads["W" + k][j][q] += dz[k] * cache["x"][r][q]
                    grads["x"][r][q] += dz[k] * p["W" + k][j][q]
                for q in range(n_h):
                    grads["U" + k][j][q] += dz[k] * cache["h_prev"][r][q]
                    grads["h_prev"][r][q] += dz[k] * p["U" + k][j][q]
    return grads


def sequence_forward(params, xs, h0, c0):
    hs, steps, h, c = [], [], h0, c0
    for x in xs:
        h, c, cache = cell_forward(params, x, h, c)
        hs.append(h)
        steps.append(cache)
    if not hs:
        return np.zeros((0, len(h0), len(h0[0]))), steps
    return hs, steps


def add(a, b):
    if isinstance(a, list):
        return [add(p, q) for p, q in zip(a, b, strict=False)]
    return a + b


def sequence_backward(params, cache, dhs):
    T, m, n_h = dhs.shape
    n_x = len(params["Wf"][0])
    totals = {key: zeros(*value.shape) for key, value in params.items()}
    dxs, dh, dc = [], zeros(m, n_h), zeros(m, n_h)
    for t in range(T - 1, -1, -1):
        step = cell_backward(params, cache[t], add(dhs[t].tolist(), dh), dc)
        dxs.insert(0, step["x"])
        dh, dc = step["h_prev"], step["c_prev"]
        for key in totals:
            totals[key] = add(totals[key], step[key])
    totals["xs"] = dxs if T else np.zeros((0, m, n_x))
    totals["h0"], totals["c0"] = dh, dc
    return totals
