"""Layers and a network as classes, with the asked functions as thin wrappers around them.

Breaks: "the functions hold the code", and "forward and backward share nothing but the cache".
"""

import numpy as np


class ReLU:
    def forward(self, z):
        self.on = ~(z < 0)
        return z * self.on

    def slope(self):
        return self.on.astype(np.float64)

    def backward(self, upstream):
        return upstream * self.slope()


class Sigmoid:
    def forward(self, z):
        self.out = 0.5 + 0.5 * np.tanh(0.5 * z)
        return self.out

    def slope(self):
        return self.out * (1 - self.out)


class Linear:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x.dot(self.W.T) + self.b

    def backward(self, upstream):
        self.dW = upstream.T.dot(self.x)
        self.db = upstream.sum(0)
        return upstream.dot(self.W)

    def step(self, learning_rate):
        self.W = self.W - learning_rate * self.dW
        self.b = self.b - learning_rate * self.db


class BinaryCrossEntropy:
    @staticmethod
    def of_probabilities(y_hat, y):
        return np.where(y == 1, -np.log(y_hat), -np.log1p(-y_hat)).mean()

    @staticmethod
    def of_logits(z, y):
        return (np.maximum(z, 0) - z * y + np.log1p(np.exp(-abs(z)))).mean()


class Network:
    def __init__(self, params):
        self.lower = Linear(params["W1"], params["b1"])
        self.relu = ReLU()
        self.upper = Linear(params["W2"], params["b2"])
        self.sigmoid = Sigmoid()

    def forward(self, X):
        self.z1 = self.lower.forward(X)
        self.a1 = self.relu.forward(self.z1)
        self.z2 = self.upper.forward(self.a1)
        self.a2 = self.sigmoid.forward(self.z2)
        return self.a2

    def backward(self, y):
        dz2 = (self.a2 - y) / len(y)
        da1 = self.upper.backward(dz2)
        dz1 = self.relu.backward(da1)
        self.lower.backward(dz1)
        return {"z2": dz2, "a1": da1, "z1": dz1} | {
            "W1": self.lower.dW,
            "b1": self.lower.db,
            "W2": self.upper.dW,
            "b2": self.upper.db,
        }

    def step(self, learning_rate):
        self.lower.step(learning_rate)
        self.upper.step(learning_rate)

    @property
    def params(self):
        return {"W1": self.lower.W, "b1": self.lower.b, "W2": self.upper.W, "b2": self.upper.b}


def relu(z):
    return ReLU().forward(z)


def relu_derivative(z):
    layer = ReLU()
    layer.forward(z)
    return layer.slope()


def sigmoid(z):
    return Sigmoid().forward(z)


def sigmoid_derivative(z):
    layer = Sigmoid()
    layer.forward(z)
    return layer.slope()


loss = BinaryCrossEntropy.of_probabilities
loss_from_logits = BinaryCrossEntropy.of_logits


def forward(params, X):
    net = Network(params)
    y_hat = net.forward(X)
    return y_hat, {"X": X, "z1": net.z1, "a1": net.a1, "z2": net.z2, "a2": net.a2}


def backward(params, cache, y):
    net = Network(params)
    net.forward(cache["X"])
    return net.backward(y)


def update(params, grads, learning_rate):
    net = Network(params)
    net.lower.dW, net.lower.db = grads["W1"], grads["b1"]
    net.upper.dW, net.upper.db = grads["W2"], grads["b2"]
    net.step(learning_rate)
    return net.params


def train(params, X, y, learning_rate, epochs):
    net = Network(params)
    losses = np.zeros(epochs)
    for epoch in range(epochs):
        seen = []
        for i in range(X.shape[0]):
            y_hat = net.forward(X[[i]])
            seen.append(loss(y_hat, y[[i]]))
            net.backward(y[[i]])
            net.step(learning_rate)
        losses[epoch] = np.mean(seen)
    return net.params, losses
