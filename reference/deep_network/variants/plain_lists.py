"""Plain Python: nested lists and the math module, no arrays at all.

A grader that calls .shape on a result, or that is impatient with loops, fails this.
"""

import math


def sigma(z):
    if z >= 0:
        return 1.0 / (1.0 + math.exp(-z))
    e = math.exp(z)
    return e / (1.0 + e)


def activate(z, activation):
    if activation == "sigmoid":
        return sigma(z)
    if activation == "tanh":
        return math.tanh(z)
    return z if z > 0 else 0.0


def slope(z, activation):
    if activation == "sigmoid":
        return sigma(z) * sigma(-z)
    if activation == "tanh":
        return (1 - math.tanh(z)) * (1 + math.tanh(z))
    return 1.0 if z >= 0 else 0.0


def forward(params, X, activation):
    depth = len(params) // 2
    cache = []
    y_hat = []
    for x in X:
        a = [float(number) for number in x]
        inputs, sums = [], []
        for k in range(1, depth + 1):
            inputs.append(a)
            z = []
            for row, b in zip(params["W" + str(k)], params["b" + str(k)]):
                total = float(b)
                for w, v in zip(row, a):
                    total += float(w) * v
                z.append(total)
            sums.append(z)
            a = [sigma(v) if k == depth else activate(v, activation) for v in z]
        cache.append((inputs, sums, a))
        y_hat.append(a)
    return y_hat, cache


def backward(params, cache, y, activation):
    depth = len(params) // 2
    weights = {name: value.tolist() for name, value in params.items()}
    grads = {}
    for k in range(1, depth + 1):
        grads["W" + str(k)] = [[0.0] * len(row) for row in weights["W" + str(k)]]
        grads["b" + str(k)] = [0.0] * len(weights["b" + str(k)])
    m = len(cache)
    for (inputs, sums, out), label in zip(cache, y):
        dz = [(out[0] - float(label[0])) / m]
        for k in range(depth, 0, -1):
            W = weights["W" + str(k)]
            below = inputs[k - 1]
            for i in range(len(dz)):
                grads["b" + str(k)][i] += dz[i]
                for j in range(len(below)):
                    grads["W" + str(k)][i][j] += dz[i] * below[j]
            if k > 1:
                z = sums[k - 2]
                dz = [
                    sum(dz[i] * W[i][j] for i in range(len(dz))) * slope(z[j], activation)
                    for j in range(len(below))
                ]
    return grads


def gradient_norms(params, X, y, activation):
    _, cache = forward(params, X, activation)
    grads = backward(params, cache, y, activation)
    norms = []
    for k in range(1, len(params) // 2 + 1):
        norms.append(math.sqrt(sum(d * d for row in grads["W" + str(k)] for d in row)))
    return norms


def rescale(params):
    new = {}
    for k in range(1, len(params) // 2 + 1):
        W = params["W" + str(k)].tolist()
        entries = [w for row in W for w in row]
        mean = sum(entries) / len(entries)
        variance = sum((w - mean) ** 2 for w in entries) / len(entries)
        factor = math.sqrt(2 / len(W[0]) / variance)
        new["W" + str(k)] = [[w * factor for w in row] for row in W]
        new["b" + str(k)] = [0 for b in params["b" + str(k)]]
    return new
