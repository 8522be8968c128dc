"""The bias as the weight of one more input that is always 1: one stacked matrix for each layer.

Breaks: "gradients own their memory" (here they are views, strided, into the stacked matrices).
"""

import numpy as np


def with_ones(a):
    return np.hstack([a, np.ones((a.shape[0], 1))])


def stacked(params, layer):
    return np.column_stack([params[f"W{layer}"], params[f"b{layer}"]])


def relu(z):
    return np.where(z > 0, z, 0)


def relu_derivative(z):
    return np.heaviside(z, 1)


def sigmoid(z):
    return np.exp(-np.logaddexp(0, -z))


def sigmoid_derivative(z):
    return np.exp(-np.logaddexp(0, -z) - np.logaddexp(0, z))


def loss(y_hat, y):
    return -np.average(np.log(np.abs(1 - y - y_hat)))


def loss_from_logits(z, y):
    return np.average(np.logaddexp(0, z * np.where(y > 0.5, -1, 1)))


def forward(params, X):
    z1 = with_ones(X) @ stacked(params, 1).T
    a1 = relu(z1)
    z2 = with_ones(a1) @ stacked(params, 2).T
    a2 = sigmoid(z2)
    return a2, {"X": X, "z1": z1, "a1": a1, "z2": z2, "a2": a2}


def backward(params, cache, y):
    dz2 = (cache["a2"] - y) / y.size
    d2 = dz2.T @ with_ones(cache["a1"])
    da1_and_one = dz2 @ stacked(params, 2)
    da1 = da1_and_one[:, :-1]
    dz1 = da1 * relu_derivative(cache["z1"])
    d1 = dz1.T @ with_ones(cache["X"])
    return {
        "z2": dz2,
        "W2": d2[:, :-1],
        "b2": d2[:, -1],
        "a1": da1,
        "z1": dz1,
        "W1": d1[:, :-1],
        "b1": d1[:, -1],
    }


def update(params, grads, learning_rate):
    new = {}
    for layer in (1, 2):
        theta = stacked(params, layer) - learning_rate * stacked(grads, layer)
        new[f"W{layer}"], new[f"b{layer}"] = theta[:, :-1], theta[:, -1]
    return new


def train(params, X, y, learning_rate, epochs):
    losses = []
    for _ in range(epochs):
        of_epoch = []
        for x, t in zip(np.split(X, len(X)), np.split(y, len(y))):
            _, cache = forward(params, x)
            of_epoch.append(loss_from_logits(cache["z2"], t))
            params = update(params, backward(params, cache, t), learning_rate)
        losses.append(np.mean(of_epoch))
    return params, np.array(losses)
