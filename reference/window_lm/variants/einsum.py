"""Every product an einsum, W1 seen as one matrix per slot.

Breaks the assumption that intermediate arrays have the deck's layout inside: slots stay an axis of
their own. Answers are non-contiguous, read-only views; the losses come as a plain list.
"""

import numpy as np


def make_windows(tokens, n):
    count = max(0, len(tokens) - n + 1)
    slots = [tokens[k : k + count] for k in range(n)]
    return np.stack(slots[:-1]).T, slots[-1]


def softmax(logits):
    z = logits - np.amax(logits, axis=1)[:, None]
    return np.einsum("ij,i->ij", np.exp(z), 1 / np.einsum("ij->i", np.exp(z)))


def cross_entropy(logits, targets):
    m = len(targets)
    top = logits.max(1)
    log_sums = top + np.log(np.einsum("ij->i", np.exp(logits - top[:, None])))
    return np.einsum("i->", log_sums - np.take_along_axis(logits, targets[:, None], 1)[:, 0]) / m


def per_slot(W1, d):
    return W1.reshape(len(W1), -1, d)


def forward(params, contexts):
    E, W1, b1, W2, b2 = (params[key] for key in ("E", "W1", "b1", "W2", "b2"))
    blocks = E[contexts]
    z1 = np.einsum("hsd,msd->mh", per_slot(W1, E.shape[1]), blocks) + b1
    a1 = np.tanh(z1)
    z2 = np.einsum("vh,mh->mv", W2, a1) + b2
    y_hat = np.asfortranarray(softmax(z2))
    y_hat.flags.writeable = False
    m, s, d = blocks.shape
    e = blocks.reshape(m, s * d)
    return y_hat, {"contexts": contexts, "e": e, "z1": z1, "a1": a1, "z2": z2}


def backward(params, cache, targets):
    E, W1, W2 = params["E"], params["W1"], params["W2"]
    d = E.shape[1]
    contexts, a1 = cache["contexts"], cache["a1"]
    m, s = contexts.shape
    y = np.eye(len(E))[targets]
    dz2 = np.einsum("mv,->mv", softmax(cache["z2"]) - y, 1 / m)
    dz1 = np.einsum("mv,vh,mh->mh", dz2, W2, 1 - np.square(a1))
    blocks = np.einsum("mh,hsd->msd", dz1, per_slot(W1, d))
    dW1 = np.einsum("mh,msd->hsd", dz1, cache["e"].reshape(m, s, d))
    dE = np.stack([np.einsum("ms,msd->d", contexts == word, blocks) for word in range(len(E))])
    return {
        "E": dE,
        "W1": dW1.reshape(W1.shape),
        "b1": np.einsum("mh->h", dz1),
        "W2": np.einsum("mv,mh->hv", dz2, a1).T,
        "b2": np.einsum("mv->v", dz2),
    }


def perplexity(params, tokens, n):
    contexts, targets = make_windows(tokens, n)
    p = forward(params, contexts)[0][np.arange(len(targets)), targets]
    return np.prod(p ** (-1 / len(p)))


def train(params, tokens, n, learning_rate, epochs, batch_size):
    contexts, targets = make_windows(tokens, n)
    losses = []
    for _ in range(epochs):
        each = []
        for k in range(-(-len(targets) // batch_size)):
            rows = np.s_[k * batch_size : (k + 1) * batch_size]
            p, cache = forward(params, contexts[rows])
            each.extend(-np.log(p[np.arange(len(p)), targets[rows]]))
            slopes = backward(params, cache, targets[rows])
            params = {key: params[key] - learning_rate * slopes[key] for key in params}
        losses.append(np.mean(each))
    return params, losses


def generate(params, context, length):
    text = list(context)
    first = len(text)
    for t in range(length):
        z2 = forward(params, np.array(text[t:])[None])[1]["z2"]
        text.append(np.argmax(z2))
    return text[first:]
