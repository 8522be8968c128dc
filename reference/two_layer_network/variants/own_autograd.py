"""A small automatic differentiation of its own: no gradient of the network is written down.

Breaks: "backward is a list of formulas", and "backward reads every array of the cache".
"""

import numpy as np


class Node:
    """An array, where it came from, and how to pass blame on to there."""

    def __init__(self, value, parents=()):
        self.value = np.asarray(value, dtype=float)
        self.parents = parents
        self.grad = np.zeros_like(self.value)

    def __matmul__(self, other):
        return Node(
            self.value @ other.value,
            (
                (self, lambda up: up @ other.value.T),
                (other, lambda up: self.value.T @ up),
            ),
        )

    def __add__(self, bias):
        both = ((self, lambda up: up), (bias, lambda up: up.sum(axis=0)))
        return Node(self.value + bias.value, both)

    @property
    def T(self):
        return Node(self.value.T, ((self, lambda up: up.T),))

    def relu(self):
        return Node(relu(self.value), ((self, lambda up: up * relu_derivative(self.value)),))

    def cross_entropy(self, y):
        slope = (sigmoid(self.value) - y) / len(y)
        return Node(loss_from_logits(self.value, y), ((self, lambda up: up * slope),))

    def backpropagate(self):
        order, seen = [], set()

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for parent, _ in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = np.ones_like(self.value)
        for node in reversed(order):
            for parent, pass_on in node.parents:
                parent.grad = parent.grad + pass_on(node.grad)


def relu(z):
    return np.maximum(0, z)


def relu_derivative(z):
    return 1.0 - (np.asarray(z) < 0)


def sigmoid(z):
    z = np.asarray(z)
    small = np.exp(np.minimum(z, -z))
    return np.where(z < 0, small, 1) / (1 + small)


def sigmoid_derivative(z):
    small = np.exp(-np.abs(z))
    return small / (1 + small) ** 2


def loss(y_hat, y):
    return float((-np.log(np.where(y == 1, y_hat, 1 - y_hat))).mean())


def loss_from_logits(z, y):
    return float(np.logaddexp(0, np.where(y == 1, -1, 1) * z).mean())


def build(params, X):
    nodes = {key: Node(value) for key, value in params.items()}
    nodes["X"] = Node(X)
    nodes["z1"] = nodes["X"] @ nodes["W1"].T + nodes["b1"]
    nodes["a1"] = nodes["z1"].relu()
    nodes["z2"] = nodes["a1"] @ nodes["W2"].T + nodes["b2"]
    return nodes


def forward(params, X):
    cache = {key: build(params, X)[key].value for key in ("X", "z1", "a1", "z2")}
    cache["a2"] = sigmoid(cache["z2"])
    return cache["a2"], cache


def backward(params, cache, y):
    nodes = build(params, cache["X"])
    nodes["z2"].cross_entropy(y).backpropagate()
    return {key: nodes[key].grad for key in ("z2", "W2", "b2", "a1", "z1", "W1", "b1")}


def update(params, grads, learning_rate):
    return {key: value - learning_rate * grads[key] for key, value in params.items()}


def train(params, X, y, learning_rate, epochs):
    losses = np.zeros(epochs)
    for k in range(epochs):
        for x, t in zip(X, y):
            nodes = build(params, x.reshape(1, -1))
            L = nodes["z2"].cross_entropy(t.reshape(1, 1))
            L.backpropagate()
            losses[k] += L.value / len(X)
            params = update(params, {key: nodes[key].grad for key in params}, learning_rate)
    return params, losses
