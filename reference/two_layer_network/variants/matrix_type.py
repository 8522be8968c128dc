"""np.matrix throughout: `*` is the matrix product, as in an old textbook or in MATLAB.

Breaks: "type(answer) is np.ndarray", and "`*` is elementwise, whatever came back".
"""

import warnings

import numpy as np

warnings.filterwarnings("ignore", category=PendingDeprecationWarning)


def like(z, values):
    """np.matrix has two axes, always: keep to arrays where z has another number of them."""
    return np.matrix(values) if np.ndim(z) == 2 else np.asarray(values)


def relu(z):
    return like(z, np.maximum(np.asarray(z), 0))


def relu_derivative(z):
    return like(z, (np.asarray(z) >= 0) * 1)


def sigmoid(z):
    z = np.asarray(z)
    with np.errstate(over="ignore"):
        return like(z, 1 / (1 + np.exp(-z)))


def sigmoid_derivative(z):
    s = np.asarray(sigmoid(z))
    return like(z, s * (1 - s))


def loss(y_hat, y):
    y, y_hat = np.matrix(y), np.matrix(y_hat)
    total = y.T * np.log(y_hat) + (1 - y).T * np.log(1 - y_hat)
    return -total.item() / len(y)


def loss_from_logits(z, y):
    z, y = np.matrix(z), np.matrix(y)
    return np.logaddexp(0, np.multiply(1 - 2 * y, z)).mean()


def forward(params, X):
    X, W1, W2 = np.matrix(X), np.matrix(params["W1"]), np.matrix(params["W2"])
    b1, b2 = np.matrix(params["b1"]), np.matrix(params["b2"])
    z1 = X * W1.T + b1
    a1 = relu(z1)
    z2 = a1 * W2.T + b2
    a2 = sigmoid(z2)
    return a2, {"X": X, "z1": z1, "a1": a1, "z2": z2, "a2": a2}


def backward(params, cache, y):
    X, a1 = np.matrix(cache["X"]), np.matrix(cache["a1"])
    dz2 = (np.matrix(cache["a2"]) - np.matrix(y)) / len(y)
    da1 = dz2 * np.matrix(params["W2"])
    dz1 = np.multiply(da1, relu_derivative(cache["z1"]))
    return {
        "z2": dz2,
        "W2": dz2.T * a1,
        "b2": dz2.sum(axis=0).A1,
        "a1": da1,
        "z1": dz1,
        "W1": dz1.T * X,
        "b1": dz1.sum(axis=0).A1,
    }


def update(params, grads, learning_rate):
    return {key: params[key] - learning_rate * grads[key] for key in params}


def train(params, X, y, learning_rate, epochs):
    X, y = np.matrix(X), np.matrix(y)
    losses = []
    for _ in range(epochs):
        total = 0
        for i in range(len(X)):
            y_hat, cache = forward(params, X[i])
            total += loss(y_hat, y[i])
            params = update(params, backward(params, cache, y[i]), learning_rate)
        losses += [total / len(X)]
    return params, losses
