"""All four gates in one product: [h, x] against a (4 n_h, n_h + n_x) matrix, ordered i, f, o, g.

Breaks the assumption that the gates are computed one by one, and that what is returned owns its
memory: the gradients are views into one big array, the gates in the cache are slices of another.
"""

import numpy as np

ORDER = "ifog"


def stack(params):
    M = np.vstack([np.hstack([params["U" + k], params["W" + k]]) for k in ORDER])
    return M, np.concatenate([params["b" + k] for k in ORDER])


def cell_forward(params, x, h_prev, c_prev):
    M, b = stack(params)
    n_h = h_prev.shape[1]
    A = np.concatenate([h_prev, x], axis=1) @ M.T + b
    A[:, : 3 * n_h] = 1 / (1 + np.exp(-A[:, : 3 * n_h]))
    A[:, 3 * n_h :] = np.tanh(A[:, 3 * n_h :])
    i, f, o, g = np.hsplit(A, 4)
    c = f * c_prev + i * g
    h = o * np.tanh(c)
    return h, c, dict(x=x, h_prev=h_prev, c_prev=c_prev, f=f, i=i, g=g, o=o, c=c)


def cell_backward(params, cache, dh, dc):
    M, _ = stack(params)
    i, f, o, g = (cache[k] for k in ORDER)
    n_h = dh.shape[1]
    tc = np.tanh(cache["c"])
    ds = dc + dh * o * (1 - tc * tc)
    dA = np.hstack([ds * g, ds * cache["c_prev"], dh * tc, ds * i])
    slopes = np.hstack([i * (1 - i), f * (1 - f), o * (1 - o), 1 - g * g])
    dZ = dA * slopes
    dM = dZ.T @ np.hstack([cache["h_prev"], cache["x"]])
    dM = dM.reshape(4, n_h, -1)
    db = dZ.sum(0).reshape(4, n_h)
    dhx = dZ @ M
    grads = {"h_prev": dhx[:, :n_h], "x": dhx[:, n_h:], "c_prev": ds * f}
    for row, k in enumerate(ORDER):
        grads["U" + k], grads["W" + k], grads["b" + k] = dM[row, :, :n_h], dM[row, :, n_h:], db[row]
    return grads


def sequence_forward(params, xs, h0, c0):
    T = xs.shape[0]
    hs = np.empty((T + 1, *h0.shape))
    hs[0] = h0
    c, cache = c0, {}
    for t in range(T):
        hs[t + 1], c, cache[t] = cell_forward(params, xs[t], hs[t], c)
    return hs[1:], cache


def sequence_backward(params, cache, dhs):
    T = len(cache)
    dxs = np.empty((*dhs.shape[:2], params["Wf"].shape[1]))
    dh = dc = np.zeros(dhs.shape[1:])
    total = {k: np.zeros(v.shape) for k, v in params.items()}
    for t in range(T)[::-1]:
        d = cell_backward(params, cache[t], dh + dhs[t], dc)
        dxs[t] = d.pop("x")
        dh = d.pop("h_prev")
        dc = d.pop("c_prev")
        total = {k: total[k] + d[k] for k in total}
    total.update(xs=dxs, h0=dh, c0=dc)
    return total
