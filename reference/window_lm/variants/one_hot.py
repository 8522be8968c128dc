"""Words as one-hot vectors, so that looking up and scattering are matrix products.

Breaks the assumption that `contexts` are used as an index, and that gradients of E are scattered
with np.add.at; the cache carries the one-hot arrays as extra keys, which backward can do without.
"""

import numpy as np


def one_hot(ids, size):
    return (np.asarray(ids)[..., None] == np.arange(size)).astype(float)


def make_windows(tokens, n):
    if len(tokens) < n:
        return np.empty((0, n - 1), dtype=int), np.empty(0, dtype=int)
    windows = np.lib.stride_tricks.sliding_window_view(tokens, n)
    contexts, targets = np.split(windows, [n - 1], axis=1)
    return contexts, targets[:, 0]


def log_softmax(z):
    z = z - np.max(z, axis=-1, keepdims=True)
    return z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True))


def softmax(logits):
    return np.exp(log_softmax(logits))


def cross_entropy(logits, targets):
    y = one_hot(targets, logits.shape[1])
    return -np.sum(y * log_softmax(logits)) / y.shape[0]


def forward(params, contexts):
    V, d = params["E"].shape
    hot = one_hot(contexts, V)
    m, slots, _ = hot.shape
    e = (hot @ params["E"]).reshape(m, slots * d)
    z1 = np.dot(e, params["W1"].T) + params["b1"]
    a1 = np.tanh(z1)
    z2 = np.dot(a1, params["W2"].T) + params["b2"]
    log_p = log_softmax(z2)
    cache = {"contexts": contexts, "e": e, "z1": z1, "a1": a1, "z2": z2}
    return np.exp(log_p), {**cache, "hot": hot, "log_p": log_p}


def backward(params, cache, targets):
    V, d = params["E"].shape
    hot = cache["hot"] if "hot" in cache else one_hot(cache["contexts"], V)
    dz2 = (softmax(cache["z2"]) - one_hot(targets, V)) / len(targets)
    dz1 = np.dot(dz2, params["W2"]) * (1 + cache["a1"]) * (1 - cache["a1"])
    de = np.dot(dz1, params["W1"]).reshape(-1, d)
    ones = np.ones(len(targets))
    return {
        "W2": np.dot(dz2.T, cache["a1"]),
        "b2": ones @ dz2,
        "W1": np.dot(dz1.T, cache["e"]),
        "b1": ones @ dz1,
        "E": hot.reshape(-1, V).T @ de,
    }


def perplexity(params, tokens, n):
    contexts, targets = make_windows(tokens, n)
    probabilities, _ = forward(params, contexts)
    log_p = np.log(np.sum(probabilities * one_hot(targets, len(params["E"])), axis=1))
    return np.exp(-log_p.mean())


def train(params, tokens, n, learning_rate, epochs, batch_size):
    contexts, targets = make_windows(tokens, n)
    where = np.arange(batch_size, len(targets), batch_size)
    batches = list(zip(np.split(contexts, where), np.split(targets, where)))
    sizes = np.array([len(answers) for _, answers in batches])
    losses = np.empty((epochs, len(batches)))
    for k in range(epochs):
        for j, (some, answers) in enumerate(batches):
            _, cache = forward(params, some)
            losses[k, j] = cross_entropy(cache["z2"], answers)
            grads = backward(params, cache, answers)
            params = {key: params[key] - learning_rate * grads[key] for key in params}
    return params, losses @ sizes / sizes.sum()


def generate(params, context, length):
    window = np.array(context)
    out = np.zeros(length, dtype=int)
    for t in range(length):
        probabilities, _ = forward(params, window[np.newaxis])
        out[t] = np.argmax(probabilities, axis=1)[0]
        window = np.concatenate([window[1:], out[t : t + 1]])
    return out
