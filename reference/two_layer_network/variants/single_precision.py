"""float32 for the hidden layer, where the work is; float64 for weights, losses and the output.

Breaks: "a right answer agrees to ten digits", and "the dtype must be float64".
"""

import numpy as np


def single(a):
    return np.asarray(a, dtype=np.float32)


def relu(z):
    return np.maximum(np.float32(0), single(z))


def relu_derivative(z):
    return single(np.asarray(z) >= 0)


def sigmoid(z):
    z = np.clip(single(z), -80, 80)
    return 1 / (1 + np.exp(-z))


def sigmoid_derivative(z):
    return sigmoid(z) * sigmoid(-np.asarray(z))


def loss(y_hat, y):
    return np.mean(-np.log(np.where(y == 1, y_hat, 1 - y_hat)), dtype=np.float32)


def loss_from_logits(z, y):
    z, y = np.asarray(z, np.float64), np.asarray(y, np.float64)
    return np.mean(np.logaddexp(0.0, z - 2 * y * z))


def forward(params, X):
    z1 = single(X) @ single(params["W1"]).T + single(params["b1"])
    a1 = relu(z1)
    z2 = a1 @ single(params["W2"]).T + params["b2"]
    a2 = 1 / (1 + np.exp(-z2))
    return a2, {"X": X, "z1": z1, "a1": a1, "z2": z2, "a2": a2}


def backward(params, cache, y):
    dz2 = (cache["a2"] - y) / len(y)
    da1 = single(dz2) @ single(params["W2"])
    dz1 = da1 * relu_derivative(cache["z1"])
    return {
        "z2": dz2,
        "W2": single(dz2).T @ single(cache["a1"]),
        "b2": dz2.sum(axis=0),
        "a1": da1,
        "z1": dz1,
        "W1": dz1.T @ single(cache["X"]),
        "b1": dz1.sum(axis=0),
    }


def update(params, grads, learning_rate):
    return {key: value - learning_rate * grads[key] for key, value in params.items()}


def train(params, X, y, learning_rate, epochs):
    losses = np.zeros(epochs, np.float32)
    for epoch in range(epochs):
        for i in range(len(X)):
            y_hat, cache = forward(params, X[i : i + 1])
            losses[epoch] += loss(y_hat, y[i : i + 1]) / len(X)
            params = update(params, backward(params, cache, y[i : i + 1]), learning_rate)
    return params, losses
