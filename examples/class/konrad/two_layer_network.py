import numpy as np


EXAMPLE_PARAMS = {
    "W1": np.array([[1.0, 0.5], [-1.0, 0.25]]),
    "b1": np.array([0.0, 0.0]),
    "W2": np.array([[0.5, 1.0]]),
    "b2": np.array([-1.0]),
}
EXAMPLE_X = np.array([[1.0, 2.0]])
EXAMPLE_Y = np.array([[1.0]])


def relu(z):
    return np.maximum(z, 0.0)


def relu_derivative(z):
    return np.where(z >= 0, 1.0, 0.0)


def sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


def sigmoid_derivative(z):
    return sigmoid(z) * sigmoid(-z)


def loss(y_hat, y):
    return float(-np.mean(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat)))


def loss_from_logits(z, y):
    wrongness = np.where(y == 1, -z, z)
    return float(np.mean(np.logaddexp(0.0, wrongness)))


def forward(params, X):
    z1 = X @ params["W1"].T + params["b1"]
    a1 = relu(z1)
    z2 = a1 @ params["W2"].T + params["b2"]
    a2 = sigmoid(z2)
    return a2, {"X": X, "z1": z1, "a1": a1, "z2": z2, "a2": a2}


def backward(params, cache, y):
    X, z1, a1, a2 = cache["X"], cache["z1"], cache["a1"], cache["a2"]
    m = len(y)
    dz2 = (a2 - y) / m
    dW2 = dz2.T @ a1
    db2 = dz2.sum(axis=0)
    da1 = dz2 @ params["W2"]
    dz1 = da1 * relu_derivative(z1)
    dW1 = dz1.T @ X
    db1 = dz1.sum(axis=0)
    return {"z2": dz2, "W2": dW2, "b2": db2, "a1": da1, "z1": dz1, "W1": dW1, "b1": db1}


def update(params, grads, learning_rate):
    return {key: params[key] - learning_rate * grads[key] for key in params}


def train(params, X, y, learning_rate, epochs):
    losses = np.zeros(epochs)
    for epoch in range(epochs):
        for x, target in zip(X[:, None], y[:, None], strict=True):
            _, cache = forward(params, x)
            losses[epoch] += loss_from_logits(cache["z2"], target) / len(X)
            params = update(params, backward(params, cache, target), learning_rate)
    return params, losses


def backward(params, cache, y):
    known = {**params, **cache}

    def loss_at(name, value):
        v = {**known, name: value}
        z1 = value if name == "z1" else v["X"] @ v["W1"].T + v["b1"]
        a1 = value if name == "a1" else relu(z1)
        z2 = value if name == "z2" else a1 @ v["W2"].T + v["b2"]
        return loss_from_logits(z2, y)

    h = 1e-5
    grads = {}
    for name in ("z2", "W2", "b2", "a1", "z1", "W1", "b1"):
        grads[name] = np.zeros_like(known[name])
        for place in np.ndindex(known[name].shape):
            nudge = np.zeros_like(known[name])
            nudge[place] = h
            rise = loss_at(name, known[name] + nudge) - loss_at(name, known[name] - nudge)
            grads[name][place] = rise / (2 * h)
    return grads
