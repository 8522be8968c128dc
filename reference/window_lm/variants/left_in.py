"""The textbook answer with everything that a submission may bring left in.

Breaks the assumption that a submission is only functions: a plot, a self-check, output, warnings,
a seed, strict floating-point errors set on import, questions under __main__, cells of a notebook.
"""

import logging
import random
import sys
import warnings

import matplotlib.pyplot as plt
import numpy as np
from grader.selfcheck import check
from IPython.display import display

np.random.seed(1234)
random.seed(1234)
np.seterr(over="raise", divide="raise", invalid="raise")
np.set_printoptions(precision=2, suppress=True)
warnings.simplefilter("always")
logging.basicConfig(level=logging.DEBUG)
sys.setrecursionlimit(5000)
log = logging.getLogger(__name__)


# In[1]:
def make_windows(tokens, n):
    print("windows of", n)
    T = len(tokens)
    contexts = np.zeros((max(T - n + 1, 0), n - 1), dtype=np.int64)
    targets = np.zeros(max(T - n + 1, 0), dtype=np.int64)
    for t in range(n - 1, T):
        contexts[t - n + 1] = tokens[t - n + 1 : t]
        targets[t - n + 1] = tokens[t]
    return contexts, targets


def softmax(logits):
    warnings.warn("softmax called", stacklevel=2)
    shifted = logits - logits.max(axis=1, keepdims=True)
    exps = np.exp(shifted)
    return exps / exps.sum(axis=1, keepdims=True)


def cross_entropy(logits, targets):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(shifted)), targets])


# In[2]:
def forward(params, contexts):
    m = contexts.shape[0]
    e = params["E"][contexts].reshape(m, -1)
    z1 = e.dot(params["W1"].T) + params["b1"]
    a1 = np.tanh(z1)
    z2 = a1.dot(params["W2"].T) + params["b2"]
    y_hat = softmax(z2)
    log.debug("forward %s", y_hat.shape)
    cache = {"contexts": contexts, "e": e, "z1": z1, "a1": a1, "z2": z2, "log": log, "plt": plt}
    return y_hat, cache


def backward(params, cache, targets):
    m = len(targets)
    delta2 = softmax(cache["z2"]).copy()
    delta2[range(m), targets] -= 1.0
    delta2 = delta2 / m
    grads = {"W2": delta2.T.dot(cache["a1"]), "b2": delta2.sum(axis=0)}
    delta1 = delta2.dot(params["W2"]) * (1.0 - cache["a1"] ** 2)
    grads["W1"] = delta1.T.dot(cache["e"])
    grads["b1"] = delta1.sum(axis=0)
    de = delta1.dot(params["W1"])
    d = params["E"].shape[1]
    grads["E"] = np.zeros_like(params["E"])
    for i in range(m):
        for j, word in enumerate(cache["contexts"][i]):
            grads["E"][word] += de[i, j * d : (j + 1) * d]
    assert all(grads[key].shape == params[key].shape for key in params)
    return grads


# In[3]:
def perplexity(params, tokens, n):
    contexts, targets = make_windows(tokens, n)
    print("perplexity", file=sys.stderr)
    return np.exp(cross_entropy(forward(params, contexts)[1]["z2"], targets))


def train(params, tokens, n, learning_rate, epochs, batch_size):
    import copy

    params = copy.deepcopy(params)
    contexts, targets = make_windows(tokens, n)
    losses = []
    for epoch in range(epochs):
        epoch_loss = 0.0
        for start in range(0, len(targets), batch_size):
            X, y = contexts[start : start + batch_size], targets[start : start + batch_size]
            _, cache = forward(params, X)
            epoch_loss += cross_entropy(cache["z2"], y) * len(y)
            grads = backward(params, cache, y)
            for key in params:
                params[key] -= learning_rate * grads[key]
        losses.append(epoch_loss / len(targets))
        print(f"epoch {epoch}: {losses[-1]:.4f}")
    return params, np.array(losses)


def generate(params, context, length):
    context = [int(c) for c in context]
    result = []
    for _ in range(length):
        p, _ = forward(params, np.array([context]))
        w = int(np.argmax(p[0]))
        result.append(w)
        context = context[1:] + [w]
    return result


# In[4]:
rng = np.random.default_rng(0)
toy = {
    "E": rng.normal(size=(5, 2)),
    "W1": rng.normal(size=(4, 4)),
    "b1": np.zeros(4),
    "W2": rng.normal(size=(5, 4)),
    "b2": np.zeros(5),
}
_, toy_losses = train(toy, np.array([0, 1, 2, 3, 4] * 4), 3, 0.5, 20, 4)
fig, ax = plt.subplots(figsize=(4, 3))
ax.plot(toy_losses, label="loss")
ax.legend()
plt.show()
display(fig)
check("window_lm")

if __name__ == "__main__":
    name = input("Your name? ")
    print("Goodbye,", name)
