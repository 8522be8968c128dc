"""Everything that is left in at the end of a working night: plots, checks, prints, seeds, settings.

Breaks the assumption that a submission is only definitions.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from grader.selfcheck import check
from IPython.display import display

np.random.seed(0)
np.seterr(over="raise", divide="raise", invalid="raise")
np.set_printoptions(precision=2, suppress=True)
warnings.warn("remember to hand in before noon", stacklevel=1)

DEBUG = True


def debug(*what):
    if DEBUG:
        print(*what)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def cell_forward(params, x, h_prev, c_prev):
    f = sigmoid(h_prev @ params["Uf"].T + x @ params["Wf"].T + params["bf"])
    i = sigmoid(h_prev @ params["Ui"].T + x @ params["Wi"].T + params["bi"])
    o = sigmoid(h_prev @ params["Uo"].T + x @ params["Wo"].T + params["bo"])
    g = np.tanh(h_prev @ params["Ug"].T + x @ params["Wg"].T + params["bg"])
    c = f * c_prev + i * g
    h = o * np.tanh(c)
    debug("h", h)
    cache = {"x": x, "h_prev": h_prev, "c_prev": c_prev, "f": f, "i": i, "g": g, "o": o, "c": c}
    return h, c, cache


def cell_backward(params, cache, dh, dc):
    x, h_prev, c_prev = cache["x"], cache["h_prev"], cache["c_prev"]
    f, i, g, o, c = cache["f"], cache["i"], cache["g"], cache["o"], cache["c"]
    assert dh.shape == dc.shape  # noqa: S101
    do = dh * np.tanh(c)
    dc = dc + dh * o * (1 - np.tanh(c) ** 2)
    df, di, dg = dc * c_prev, dc * g, dc * i
    dz = {"f": df * f * (1 - f), "i": di * i * (1 - i), "g": dg * (1 - g**2), "o": do * o * (1 - o)}
    grads = {"c_prev": dc * f, "x": np.zeros_like(x), "h_prev": np.zeros_like(h_prev)}
    for k in dz:
        grads["W" + k] = dz[k].T @ x
        grads["U" + k] = dz[k].T @ h_prev
        grads["b" + k] = dz[k].sum(axis=0)
        grads["x"] += dz[k] @ params["W" + k]
        grads["h_prev"] += dz[k] @ params["U" + k]
    debug({key: np.linalg.norm(value) for key, value in grads.items()})
    return grads


def sequence_forward(params, xs, h0, c0):
    h, c, hs, caches = h0, c0, [], []
    for x in xs:
        h, c, cache = cell_forward(params, x, h, c)
        hs.append(h)
        caches.append(cache)
    return np.array(hs).reshape(len(xs), *h0.shape), caches


def sequence_backward(params, cache, dhs):
    T, m, n_h = dhs.shape
    dh, dc = np.zeros((m, n_h)), np.zeros((m, n_h))
    dxs = np.zeros((T, m, params["Wf"].shape[1]))
    total = {k: np.zeros_like(v) for k, v in params.items()}
    for t in range(T - 1, -1, -1):
        grads = cell_backward(params, cache[t], dhs[t] + dh, dc)
        dxs[t], dh, dc = grads["x"], grads["h_prev"], grads["c_prev"]
        for k in total:
            total[k] += grads[k]
    debug("done", T)
    return {"xs": dxs, "h0": dh, "c0": dc, **total}


check("lstm_cell")

toy = {"W" + k: np.random.randn(4, 3) for k in "figo"}
toy |= {"U" + k: np.random.randn(4, 4) for k in "figo"} | {"b" + k: np.zeros(4) for k in "figo"}
toy_hs, toy_cache = sequence_forward(
    toy, np.random.randn(9, 2, 3), np.zeros((2, 4)), np.ones((2, 4))
)
fig, ax = plt.subplots()
ax.plot(toy_hs[:, 0])
ax.set_title("hidden states")
fig.savefig("hidden.png")
plt.figure(figsize=(4, 3))
plt.imshow(toy_hs[:, 1].T, cmap="gray")
plt.colorbar()
plt.show()
display(fig)

if __name__ == "__main__":
    name = input("Which file? ")
    print(open(name).read())  # noqa: SIM115
