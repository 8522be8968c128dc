"""Loops over the layers with names of one letter, as a student writes them."""

import numpy as np


def sig(z):
    return 1.0 / (1.0 + np.exp(-z))


def act(z, kind):
    if kind == "sigmoid":
        return sig(z)
    elif kind == "tanh":
        return np.tanh(z)
    else:
        return np.where(z > 0, z, 0.0)


def dact(z, kind):
    if kind == "sigmoid":
        return sig(z) * (1 - sig(z))
    elif kind == "tanh":
        return 1.0 / np.cosh(z) ** 2
    else:
        return np.where(z >= 0, 1.0, 0.0)


def forward(params, X, activation):
    L = len(params) // 2
    As, Zs = [X], []
    for l in range(1, L + 1):
        W, b = params[f"W{l}"], params[f"b{l}"]
        Z = As[-1] @ W.T + b
        Zs.append(Z)
        if l == L:
            As.append(sig(Z))
        else:
            As.append(act(Z, activation))
    return As[-1], {"As": As, "Zs": Zs}


def backward(params, cache, y, activation):
    L = len(params) // 2
    As, Zs = cache["As"], cache["Zs"]
    m = len(y)
    grads = {}
    dZ = (As[L] - y) / m
    for l in range(L, 0, -1):
        grads[f"W{l}"] = dZ.T @ As[l - 1]
        grads[f"b{l}"] = dZ.sum(axis=0)
        if l > 1:
            dA = dZ @ params[f"W{l}"]
            dZ = dA * dact(Zs[l - 2], activation)
    return grads


def gradient_norms(params, X, y, activation):
    y_hat, cache = forward(params, X, activation)
    grads = backward(params, cache, y, activation)
    L = len(params) // 2
    norms = np.zeros(L)
    for l in range(1, L + 1):
        norms[l - 1] = np.sqrt(np.sum(grads[f"W{l}"] ** 2))
    return norms


def rescale(params):
    result = {}
    for l in range(1, len(params) // 2 + 1):
        W = params[f"W{l}"]
        target = np.sqrt(2.0 / W.shape[1])
        result[f"W{l}"] = W / W.std() * target
        result[f"b{l}"] = np.zeros_like(params[f"b{l}"])
    return result
