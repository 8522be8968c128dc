"""The deck taken at its word: column by column for one example, outer products, then the mean.

Breaks: "numbers are summed in one order only", and "a scalar comes back as a Python float".
"""

import numpy as np


def relu(z):
    out = z.copy()
    out[out < 0] = 0
    return out


def relu_derivative(z):
    out = np.ones(z.shape)
    out[z < 0] = 0
    return out


def sigmoid(z):
    z = np.array(z, dtype=float)
    out = [1 / (1 + np.exp(-v)) if v >= 0 else 1 - 1 / (1 + np.exp(v)) for v in z.flat]
    return np.array(out).reshape(z.shape)


def sigmoid_derivative(z):
    return sigmoid(z) * (1 - sigmoid(z))


def loss(y_hat, y):
    L = 0
    for i in range(len(y)):
        L = L - (y[i] * np.log(y_hat[i]) + (1 - y[i]) * np.log(1 - y_hat[i]))
    return np.array(L[0] / len(y))


def loss_from_logits(z, y):
    L = [max(v, 0) + np.log1p(np.exp(-abs(v))) for v in np.where(y == 1, -z, z)[:, 0]]
    return np.array(sum(L) / len(L))


def forward_one(params, x):
    z1 = params["W1"] @ x + params["b1"]
    a1 = relu(z1)
    z2 = params["W2"] @ a1 + params["b2"]
    return z1, a1, z2, sigmoid(z2)


def backward_one(params, x, z1, a1, a2, y):
    dz2 = a2 - y
    da1 = params["W2"].T @ dz2
    dz1 = da1 * relu_derivative(z1)
    return dz2, np.outer(dz2, a1), dz2, da1, dz1, np.outer(dz1, x), dz1


def forward(params, X):
    z1, a1, z2, a2 = map(np.array, zip(*[forward_one(params, x) for x in X]))
    return a2, {"X": X, "z1": z1, "a1": a1, "z2": z2, "a2": a2}


def backward(params, cache, y):
    rows = zip(cache["X"], cache["z1"], cache["a1"], cache["a2"], y)
    blame = zip(*[backward_one(params, *row) for row in rows])
    dz2, dW2, db2, da1, dz1, dW1, db1 = (np.array(per_example) for per_example in blame)
    m = len(y)
    return {
        "z2": dz2 / m,
        "W2": dW2.mean(axis=0),
        "b2": db2.mean(axis=0),
        "a1": da1 / m,
        "z1": dz1 / m,
        "W1": dW1.mean(axis=0),
        "b1": db1.mean(axis=0),
    }


def update(params, grads, learning_rate):
    new = {key: value.copy() for key, value in params.items()}
    for key in new:
        new[key] -= learning_rate * grads[key]
    return new


def train(params, X, y, learning_rate, epochs):
    losses = []
    for _ in range(epochs):
        L = 0
        for i in range(len(X)):
            y_hat, cache = forward(params, X[i : i + 1])
            L += loss(y_hat, y[i : i + 1])
            grads = backward(params, cache, y[i : i + 1])
            params = update(params, grads, learning_rate)
        losses.append(L / len(X))
    return params, losses
