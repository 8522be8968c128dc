import math


def expression(a, b, c):
    d = 2 * b
    e = a + d
    return c * e


def expression_gradient(a, b, c):
    return [c, c + c, a + b + b]


def forward(params, X):
    z1 = [
        [sum(w * v for w, v in zip(row, x)) + b for row, b in zip(params["W1"], params["b1"])]
        for x in X
    ]
    a1 = [[max(z, 0.0) for z in row] for row in z1]
    z2 = [sum(w * a for w, a in zip(params["W2"][0], row)) + params["b2"][0] for row in a1]
    y_hat = [[1 / (1 + math.exp(-z))] for z in z2]
    return y_hat, {"X": X, "z1": z1, "a1": a1, "y_hat": y_hat}


def loss(params, X, y):
    y_hat, _ = forward(params, X)
    losses = [-math.log(p) if t else -math.log(1 - p) for [p], [t] in zip(y_hat, y)]
    return sum(losses) / len(losses)


def backward(params, cache, y):
    m, n_h, n_x = len(y), len(params["b1"]), len(cache["X"][0])
    grads = {
        "W1": [[0.0] * n_x for _ in range(n_h)],
        "b1": [0.0] * n_h,
        "W2": [[0.0] * n_h],
        "b2": [0.0],
    }
    for i in range(m):
        z2 = (cache["y_hat"][i][0] - y[i][0]) / m
        grads["b2"][0] += z2
        for j in range(n_h):
            grads["W2"][0][j] += z2 * cache["a1"][i][j]
            if cache["z1"][i][j] > 0:
                z1 = z2 * params["W2"][0][j]
                grads["b1"][j] += z1
                for k in range(n_x):
                    grads["W1"][j][k] += z1 * cache["X"][i][k]
    return grads
