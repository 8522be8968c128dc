"""Gate by gate, every line written out."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def cell_forward(params, x, h_prev, c_prev):
    f = sigmoid(h_prev.dot(params["Uf"].T) + x.dot(params["Wf"].T) + params["bf"])
    i = sigmoid(h_prev.dot(params["Ui"].T) + x.dot(params["Wi"].T) + params["bi"])
    g = np.tanh(h_prev.dot(params["Ug"].T) + x.dot(params["Wg"].T) + params["bg"])
    o = sigmoid(h_prev.dot(params["Uo"].T) + x.dot(params["Wo"].T) + params["bo"])
    c = f * c_prev + i * g
    h = o * np.tanh(c)
    cache = {"x": x, "h_prev": h_prev, "c_prev": c_prev, "f": f, "i": i, "g": g, "o": o, "c": c}
    return h, c, cache


def cell_backward(params, cache, dh, dc):
    x, h_prev, c_prev = cache["x"], cache["h_prev"], cache["c_prev"]
    f, i, g, o, c = cache["f"], cache["i"], cache["g"], cache["o"], cache["c"]
    do = dh * np.tanh(c)
    dc_total = dc + dh * o * (1 - np.tanh(c) ** 2)
    df = dc_total * c_prev
    di = dc_total * g
    dg = dc_total * i
    dzf = df * f * (1 - f)
    dzi = di * i * (1 - i)
    dzg = dg * (1 - g**2)
    dzo = do * o * (1 - o)
    grads = {}
    grads["x"] = dzf @ params["Wf"] + dzi @ params["Wi"] + dzg @ params["Wg"] + dzo @ params["Wo"]
    grads["h_prev"] = dzf @ params["Uf"] + dzi @ params["Ui"] + dzg @ params["Ug"] + dzo @ params["Uo"]
    grads["c_prev"] = dc_total * f
    for name, dz in zip("figo", (dzf, dzi, dzg, dzo)):
        grads["W" + name] = dz.T @ x
        grads["U" + name] = dz.T @ h_prev
        grads["b" + name] = np.sum(dz, axis=0)
    return grads


def sequence_forward(params, xs, h0, c0):
    T = xs.shape[0]
    hs = np.zeros((T, h0.shape[0], h0.shape[1]))
    caches = []
    h, c = h0, c0
    for t in range(T):
        h, c, cache = cell_forward(params, xs[t], h, c)
        hs[t] = h
        caches.append(cache)
    return hs, caches


def sequence_backward(params, cache, dhs):
    T, m, n_h = dhs.shape
    dxs = np.zeros((T, m, params["Wf"].shape[1]))
    grads = {name: np.zeros(value.shape) for name, value in params.items()}
    dh_next = np.zeros((m, n_h))
    dc_next = np.zeros((m, n_h))
    for t in range(T - 1, -1, -1):
        dh = dhs[t] + dh_next
        step = cell_backward(params, cache[t], dh, dc_next)
        dxs[t] = step["x"]
        dh_next = step["h_prev"]
        dc_next = step["c_prev"]
        for name in params:
            grads[name] += step[name]
    grads["xs"], grads["h0"], grads["c0"] = dxs, dh_next, dc_next
    return grads
