"""Examples as columns inside, as in another well-known course, turned round at the door.

Breaks: "arrays have positive strides and native byte order" (views, reversed views, big-endian).
"""

import numpy as np


def backwards_in_memory(a):
    """The same array, stored from its last row to its first."""
    return a[::-1].copy()[::-1]


def relu(Z):
    return np.clip(Z, 0, None)


def relu_derivative(Z):
    return (Z >= 0).astype(">i2")


def sigmoid(Z):
    T = np.tanh(np.divide(Z, 2))
    return (0.5 * (1 + T)).astype(">f8")


def sigmoid_derivative(Z):
    T = np.tanh(np.divide(Z, 2))
    return (0.25 * (1 - T * T)).astype(">f8")


def loss(y_hat, y):
    A, Y = y_hat.T, y.T
    m = Y.shape[1]
    logprobs = np.dot(Y, np.log(A).T) + np.dot(1 - Y, np.log(1 - A).T)
    return -np.squeeze(logprobs) / m


def loss_from_logits(z, y):
    Z, Y = z.T, y.T
    m = Y.shape[1]
    with np.errstate(over="ignore"):
        cost = np.where(Z > 0, Z * (1 - Y), -Z * Y) + np.log1p(np.exp(-np.abs(Z)))
    return np.squeeze(np.sum(cost, axis=1)) / m


def forward(params, X):
    A0 = X.T
    Z1 = np.dot(params["W1"], A0) + params["b1"][:, np.newaxis]
    A1 = relu(Z1)
    Z2 = np.dot(params["W2"], A1) + params["b2"][:, np.newaxis]
    A2 = sigmoid(Z2)
    cache = {"Z": [Z1, Z2], "A": [A0, A1, A2]}
    cache.update(X=X, z1=Z1.T, a1=A1.T, z2=Z2.T, a2=A2.T)
    return A2.T, cache


def backward(params, cache, y):
    A0, Z1, A1, A2 = cache["X"].T, cache["z1"].T, cache["a1"].T, cache["a2"].T
    m = A0.shape[1]
    dZ2 = A2 - y.T
    dW2 = 1 / m * np.dot(dZ2, A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dA1 = np.dot(params["W2"].T, dZ2)
    dZ1 = dA1.copy()
    dZ1[Z1 < 0] = 0
    dW1 = 1 / m * np.dot(dZ1, A0.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {
        "W1": backwards_in_memory(dW1),
        "b1": db1[:, 0],
        "W2": dW2.astype(">f8"),
        "b2": db2[:, 0],
        "z1": dZ1.T / m,
        "a1": dA1.T / m,
        "z2": dZ2.T / m,
    }


def update(params, grads, learning_rate):
    W1 = params["W1"] - learning_rate * grads["W1"]
    b1 = params["b1"] - learning_rate * grads["b1"]
    W2 = params["W2"] - learning_rate * grads["W2"]
    b2 = params["b2"] - learning_rate * grads["b2"]
    return {"b2": b2, "W2": W2, "b1": b1, "W1": backwards_in_memory(W1)}


def train(params, X, y, learning_rate, epochs):
    costs = np.zeros((epochs, X.shape[0]), dtype=">f8")
    for i in range(epochs):
        for j in range(X.shape[0]):
            A2, cache = forward(params, X[j : j + 1])
            costs[i, j] = loss(A2, y[j : j + 1])
            grads = backward(params, cache, y[j : j + 1])
            params = update(params, grads, learning_rate)
    return params, costs.mean(axis=1)
