"""Only what must wait is in the loop: inputs meet weights before it, gradients after it.

Breaks the assumptions that the sequence functions call the cell functions, and that a cache has one
entry for each step: it is a tuple of arrays over all of time.
"""

import numpy as np


def cell_forward(params, x, h_prev, c_prev):
    hs, (_, _, _, F, In, G, Out, C) = sequence_forward(params, x[None], h_prev, c_prev)
    cache = {"x": x, "h_prev": h_prev, "c_prev": c_prev}
    return hs[0], C[1], {**cache, "f": F[0], "i": In[0], "g": G[0], "o": Out[0], "c": C[1]}


def cell_backward(params, cache, dh, dc):
    one = [np.asarray(cache[k])[None] for k in ("x", "h_prev", "f", "i", "g", "o")]
    xs, h, f, i, g, o = one
    C = np.stack([cache["c_prev"], cache["c"]])
    grads = through_time(params, (xs, h[0], h, f, i, g, o, C), dh[None], dc)
    grads["x"] = grads.pop("xs")[0]
    grads["h_prev"], grads["c_prev"] = grads.pop("h0"), grads.pop("c0")
    return grads


def sequence_forward(params, xs, h0, c0):
    T, n_h = len(xs), h0.shape[1]
    W = np.concatenate([params["W" + k] for k in "figo"])
    U = np.concatenate([params["U" + k] for k in "figo"])
    b = np.concatenate([params["b" + k] for k in "figo"])
    Z = np.tensordot(xs, W, axes=(2, 1)) + b
    H, C = np.zeros((T + 1, *h0.shape)), np.zeros((T + 1, *c0.shape))
    H[0], C[0] = h0, c0
    gates = np.zeros((4, T, *h0.shape))
    for t in range(T):
        z = Z[t] + H[t] @ U.T
        for k in range(4):
            part = z[:, k * n_h : (k + 1) * n_h]
            gates[k, t] = np.tanh(part) if k == 2 else 1 / (1 + np.exp(-part))
        f, i, g, o = gates[:, t]
        C[t + 1] = f * C[t] + i * g
        H[t + 1] = o * np.tanh(C[t + 1])
    return H[1:], (xs, h0, H[:-1], *gates, C)


def through_time(params, cache, dhs, dc):
    xs, h0, H, F, In, G, Out, C = cache
    tanh_C = np.tanh(C[1:])
    to_c, to_o = Out * (1 - tanh_C**2), tanh_C * Out * (1 - Out)
    to_f, to_i, to_g = C[:-1] * F * (1 - F), G * In * (1 - In), In * (1 - G**2)
    U = np.concatenate([params["U" + k] for k in "figo"])
    dh = np.zeros_like(h0)
    dZ = np.zeros((*dhs.shape[:2], 4 * h0.shape[1]))
    for t in range(len(dhs) - 1, -1, -1):
        dh = dh + dhs[t]
        dc = dc + dh * to_c[t]
        dZ[t] = np.hstack([dc * to_f[t], dc * to_i[t], dc * to_g[t], dh * to_o[t]])
        dh, dc = dZ[t] @ U, dc * F[t]
    W = np.concatenate([params["W" + k] for k in "figo"])
    dW = np.tensordot(dZ, xs, axes=((0, 1), (0, 1)))
    dU = np.tensordot(dZ, H, axes=((0, 1), (0, 1)))
    db = dZ.sum(axis=(0, 1))
    grads = {"xs": dZ @ W, "h0": dh, "c0": dc}
    for n, k in enumerate("figo"):
        rows = slice(n * h0.shape[1], (n + 1) * h0.shape[1])
        grads["W" + k], grads["U" + k], grads["b" + k] = dW[rows], dU[rows], db[rows]
    return grads


def sequence_backward(params, cache, dhs):
    return through_time(params, cache, dhs, np.zeros(dhs.shape[1:]))
