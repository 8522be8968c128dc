"""Handed in as it was worked on: plots, prints, checks, settings and a question at the end.

A grader that shares one process with the submission, captures stdout or has no matplotlib fails
this.
"""

import math
import warnings

import matplotlib.pyplot as plt
import numpy as np
from grader.selfcheck import check
from IPython.display import display

np.seterr(all="raise")
np.random.seed(0)
np.set_printoptions(precision=2, suppress=True)
warnings.simplefilter("error")

DEBUG = True


def show(*things):
    if DEBUG:
        print("deep:", *things)


def forward(params, X, activation):
    K = len(params) // 2
    show("forward through", K, "layers,", activation)
    a = [X]
    for k in range(1, K + 1):
        z = a[-1] @ params[f"W{k}"].T + params[f"b{k}"]
        if k == K or activation == "sigmoid":
            a.append(1 / (1 + np.exp(-z)))
        elif activation == "tanh":
            a.append(np.tanh(z))
        elif activation == "relu":
            a.append(np.maximum(z, 0))
        # else:
        #     a.append(np.where(z > 0, z, 0.01 * z))   # leaky, tried it, not asked for
    return a[-1], {"a": a, "note": "z is not needed"}


def backward(params, cache, y, activation):
    a = cache["a"]
    K = len(a) - 1
    grads = {"trace": []}
    dz = (a[K] - y) / y.shape[0]
    for k in range(K, 0, -1):
        grads[f"W{k}"] = dz.T @ a[k - 1]
        grads[f"b{k}"] = np.sum(dz, axis=0)
        grads["trace"].append(dz)
        da = dz @ params[f"W{k}"]
        if activation == "sigmoid":
            dz = da * (a[k - 1] * (1 - a[k - 1]) if k > 1 else 1)
        elif activation == "tanh":
            dz = da * (1 - a[k - 1] * a[k - 1] if k > 1 else 1)
        else:
            dz = da * (a[k - 1] > 0)
    show({name: np.shape(value) for name, value in grads.items() if name != "trace"})
    return grads


def gradient_norms(params, X, y, activation):
    _, cache = forward(params, X, activation)
    grads = backward(params, cache, y, activation)
    norms = [math.hypot(*grads[f"W{k}"].ravel()) for k in range(1, len(params) // 2 + 1)]
    fig, ax = plt.subplots()
    ax.semilogy(norms)
    fig.savefig("norms.png")
    plt.close(fig)
    return norms


def rescale(params):
    fresh = {}
    for name, value in params.items():
        if name[0] == "b":
            fresh[name] = np.zeros(value.shape)
        else:
            fresh[name] = value * np.sqrt(2 / value.shape[1]) / np.std(value)
    return fresh


rng = np.random.default_rng(1)
test = {"W1": rng.normal(size=(3, 2)), "b1": np.zeros(3)}
test |= {"W2": rng.normal(size=(1, 3)), "b2": np.zeros(1)}
print(gradient_norms(test, np.ones((4, 2)), np.ones((4, 1)), "tanh"))
display(rescale(test))
fig, axes = plt.subplots(1, 2, figsize=(8, 3))
axes[0].hist(test["W1"].ravel())
plt.show()
check("deep_network")

if __name__ == "__main__":
    input("press return to train ")
