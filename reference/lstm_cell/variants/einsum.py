"""Index notation: every product is an einsum over one tensor of all gates, W[k, h, x].

Breaks the assumption that arrays are C-contiguous: the answers are transposed views, in Fortran
order or with negative strides.
"""

import numpy as np

GATES = ["f", "i", "o", "g"]


def tensor(params, letter):
    return np.stack([params[letter + k] for k in GATES])


def cell_forward(params, x, h_prev, c_prev):
    z = np.einsum("kjq,mq->kmj", tensor(params, "W"), x)
    z += np.einsum("kjq,mq->kmj", tensor(params, "U"), h_prev)
    z += tensor(params, "b")[:, None, :]
    with np.errstate(over="ignore"):
        gates = np.reciprocal(1 + np.exp(np.negative(z[:3])))
    f, i, o = gates
    g = np.tanh(z[3])
    c = np.einsum("mj,mj->mj", f, c_prev) + np.einsum("mj,mj->mj", i, g)
    h = np.asfortranarray(o * np.tanh(c))
    cache = dict(zip(GATES, (f, i, o, g), strict=False), x=x, h_prev=h_prev, c_prev=c_prev, c=c)
    return h, c[::-1].copy()[::-1], cache


def cell_backward(params, cache, dh, dc):
    f, i, o, g = (cache[k] for k in GATES)
    t = np.tanh(cache["c"])
    s = dc + np.einsum("mj,mj,mj->mj", dh, o, 1 - t**2)
    dz = np.empty((4, *dh.shape))
    np.einsum("mj,mj,mj->mj", s, cache["c_prev"], f - f * f, out=dz[0])
    np.einsum("mj,mj,mj->mj", s, g, i - i * i, out=dz[1])
    np.einsum("mj,mj,mj->mj", dh, t, o - o * o, out=dz[2])
    np.einsum("mj,mj,mj->mj", s, i, 1 - g * g, out=dz[3])
    dW = np.einsum("kmj,mq->qjk", dz, cache["x"])
    dU = np.einsum("kmj,mq->qjk", dz, cache["h_prev"])
    db = np.einsum("kmj->jk", dz)
    grads = {
        "x": np.einsum("kmj,kjq->qm", dz, tensor(params, "W")).T,
        "h_prev": np.einsum("kmj,kjq->qm", dz, tensor(params, "U")).T,
        "c_prev": s * f,
    }
    for n, k in enumerate(GATES):
        grads |= {"W" + k: dW[..., n].T, "U" + k: dU[..., n].T, "b" + k: db[:, n]}
    return grads


def sequence_forward(params, xs, h0, c0):
    hs = np.zeros(xs.shape[:1] + h0.shape, order="F")
    caches = []
    h, c = h0, c0
    for t, x in enumerate(xs):
        h, c, cache = cell_forward(params, x, h, c)
        hs[t] = h
        caches.append(cache)
    return hs, caches


def sequence_backward(params, cache, dhs):
    backwards = []
    dh, dc = np.zeros(dhs.shape[1:]), np.zeros(dhs.shape[1:])
    total = {key: np.zeros(value.shape, order="F") for key, value in params.items()}
    for d, step in zip(dhs[::-1], cache[::-1], strict=False):
        g = cell_backward(params, step, d + dh, dc)
        dh, dc = g["h_prev"], g["c_prev"]
        backwards.append(g["x"])
        for key in total:
            np.add(total[key], g[key], out=total[key])
    dxs = np.array(backwards).reshape((*dhs.shape[:2], params["Wf"].shape[1]))
    return total | {"xs": dxs[::-1], "h0": dh, "c0": dc}
