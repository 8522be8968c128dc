"""Single precision inside, as in every deep-learning framework; float32 comes back.

Breaks the assumption that answers are float64, and that a tolerance of 1e-7 is generous.
"""

import numpy as np

F = np.float32


def single(params):
    return {key: np.asarray(value, dtype=F) for key, value in params.items()}


def squash(z):
    return F(0.5) * (F(1) + np.tanh(F(0.5) * z))


def cell_forward(params, x, h_prev, c_prev):
    p = single(params)
    x, h_prev, c_prev = x.astype(F), h_prev.astype(F), c_prev.astype(F)
    f, i, o = (squash(h_prev @ p["U" + k].T + x @ p["W" + k].T + p["b" + k]) for k in "fio")
    g = np.tanh(h_prev @ p["Ug"].T + x @ p["Wg"].T + p["bg"])
    c = f * c_prev + i * g
    cache = {"x": x, "h_prev": h_prev, "c_prev": c_prev, "f": f, "i": i, "g": g, "o": o, "c": c}
    return o * np.tanh(c), c, cache


def cell_backward(params, cache, dh, dc):
    p, k = single(params), single(cache)
    dh, dc = dh.astype(F), dc.astype(F)
    th = np.tanh(k["c"])
    dc = dc + dh * k["o"] * (1 - th * th)
    dz = {
        "f": dc * k["c_prev"] * k["f"] * (1 - k["f"]),
        "i": dc * k["g"] * k["i"] * (1 - k["i"]),
        "g": dc * k["i"] * (1 - k["g"] * k["g"]),
        "o": dh * th * k["o"] * (1 - k["o"]),
    }
    grads = {"x": F(0), "h_prev": F(0), "c_prev": dc * k["f"]}
    for n, d in dz.items():
        grads["x"] = grads["x"] + d @ p["W" + n]
        grads["h_prev"] = grads["h_prev"] + d @ p["U" + n]
        grads["W" + n] = d.T @ k["x"]
        grads["U" + n] = d.T @ k["h_prev"]
        grads["b" + n] = np.add.reduce(d)
    return grads


def sequence_forward(params, xs, h0, c0):
    h, c = h0.astype(F), c0.astype(F)
    hs = np.zeros((len(xs), *h0.shape), dtype=F)
    steps = []
    for t in range(len(xs)):
        h, c, cache = cell_forward(params, xs[t], h, c)
        hs[t] = h
        steps.append(cache)
    return hs, steps


def sequence_backward(params, cache, dhs):
    dh = dc = np.zeros(dhs.shape[1:], dtype=F)
    out = {key: np.zeros(value.shape, dtype=F) for key, value in params.items()}
    dxs = np.zeros((*dhs.shape[:2], params["Wf"].shape[1]), dtype=F)
    for t in range(len(cache) - 1, -1, -1):
        g = cell_backward(params, cache[t], dhs[t] + dh, dc)
        dxs[t], dh, dc = g["x"], g["h_prev"], g["c_prev"]
        for key in out:
            out[key] += g[key]
    return {**out, "xs": dxs, "h0": dh, "c0": dc}
