"""float32 inside the network, as on a graphics card; only the loss is computed in float64.

Breaks the assumption that answers agree to the last digits: they agree to about six. The answers
are float32 arrays and scalars.
"""

import numpy as np

F = np.float32


def single(params):
    return {key: np.asarray(value, dtype=F) for key, value in params.items()}


def make_windows(tokens, n):
    rows = max(len(tokens) + 1 - n, 0)
    grid = np.add.outer(np.arange(rows), np.arange(n))
    windows = np.take(tokens, grid) if rows else np.zeros((0, n), dtype=tokens.dtype)
    return windows[:, : n - 1].astype(np.int32), windows[:, n - 1].astype(np.int16)


def softmax(logits):
    z = np.asarray(logits, dtype=F)
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return p


def cross_entropy(logits, targets):
    z = np.asarray(logits, dtype=np.float64)
    z = z - z.max(axis=1, keepdims=True)
    return (np.log(np.exp(z).sum(axis=1)) - z[range(len(z)), targets]).mean()


def network(p, contexts):
    e = p["E"][contexts].reshape(contexts.shape[0], p["W1"].shape[1])
    z1 = e @ p["W1"].T + p["b1"]
    a1 = np.tanh(z1)
    return {"contexts": contexts, "e": e, "z1": z1, "a1": a1, "z2": a1 @ p["W2"].T + p["b2"]}


def forward(params, contexts):
    cache = network(single(params), contexts)
    return softmax(cache["z2"]), cache


def backward(params, cache, targets):
    p = single(params)
    e, a1, z2 = (np.asarray(cache[key], dtype=F) for key in ("e", "a1", "z2"))
    dz2 = softmax(z2)
    dz2[range(len(dz2)), targets] -= F(1)
    dz2 *= F(1 / len(dz2))
    dz1 = (F(1) - a1 * a1) * (dz2 @ p["W2"])
    dE = np.zeros_like(p["E"])
    np.add.at(dE, cache["contexts"].ravel(), (dz1 @ p["W1"]).reshape(-1, dE.shape[1]))
    return {"E": dE, "W1": dz1.T @ e, "b1": dz1.sum(0), "W2": dz2.T @ a1, "b2": dz2.sum(0)}


def perplexity(params, tokens, n):
    contexts, targets = make_windows(tokens, n)
    return F(np.exp(cross_entropy(network(single(params), contexts)["z2"], targets)))


def train(params, tokens, n, learning_rate, epochs, batch_size):
    p = single(params)
    contexts, targets = make_windows(tokens, n)
    losses = np.zeros(epochs, dtype=F)
    for k in range(epochs):
        weighted = []
        for i in range(0, len(targets), batch_size):
            j = min(i + batch_size, len(targets))
            cache = network(p, contexts[i:j])
            weighted.append((j - i) * cross_entropy(cache["z2"], targets[i:j]))
            g = backward(p, cache, targets[i:j])
            p = {key: p[key] - F(learning_rate) * g[key] for key in p}
        losses[k] = sum(weighted) / len(targets)
    return p, losses


def generate(params, context, length):
    p, words = single(params), np.zeros(len(context) + length, dtype=np.int64)
    words[: len(context)] = context
    for t in range(length):
        z2 = network(p, words[None, t : t + len(context)])["z2"]
        words[len(context) + t] = z2.argmax()
    return words[len(context) :]
