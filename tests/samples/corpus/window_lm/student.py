"""A notebook's cells in one file."""

import numpy as np


def make_windows(tokens, n):
    T = len(tokens)
    contexts, targets = [], []
    for t in range(n - 1, T):
        contexts.append(tokens[t - n + 1 : t])
        targets.append(tokens[t])
    return np.array(contexts, dtype=int).reshape(-1, n - 1), np.array(targets, dtype=int)


def softmax(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    exps = np.exp(shifted)
    return exps / exps.sum(axis=1, keepdims=True)


def cross_entropy(logits, targets):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_z = np.log(np.exp(shifted).sum(axis=1))
    rows = np.arange(len(targets))
    return float(np.mean(log_z - shifted[rows, targets]))


def forward(params, contexts):
    m = contexts.shape[0]
    e = params["E"][contexts].reshape(m, -1)
    z1 = e @ params["W1"].T + params["b1"]
    a1 = np.tanh(z1)
    z2 = a1 @ params["W2"].T + params["b2"]
    return softmax(z2), {"contexts": contexts, "e": e, "z1": z1, "a1": a1, "z2": z2}


def backward(params, cache, targets):
    m = len(targets)
    dz2 = softmax(cache["z2"])
    dz2[np.arange(m), targets] -= 1
    dz2 = dz2 / m
    dW2 = dz2.T @ cache["a1"]
    db2 = dz2.sum(axis=0)
    da1 = dz2 @ params["W2"]
    dz1 = da1 * (1 - cache["a1"] ** 2)
    dW1 = dz1.T @ cache["e"]
    db1 = dz1.sum(axis=0)
    de = dz1 @ params["W1"]
    d = params["E"].shape[1]
    dE = np.zeros_like(params["E"])
    contexts = cache["contexts"]
    for i in range(m):
        for j in range(contexts.shape[1]):
            dE[contexts[i, j]] += de[i, j * d : (j + 1) * d]
    return {"E": dE, "W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def perplexity(params, tokens, n):
    contexts, targets = make_windows(tokens, n)
    _, cache = forward(params, contexts)
    return float(np.exp(cross_entropy(cache["z2"], targets)))


def train(params, tokens, n, learning_rate, epochs, batch_size):
    contexts, targets = make_windows(tokens, n)
    N = len(targets)
    p = dict(params)
    losses = np.zeros(epochs)
    for epoch in range(epochs):
        total = 0.0
        for start in range(0, N, batch_size):
            c = contexts[start : start + batch_size]
            t = targets[start : start + batch_size]
            _, cache = forward(p, c)
            total += cross_entropy(cache["z2"], t) * len(t)
            grads = backward(p, cache, t)
            p = {key: p[key] - learning_rate * grads[key] for key in p}
        losses[epoch] = total / N
    return p, losses


def generate(params, context, length):
    window = [int(w) for w in context]
    out = []
    for _ in range(length):
        _, cache = forward(params, np.array([window]))
        word = int(np.argmax(cache["z2"][0]))
        out.append(word)
        window = window[1:] + [word]
    return out
