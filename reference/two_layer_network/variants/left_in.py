"""Everything that gets left in: plots, prints, checks, seeds, warnings, settings, a demo, input().

Breaks: "a submission does nothing on import, and imports nothing but NumPy".
"""

import os
import sys
import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
from grader.selfcheck import check
from IPython.display import display

np.random.seed(42)
np.seterr(all="raise")
np.set_printoptions(precision=2, suppress=True)
warnings.warn("I was here", stacklevel=1)
started = time.time()
print("Python", sys.version, "in", os.getcwd())
help(np.maximum)


def relu(z):
    print("relu", np.shape(z))
    return np.maximum(z, 0)


def relu_derivative(z):
    return (np.asarray(z) >= 0).astype(float)


def sigmoid(z):
    # with np.seterr(all="raise") even an underflow is an exception: stop at 700
    small = np.exp(-np.minimum(np.abs(z), 700))
    return np.where(np.asarray(z) >= 0, 1, small) / (1 + small)


def sigmoid_derivative(z):
    return sigmoid(z) * (1 - sigmoid(z))


def loss(y_hat, y):
    assert y_hat.shape == y.shape, "shapes differ"
    return np.mean(-y * np.log(y_hat) - (1 - y) * np.log(1 - y_hat))


def loss_from_logits(z, y):
    wrong = np.where(y == 1, -z, z)
    return np.mean(np.maximum(wrong, 0) + np.log1p(np.exp(-np.minimum(np.abs(wrong), 700))))


check("two_layer_network")


def forward(params, X):
    z1 = X @ params["W1"].T + params["b1"]
    a1 = relu(z1)
    z2 = a1 @ params["W2"].T + params["b2"]
    a2 = sigmoid(z2)
    cache = {"X": X, "z1": z1, "a1": a1, "z2": z2, "a2": a2, "time": time.time()}
    return a2, cache


def backward(params, cache, y):
    m = y.shape[0]
    dz2 = (cache["a2"] - y) / m
    dW2 = dz2.T @ cache["a1"]
    db2 = np.sum(dz2, axis=0)
    da1 = dz2 @ params["W2"]
    # dz1 = da1
    dz1 = da1 * relu_derivative(cache["z1"])
    dW1 = dz1.T @ cache["X"]
    db1 = np.sum(dz1, axis=0)
    print("dW1", dW1, file=sys.stderr)
    return {"z2": dz2, "W2": dW2, "b2": db2, "a1": da1, "z1": dz1, "W1": dW1, "b1": db1}


def update(params, grads, learning_rate):
    return {key: params[key] - learning_rate * grads[key] for key in params}


def train(params, X, y, learning_rate, epochs):
    losses = []
    for epoch in range(epochs):
        total = 0
        for i in range(len(X)):
            y_hat, cache = forward(params, X[i : i + 1])
            total += loss(y_hat, y[i : i + 1])
            params = update(params, backward(params, cache, y[i : i + 1]), learning_rate)
        losses.append(total / len(X))
        print(f"epoch {epoch}: {losses[-1]:.4f}", end="\r", flush=True)
    return params, np.array(losses)


# my own experiment
rng = np.random.RandomState(0)
X_demo = rng.randn(8, 2)
y_demo = (X_demo[:, :1] * X_demo[:, 1:] > 0).astype(float)
start = {"W1": rng.randn(4, 2), "b1": np.zeros(4), "W2": rng.randn(1, 4), "b2": np.zeros(1)}
trained, history = train(start, X_demo, y_demo, 0.1, 20)

fig, ax = plt.subplots()
ax.plot(history, label="loss")
ax.set_xlabel("epoch")
ax.legend()
plt.title("Training")
plt.show()
display(fig)
display(trained)
assert history[-1] < history[0]
print("took", time.time() - started, "s")

if __name__ == "__main__":
    name = input("Your name? ")
    print("Hello", name)
