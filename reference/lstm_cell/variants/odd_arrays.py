"""Right numbers in strange clothes: matrix, masked, big-endian, long double, read-only, views.

Breaks the assumptions that an answer is a plain, writable, native float64 ndarray, that the answers
of one call are of one kind, and that a cache's arrays are ndarrays.
"""

from collections import OrderedDict

import numpy as np
import numpy.ma as ma


def big_endian(a):
    return np.asarray(a, dtype=">f8")


def read_only(a):
    b = np.array(a)
    b.flags.writeable = False
    return b


def every_second(a):
    b = np.full((*a.shape, 2), np.nan)
    b[..., 0] = a
    return b[..., 0]


def long(a):
    return np.asarray(a, dtype=np.longdouble)


def fortran(a):
    return np.asfortranarray(a)


def nested(a):
    return tuple(np.float64(v) for v in a)


def cell_forward(params, x, h_prev, c_prev):
    x, h_prev, c_prev = np.array(x), np.array(h_prev), np.array(c_prev)
    z = {k: x @ params["W" + k].T + h_prev @ params["U" + k].T + params["b" + k] for k in "figo"}
    f, i, o = (np.exp(-np.log1p(np.exp(-z[k]))) for k in "fio")
    g = np.tanh(z["g"])
    c = f * c_prev + i * g
    h = o * np.tanh(c)
    cache = {"x": read_only(x), "h_prev": fortran(h_prev), "c_prev": big_endian(c_prev)}
    cache |= {"f": every_second(f), "i": long(i), "g": ma.array(g, mask=False), "o": o.tolist()}
    return np.matrix(h), ma.masked_array(c), OrderedDict(cache, c=np.matrix(c))


def cell_backward(params, cache, dh, dc):
    k = {key: np.array(cache[key], dtype=float) for key in ("x", "h_prev", "c_prev", *"figo", "c")}
    tanh_c = np.tanh(k["c"])
    d = np.asarray(dc) + np.asarray(dh) * k["o"] * (1 - tanh_c**2)
    dz = {
        "o": np.asarray(dh) * tanh_c * k["o"] * (1 - k["o"]),
        "g": d * k["i"] * (1 - k["g"] ** 2),
        "i": d * k["g"] * k["i"] * (1 - k["i"]),
        "f": d * k["c_prev"] * k["f"] * (1 - k["f"]),
    }
    grads = {
        "x": np.matrix(np.hstack(list(dz.values())) @ np.vstack([params["W" + n] for n in dz])),
        "h_prev": ma.array(np.hstack(list(dz.values())) @ np.vstack([params["U" + n] for n in dz])),
        "c_prev": long(d * k["f"]),
    }
    dressed = zip(dz, (big_endian, read_only, every_second, fortran), strict=False)
    for n, dress in dressed:
        grads["W" + n] = dress(dz[n].T @ k["x"])
        grads["U" + n] = dress(dz[n].T @ k["h_prev"])
        grads["b" + n] = nested(dz[n].sum(axis=0))
    return OrderedDict(reversed(grads.items()))


def sequence_forward(params, xs, h0, c0):
    h, c, hs, steps = h0, c0, np.zeros((h0.shape[1], len(xs), h0.shape[0]), dtype=">f8"), []
    for t, x in enumerate(xs):
        h, c, step = cell_forward(params, x, np.asarray(h), np.asarray(c))
        hs[:, t, :] = h.T
        steps.append(step)
    return [hs.transpose(1, 2, 0), steps]


def sequence_backward(params, cache, dhs):
    dh, dc = np.zeros(dhs.shape[1:]), np.zeros(dhs.shape[1:])
    xs = np.zeros((*dhs.shape[:2], params["Wf"].shape[1]))
    total = {key: np.zeros(value.shape) for key, value in params.items()}
    for t in reversed(range(len(dhs))):
        g = cell_backward(params, cache[t], dhs[t] + dh, dc)
        xs[t], dh, dc = g["x"], np.asarray(g["h_prev"]), np.asarray(g["c_prev"], dtype=float)
        for key in total:
            total[key] += np.asarray(g[key])
    return {**total, "xs": ma.array(xs), "h0": np.matrix(dh), "c0": long(dc)}
