"""Every product an einsum, results in Fortran order and some of them read-only.

Breaks: "arrays that come back are C-contiguous and writable".
"""

import numpy as np


def locked(a):
    a = np.array(a, dtype=float, order="F")
    a.flags.writeable = False
    return a


def relu(z):
    return locked((z + np.abs(z)) / 2)


def relu_derivative(z):
    return locked(np.sign(z) >= 0)


def sigmoid(z):
    z = np.asarray(z, dtype=float)
    out = np.empty_like(z)
    right = z >= 0
    out[right] = 1 / (1 + np.exp(-z[right]))
    out[~right] = np.exp(z[~right]) / (1 + np.exp(z[~right]))
    return locked(out)


def sigmoid_derivative(z):
    s = sigmoid(z)
    return locked(s - s**2)


def loss(y_hat, y):
    agreement = np.einsum("ij,ij->ij", y, y_hat) + np.einsum("ij,ij->ij", 1 - y, 1 - y_hat)
    return -np.einsum("ij->", np.log(agreement)) / y.shape[0]


def loss_from_logits(z, y):
    s = np.einsum("ij,ij->ij", 1 - 2 * y, z)
    return np.einsum("ij->", np.logaddexp(0, s)) / y.shape[0]


def forward(params, X):
    z1 = locked(np.einsum("hx,mx->mh", params["W1"], X) + params["b1"])
    a1 = relu(z1)
    z2 = locked(np.einsum("oh,mh->mo", params["W2"], a1) + params["b2"])
    a2 = sigmoid(z2)
    return a2, dict(X=X, z1=z1, a1=a1, z2=z2, a2=a2)


def backward(params, cache, y):
    g = {}
    g["z2"] = locked((cache["a2"] - y) / y.shape[0])
    g["a1"] = np.einsum("mo,oh->mh", g["z2"], params["W2"])
    g["z1"] = np.einsum("mh,mh->mh", g["a1"], relu_derivative(cache["z1"]))
    g["W2"] = np.einsum("mo,mh->oh", g["z2"], cache["a1"])
    g["W1"] = np.einsum("mh,mx->hx", g["z1"], cache["X"])
    g["b2"] = np.einsum("mo->o", g["z2"])
    g["b1"] = np.einsum("mh->h", g["z1"])
    return g


def update(params, grads, learning_rate):
    return {
        name: locked(np.einsum("i...,i->...", np.stack([p, grads[name]]), [1.0, -learning_rate]))
        for name, p in params.items()
    }


def train(params, X, y, learning_rate, epochs):
    losses = np.empty((epochs, len(X)))
    for k in range(epochs):
        for i in range(len(X)):
            tuple_ = slice(i, i + 1)
            y_hat, cache = forward(params, X[tuple_])
            losses[k, i] = loss(y_hat, y[tuple_])
            params = update(params, backward(params, cache, y[tuple_]), learning_rate)
    return params, np.einsum("ki->k", losses) / len(X)
