"""A notebook turned into a file, as a student hands it in."""

import numpy as np


def relu(z):
    out = z.copy()
    out[out < 0] = 0
    return out


def relu_derivative(z):
    d = np.zeros(z.shape)
    d[z >= 0] = 1
    return d


def sigmoid(z):
    return np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), 1 - 1 / (1 + np.exp(-np.abs(z))))


def sigmoid_derivative(z):
    s = sigmoid(z)
    return s * (1 - s)


def loss(y_hat, y):
    m = y.shape[0]
    cost = -(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat))
    return float(cost.sum() / m)


def loss_from_logits(z, y):
    m = len(z)
    costs = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))
    return float(costs.sum() / m)


def forward(params, X):
    W1, b1 = params["W1"], params["b1"]
    W2, b2 = params["W2"], params["b2"]
    z1 = np.dot(X, W1.T) + b1
    a1 = relu(z1)
    z2 = np.dot(a1, W2.T) + b2
    a2 = sigmoid(z2)
    cache = {"X": X, "z1": z1, "a1": a1, "z2": z2, "a2": a2}
    return a2, cache


def backward(params, cache, y):
    X, z1, a1, a2 = cache["X"], cache["z1"], cache["a1"], cache["a2"]
    m = X.shape[0]
    dz2 = (a2 - y) / m
    dW2 = np.dot(dz2.T, a1)
    db2 = np.sum(dz2, axis=0)
    da1 = np.dot(dz2, params["W2"])
    dz1 = da1 * relu_derivative(z1)
    dW1 = np.dot(dz1.T, X)
    db1 = np.sum(dz1, axis=0)
    return {"z2": dz2, "W2": dW2, "b2": db2, "a1": da1, "z1": dz1, "W1": dW1, "b1": db1}


def update(params, grads, learning_rate):
    new_params = {}
    for key in params:
        new_params[key] = params[key] - learning_rate * grads[key]
    return new_params


def train(params, X, y, learning_rate, epochs):
    losses = np.zeros(epochs)
    current = {k: v.copy() for k, v in params.items()}
    for epoch in range(epochs):
        total = 0.0
        for i in range(len(X)):
            xi, yi = X[i : i + 1], y[i : i + 1]
            y_hat, cache = forward(current, xi)
            total += loss(y_hat, yi)
            grads = backward(current, cache, yi)
            current = update(current, grads, learning_rate)
        losses[epoch] = total / len(X)
    return current, losses
