"""Plain Python: loops over lists and the math module, no arrays anywhere.

Breaks: "every answer is a NumPy array", and "every value in the cache has a .shape".
"""

import math


def as_list(a):
    return a.tolist() if hasattr(a, "tolist") else a


def apply(f, z):
    """f on every number in a nested list, however deep."""
    z = as_list(z)
    if isinstance(z, list):
        return [apply(f, part) for part in z]
    return f(z)


def relu(z):
    return apply(lambda v: v if v > 0 else 0.0, z)


def relu_derivative(z):
    return apply(lambda v: 0 if v < 0 else 1, z)


def one_sigmoid(v):
    if v >= 0:
        return 1 / (1 + math.exp(-v))
    return math.exp(v) / (1 + math.exp(v))


def sigmoid(z):
    return apply(one_sigmoid, z)


def sigmoid_derivative(z):
    return apply(lambda v: one_sigmoid(v) * (1 - one_sigmoid(v)), z)


def loss(y_hat, y):
    total = 0.0
    for (p,), (t,) in zip(as_list(y_hat), as_list(y)):
        if t == 1:
            total -= math.log(p)
        else:
            total -= math.log(1 - p)
    return total / len(y)


def loss_from_logits(z, y):
    total = 0.0
    for (v,), (t,) in zip(as_list(z), as_list(y)):
        if t == 1:
            v = -v
        if v > 0:
            total += v + math.log1p(math.exp(-v))
        else:
            total += math.log1p(math.exp(v))
    return total / len(y)


def layer(W, b, rows):
    result = []
    for row in rows:
        z = []
        for weights, bias in zip(W, b):
            s = bias
            for w, x in zip(weights, row):
                s += w * x
            z.append(s)
        result.append(z)
    return result


def forward(params, X):
    X = as_list(X)
    z1 = layer(as_list(params["W1"]), as_list(params["b1"]), X)
    a1 = relu(z1)
    z2 = layer(as_list(params["W2"]), as_list(params["b2"]), a1)
    a2 = sigmoid(z2)
    return a2, {"X": X, "z1": z1, "a1": a1, "z2": z2, "a2": a2}


def backward(params, cache, y):
    X, z1, a1, a2 = (as_list(cache[k]) for k in ("X", "z1", "a1", "a2"))
    y = as_list(y)
    w2 = as_list(params["W2"])[0]
    m, n_h, n_x = len(X), len(w2), len(X[0])
    dz2 = []
    da1 = []
    dz1 = []
    dW2 = [[0.0] * n_h]
    db2 = [0.0]
    dW1 = [[0.0] * n_x for _ in range(n_h)]
    db1 = [0.0] * n_h
    for i in range(m):
        d = (a2[i][0] - y[i][0]) / m
        dz2.append([d])
        db2[0] += d
        da1.append([])
        dz1.append([])
        for j in range(n_h):
            dW2[0][j] += d * a1[i][j]
            da = d * w2[j]
            dz = da if z1[i][j] >= 0 else 0.0
            da1[i].append(da)
            dz1[i].append(dz)
            db1[j] += dz
            row = dW1[j]
            for k in range(n_x):
                row[k] += dz * X[i][k]
    return {"z2": dz2, "W2": dW2, "b2": db2, "a1": da1, "z1": dz1, "W1": dW1, "b1": db1}


def step(p, g, learning_rate):
    if isinstance(p, list):
        return [step(pp, gg, learning_rate) for pp, gg in zip(p, g)]
    return p - learning_rate * g


def update(params, grads, learning_rate):
    new = {}
    for key in params:
        new[key] = step(as_list(params[key]), as_list(grads[key]), learning_rate)
    return new


def train(params, X, y, learning_rate, epochs):
    X, y = as_list(X), as_list(y)
    losses = []
    for _ in range(epochs):
        total = 0.0
        for i in range(len(X)):
            y_hat, cache = forward(params, [X[i]])
            total += loss(y_hat, [y[i]])
            grads = backward(params, cache, [y[i]])
            params = update(params, grads, learning_rate)
        losses.append(total / len(X))
    return params, losses
