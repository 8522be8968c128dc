"""Plain Python: lists, loops and math, no array code at all.

Breaks the assumption that answers are NumPy arrays: here they are lists, nested lists and ints
(arrays only where a dimension is 0, which a list cannot say), and that a right answer is fast.
"""

import math

import numpy as np


def make_windows(tokens, n):
    contexts, targets = [], []
    for start in range(len(tokens) - n + 1):
        contexts.append([int(word) for word in tokens[start : start + n - 1]])
        targets.append(int(tokens[start + n - 1]))
    if not targets:
        return np.zeros((0, n - 1), dtype=int), np.zeros(0, dtype=int)
    return contexts, targets


def softmax_row(row):
    top = max(row)
    powers = [math.exp(z - top) for z in row]
    total = math.fsum(powers)
    return [power / total for power in powers]


def softmax(logits):
    return [softmax_row([float(z) for z in row]) for row in logits]


def cross_entropy(logits, targets):
    losses = []
    for row, target in zip(logits, targets):
        row = [float(z) for z in row]
        top = max(row)
        losses.append(math.log(sum(math.exp(z - top) for z in row)) + top - row[int(target)])
    return sum(losses) / len(losses)


def layer(W, b, vector):
    return [sum(w * v for w, v in zip(row, vector)) + bias for row, bias in zip(W, b)]


def as_lists(params):
    return {key: value.tolist() for key, value in params.items()}


def forward_lists(p, contexts):
    cache = {"contexts": contexts, "e": [], "z1": [], "a1": [], "z2": []}
    for context in contexts:
        e = []
        for word in context:
            e.extend(p["E"][word])
        z1 = layer(p["W1"], p["b1"], e)
        a1 = [math.tanh(z) for z in z1]
        z2 = layer(p["W2"], p["b2"], a1)
        for key, value in (("e", e), ("z1", z1), ("a1", a1), ("z2", z2)):
            cache[key].append(value)
    return [softmax_row(z2) for z2 in cache["z2"]], cache


def forward(params, contexts):
    return forward_lists(as_lists(params), [[int(w) for w in c] for c in contexts])


def zeros_like(value):
    if isinstance(value, list):
        return [zeros_like(item) for item in value]
    return 0.0


def backward_lists(p, cache, targets):
    grads = {key: zeros_like(value) for key, value in p.items()}
    m = len(targets)
    V, n_h, d = len(p["W2"]), len(p["W1"]), len(p["E"][0])
    for i in range(m):
        context, e, a1 = cache["contexts"][i], cache["e"][i], cache["a1"][i]
        dz2 = softmax_row([float(z) for z in cache["z2"][i]])
        dz2[int(targets[i])] -= 1.0
        dz2 = [slope / m for slope in dz2]
        for k in range(V):
            grads["b2"][k] += dz2[k]
            for h in range(n_h):
                grads["W2"][k][h] += dz2[k] * a1[h]
        de = [0.0] * len(e)
        for h in range(n_h):
            da1 = 0.0
            for k in range(V):
                da1 += dz2[k] * p["W2"][k][h]
            dz1 = da1 * (1 - a1[h] ** 2)
            grads["b1"][h] += dz1
            for j in range(len(e)):
                grads["W1"][h][j] += dz1 * e[j]
                de[j] += dz1 * p["W1"][h][j]
        for slot, word in enumerate(context):
            for j in range(d):
                grads["E"][int(word)][j] += de[slot * d + j]
    return grads


def backward(params, cache, targets):
    cache = {key: np.asarray(cache[key]).tolist() for key in ("contexts", "e", "a1", "z2")}
    return backward_lists(as_lists(params), cache, [int(target) for target in targets])


def perplexity(params, tokens, n):
    contexts, targets = make_windows(tokens, n)
    _, cache = forward_lists(as_lists(params), contexts)
    return math.exp(cross_entropy(cache["z2"], targets))


def moved(value, gradient, rate):
    if isinstance(value, list):
        return [moved(v, g, rate) for v, g in zip(value, gradient)]
    return value - rate * gradient


def train(params, tokens, n, learning_rate, epochs, batch_size):
    p = as_lists(params)
    contexts, targets = make_windows(tokens, n)
    losses = []
    for _ in range(epochs):
        total = 0.0
        start = 0
        while start < len(targets):
            stop = start + batch_size
            some, answers = contexts[start:stop], targets[start:stop]
            _, cache = forward_lists(p, some)
            total += len(answers) * cross_entropy(cache["z2"], answers)
            grads = backward_lists(p, cache, answers)
            p = {key: moved(p[key], grads[key], learning_rate) for key in p}
            start = stop
        losses.append(total / len(targets))
    return p, losses


def generate(params, context, length):
    p = as_lists(params)
    window = [int(word) for word in context]
    said = []
    while len(said) < length:
        row = forward_lists(p, [window])[0][0]
        best = 0
        for k, probability in enumerate(row):
            if probability > row[best]:
                best = k
        said.append(best)
        window = [*window[1:], best]
    return said
