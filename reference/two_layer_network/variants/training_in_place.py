"""A training loop that calls none of the other functions and edits its own copies in place.

Breaks: "train goes through the student's forward, backward and update", so that mocks would see it.
"""

from copy import deepcopy
from functools import partial
from math import exp, fsum, log, log1p

import numpy as np


def relu(z):
    return np.array(z, copy=True).clip(min=0.0)


def relu_derivative(z):
    return np.asarray(1 - np.signbit(z + 0.0), dtype=np.float16)


@partial(np.vectorize, otypes=[float])
def sigmoid(z):
    return 1.0 / (1.0 + exp(-z)) if z > -700 else 0.0


@partial(np.vectorize, otypes=[float])
def sigmoid_derivative(z):
    t = exp(-abs(z))
    return t / (1.0 + t) ** 2


def loss(y_hat, y):
    terms = (-log(p) if t else -log1p(-p) for p, t in zip(y_hat.ravel(), y.ravel()))
    return fsum(terms) / y.size


def loss_from_logits(z, y):
    wrong = np.where(y, -z, z).ravel()
    return fsum(max(v, 0.0) + log1p(exp(-abs(v))) for v in wrong) / y.size


def forward(params, X):
    z1 = np.add(np.dot(X, params["W1"].T), params["b1"])
    a1 = relu(z1)
    z2 = np.add(np.dot(a1, params["W2"].T), params["b2"])
    a2 = sigmoid(z2)
    return a2, {"a1": a1, "a2": a2, "z1": z1, "z2": z2, "X": X}


def backward(params, cache, y):
    grads = {"z2": np.divide(np.subtract(cache["a2"], y), len(y))}
    grads["a1"] = grads["z2"] * params["W2"]
    grads["z1"] = deepcopy(grads["a1"])
    grads["z1"][cache["z1"] < 0] = 0
    grads["W2"] = np.add.reduce(grads["z2"] * cache["a1"])[None, :]
    grads["W1"] = np.add.reduce(grads["z1"][:, :, None] * cache["X"][:, None, :])
    grads["b2"], grads["b1"] = np.add.reduce(grads["z2"]), np.add.reduce(grads["z1"])
    return grads


def update(params, grads, learning_rate):
    params = deepcopy(params)
    for key in params:
        params[key] -= learning_rate * grads[key]
    return params


def train(params, X, y, learning_rate, epochs):
    params = deepcopy(params)
    W1, b1, w2, b2 = params["W1"], params["b1"], params["W2"][0], params["b2"]
    losses = np.zeros(epochs)
    for epoch in range(epochs):
        seen = []
        for x, (t,) in zip(X, y):
            hidden = W1 @ x + b1
            on = hidden >= 0
            hidden[~on] = 0
            z = float(w2 @ hidden + b2[0])
            seen.append(np.logaddexp(0, -z if t else z))
            blame = float(sigmoid(z)) - t
            lower = blame * w2 * on
            w2 -= learning_rate * blame * hidden
            b2 -= learning_rate * blame
            W1 -= learning_rate * np.outer(lower, x)
            b1 -= learning_rate * lower
        losses[epoch] = np.mean(seen)
    return params, losses
