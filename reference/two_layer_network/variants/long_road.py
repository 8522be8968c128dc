"""Every step written out, with the usual 1e-8 for safety in the loss.

Breaks: "no small constant may stand anywhere".
"""

import numpy as np

EPSILON = 1e-8


def relu(z):
    return z * (z > 0)


def relu_derivative(z):
    return np.logical_not(z < 0)


def sigmoid(z):
    z = np.clip(z, -500, 500)
    return np.exp(z) / (1 + np.exp(z))


def sigmoid_derivative(z):
    z = np.clip(z, -300, 300)
    return np.exp(-z) / (1 + np.exp(-z)) ** 2


def loss(y_hat, y):
    per_example = y * np.log(y_hat + EPSILON) + (1 - y) * np.log(1 - y_hat + EPSILON)
    return -np.sum(per_example) / per_example.shape[0]


def softplus(z):
    return np.where(z > 30, z + np.exp(-np.maximum(z, 30)), np.log1p(np.exp(np.minimum(z, 30))))


def loss_from_logits(z, y):
    return np.mean(y * softplus(-z) + (1 - y) * softplus(z))


def forward(params, X):
    z1 = np.matmul(X, np.transpose(params["W1"])) + params["b1"]
    a1 = relu(z1)
    z2 = np.matmul(a1, np.transpose(params["W2"])) + params["b2"]
    a2 = sigmoid(z2)
    cache = {}
    for name in ("X", "z1", "a1", "z2", "a2"):
        cache[name] = locals()[name]
    return a2, cache


def backward(params, cache, y):
    m = cache["X"].shape[0]
    a2 = cache["a2"]
    dz2 = (a2 - y) / m
    dW2 = np.zeros_like(params["W2"])
    db2 = np.zeros_like(params["b2"])
    for i in range(m):
        dW2 += dz2[i, 0] * cache["a1"][i]
        db2 += dz2[i]
    da1 = np.repeat(params["W2"], m, axis=0) * dz2
    dz1 = np.where(cache["z1"] < 0, 0, da1)
    dW1 = np.zeros_like(params["W1"])
    for i in range(m):
        dW1 += dz1[i].reshape(-1, 1) * cache["X"][i].reshape(1, -1)
    db1 = np.ones(m) @ dz1
    grads = {"z2": dz2, "W2": dW2, "b2": db2}
    grads.update({"a1": da1, "z1": dz1, "W1": dW1, "b1": db1})
    return grads


def update(params, grads, learning_rate):
    new = {}
    new["W1"] = params["W1"] - grads["W1"] * learning_rate
    new["b1"] = params["b1"] - grads["b1"] * learning_rate
    new["W2"] = params["W2"] - grads["W2"] * learning_rate
    new["b2"] = params["b2"] - grads["b2"] * learning_rate
    return new


def train(params, X, y, learning_rate, epochs):
    losses = np.zeros(epochs)
    for epoch in range(epochs):
        epoch_loss = 0
        for i in range(len(X)):
            xi = X[i].reshape(1, -1)
            yi = y[i].reshape(1, 1)
            y_hat, cache = forward(params, xi)
            epoch_loss += loss(y_hat, yi)
            grads = backward(params, cache, yi)
            params = update(params, grads, learning_rate)
        losses[epoch] = epoch_loss / len(X)
    return params, losses
