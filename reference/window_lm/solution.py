r"""A neural language model that looks through a window

Exercise 6 counted; this one learns. The simple feed-forward language model predicts the next word
from the $N-1$ words before it, and from nothing else:

$$P(w_t \mid w_1, \dots, w_{t-1}) \approx P(w_t \mid w_{t-N+1}, \dots, w_{t-1})$$

Each word has an embedding, a row of $E$. The embeddings of the context stand end to end in $e$,
the oldest word first, and a two-layer network does the rest:

$$e = [E_{w_{t-N+1}}; \dots; E_{w_{t-1}}] \qquad z^{[1]} = W^{[1]} e + b^{[1]} \qquad
a^{[1]} = \tanh z^{[1]} \qquad z^{[2]} = W^{[2]} a^{[1]} + b^{[2]} \qquad
\hat y = \mathrm{softmax}(z^{[2]})$$

You write all of it: cutting a text into windows, the softmax and its loss, forward, backward,
training, and the model that goes on talking by itself.

Throughout, the first axis counts examples and words are integers $0 \dots V-1$. `params` is a dict
of float64 arrays; `n` is the deck's $N$ and is at least 2:

| key | shape | |
|---|---|---|
| `E` | `(V, d)` | one embedding per word |
| `W1`, `b1` | `(n_h, (n-1) d)`, `(n_h,)` | the hidden layer |
| `W2`, `b2` | `(V, n_h)`, `(V,)` | one logit per word |

Never change an array you were given, and keep nothing between calls.
"""

# %%
import numpy as np

# %% [markdown]
# ## Windows
#
# A text of $T$ words holds $T - n + 1$ windows of $n$ words, each one step further than the last.
# The first $n - 1$ words of a window are the context, the last one is the target:
#
# $$\underbrace{w_{t-n+1} \dots w_{t-1}}_{\text{context}} \; \underbrace{w_t}_{\text{target}}$$
#
# With $n = 3$ the text `4 7 2 5` gives two windows: `4 7` is followed by `2`, and `7 2` by `5`.


# %%
def make_windows(tokens, n):
    """Cut a text into contexts and the words that follow them.

    tokens: integers (T,); n: words in a window, at least 2.

    Returns (contexts (T-n+1, n-1), targets (T-n+1,)), integers, in the order of the text, the
    oldest word of a context first. A text shorter than n has no windows: the shapes are then
    (0, n-1) and (0,).

    >>> contexts, targets = make_windows(np.array([4, 7, 2, 5]), 3)
    >>> contexts.tolist(), targets.tolist()
    ([[4, 7], [7, 2]], [2, 5])
    """
    # BEGIN SOLUTION
    count = max(len(tokens) - n + 1, 0)
    positions = np.arange(count)[:, None] + np.arange(n)
    return tokens[positions[:, :-1]], tokens[positions[:, -1]]
    # END SOLUTION


# %% [markdown]
# ## From logits to probabilities, and to a loss
#
# $$\mathrm{softmax}(z)_k = \frac{e^{z_k}}{\sum_j e^{z_j}} \qquad
#   L = -\frac{1}{m} \sum_{i=1}^{m} \log \mathrm{softmax}(z^{(i)})_{w^{(i)}}$$
#
# The logits $(1, 2, 3)$ give $(0.090, 0.245, 0.665)$. If the target is the last word, the loss is
# $-\ln 0.665 = 0.408$ nats; three equal logits cost $\ln 3 = 1.099$.
#
# The formulas are simple and the numbers are not: $e^{1000}$ is too large for a float, and
# a probability of $e^{-1000}$ is rounded to 0. Adding one number to all logits of an example
# changes nothing in theory. In the machine it can change everything.


# %%
def softmax(logits):
    """The probabilities of each row: exp(z_k) / (the sum of exp(z_j) over the row).

    logits (m, V). Returns (m, V): every row sums to 1. Finite for logits up to 1e4 either way,
    also when the rows are of very different height.

    >>> softmax(np.array([[1.0, 2.0, 3.0], [1e4, 1e4, -1e4]])).round(3).tolist()
    [[0.09, 0.245, 0.665], [0.5, 0.5, 0.0]]
    """
    # BEGIN SOLUTION
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
    # END SOLUTION


def cross_entropy(logits, targets):
    """The mean over the batch of -log softmax(z)[target], in nats (natural logarithm).

    logits (m, V); targets: integers (m,). Returns a float, finite and right for logits up to 1e4
    either way: nothing is clipped, so a target 20,000 below the winner costs 20,000.

    >>> round(cross_entropy(np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]), np.array([2, 0])), 4)
    0.7531
    """
    # BEGIN SOLUTION
    lowered = logits - logits.max(axis=1, keepdims=True)
    log_sums = np.log(np.exp(lowered).sum(axis=1))
    return float(np.mean(log_sums - lowered[np.arange(len(targets)), targets]))
    # END SOLUTION


# %% [markdown]
# ## Forward and backward
#
# A batch of contexts `(m, n-1)` looks up a block of embeddings `(m, n-1, d)`, laid end to end as
# `e (m, (n-1)d)`. With $d = 2$, $E_4 = (1, 2)$ and $E_7 = (3, 4)$ the context `4 7` has
# $e = (1, 2, 3, 4)$.
#
# The way back starts with the famous cancellation of softmax and cross-entropy, $y$ being 1 at the
# target and 0 elsewhere:
#
# $$\frac{\partial L}{\partial z^{[2]}} = \frac{1}{m} (\hat y - y)$$
#
# One example with $\hat y = (0.090, 0.245, 0.665)$ and the last word as its target sends back
# $(0.090, 0.245, -0.335)$: push the wrong words down, the right one up. At the hidden layer
# $\tanh'(z^{[1]}) = 1 - (a^{[1]})^2$, and at the end each word of a context takes its own piece of
# $\partial L / \partial e$ home to its row of $E$. A word that stands in several places gets
# several pieces, and all of them count.

# %%
# The graph of this section, drawn in your feedback: each value, and how it is made.
GRAPH = {
    "e": "E[contexts]",
    "z1": "e @ W1.T + b1",
    "a1": "tanh(z1)",
    "z2": "a1 @ W2.T + b2",
    "L": "cross_entropy(z2, targets)",
}


# %%
def forward(params, contexts):
    """The probabilities of the next word after each context.

    e = the embeddings of a context end to end, oldest word first; z1 = W1 e + b1; a1 = tanh(z1);
    z2 = W2 a1 + b2; the probabilities are softmax(z2).

    params: E, W1, b1, W2, b2; contexts: integers (m, n-1), m >= 1.

    Returns (probabilities (m, V), cache). The cache is a dict with at least "contexts" and the
    arrays "e" (m, (n-1)d), "z1" and "a1" (m, n_h), "z2" (m, V).

    >>> params = {"E": np.eye(2), "W1": np.zeros((3, 4)), "b1": np.zeros(3),
    ...           "W2": np.ones((2, 3)), "b2": np.zeros(2)}
    >>> probabilities, cache = forward(params, np.array([[1, 0]]))
    >>> probabilities.tolist(), cache["e"].tolist()
    ([[0.5, 0.5]], [[0.0, 1.0, 1.0, 0.0]])
    """
    # BEGIN SOLUTION
    e = params["E"][contexts].reshape(len(contexts), -1)
    z1 = e @ params["W1"].T + params["b1"]
    a1 = np.tanh(z1)
    z2 = a1 @ params["W2"].T + params["b2"]
    return softmax(z2), {"contexts": contexts, "e": e, "z1": z1, "a1": a1, "z2": z2}
    # END SOLUTION


def backward(params, cache, targets):
    """The gradients of the mean cross-entropy of the batch.

    cache: as made by forward. Use no keys but "contexts", "e", "z1", "a1" and "z2": the cache that
    arrives may come from somebody else's forward. targets: integers (m,).

    Returns a dict with the keys "E", "W1", "b1", "W2", "b2", each gradient of the shape of its
    parameter. Words that are in no context have a row of zeros in "E".

    >>> params = {"E": np.eye(2), "W1": np.zeros((3, 4)), "b1": np.zeros(3),
    ...           "W2": np.ones((2, 3)), "b2": np.zeros(2)}
    >>> _, cache = forward(params, np.array([[1, 0]]))
    >>> backward(params, cache, np.array([1]))["b2"].tolist()
    [0.5, -0.5]
    """
    # BEGIN SOLUTION
    contexts, e, a1 = cache["contexts"], cache["e"], cache["a1"]
    m = len(targets)
    dz2 = softmax(cache["z2"])
    dz2[np.arange(m), targets] -= 1
    dz2 /= m
    da1 = dz2 @ params["W2"]
    dz1 = da1 * (1 - a1**2)
    de = dz1 @ params["W1"]
    dE = np.zeros_like(params["E"])
    np.add.at(dE, contexts, de.reshape(*contexts.shape, -1))
    dW1, db1 = dz1.T @ e, dz1.sum(axis=0)
    dW2, db2 = dz2.T @ a1, dz2.sum(axis=0)
    return {"E": dE, "W1": dW1, "b1": db1, "W2": dW2, "b2": db2}
    # END SOLUTION


# %% [markdown]
# ## Perplexity
#
# $$\mathrm{PP} =
#   \exp\Bigl(-\frac{1}{T-n+1} \sum_t \log P(w_t \mid w_{t-n+1}, \dots, w_{t-1})\Bigr)$$
#
# A model that knows nothing and gives each of 7 words the same probability has a perplexity of 7:
# it is as unsure as somebody who throws a die with seven sides.


# %%
def perplexity(params, tokens, n):
    """exp of the mean cross-entropy over the windows of a text.

    tokens: integers (T,), T >= n. Returns a float.

    >>> params = {"E": np.zeros((7, 2)), "W1": np.zeros((3, 4)), "b1": np.zeros(3),
    ...           "W2": np.zeros((7, 3)), "b2": np.zeros(7)}
    >>> round(perplexity(params, np.array([4, 0, 2, 5]), 3), 6)
    7.0
    """
    # BEGIN SOLUTION
    contexts, targets = make_windows(tokens, n)
    _, cache = forward(params, contexts)
    return float(np.exp(cross_entropy(cache["z2"], targets)))
    # END SOLUTION


# %% [markdown]
# ## Training
#
# Plain gradient descent on minibatches: the windows are taken in the order of the text,
# `batch_size` at a time, and after each batch every parameter $\theta$ moves:
#
# $$\theta \leftarrow \theta - \eta \, \frac{\partial L_{\text{batch}}}{\partial \theta}$$
#
# Five windows with `batch_size = 2` make batches of 2, 2 and 1, so three steps an epoch. The last
# batch is short, and its gradient is the mean over its one window. If the batches have mean losses
# of 1.5, 1.0 and 0.5, each taken before its step, the loss of the epoch is
# $(2 \cdot 1.5 + 2 \cdot 1.0 + 1 \cdot 0.5) / 5 = 1.1$.


# %%
def train(params, tokens, n, learning_rate, epochs, batch_size):
    """Train on a text by minibatch gradient descent, without shuffling.

    tokens: integers (T,), T >= n. An epoch walks the windows in order in batches of batch_size;
    the last one may be shorter, and is neither dropped nor padded: its gradient is the mean over
    its own size.

    Returns (params, losses (epochs,)): new parameters, the ones given stay as they are, and for
    each epoch the mean over all windows (not over the batches) of the loss that each window had
    just before the step of its batch. With epochs = 0 the parameters are equal to those given and
    losses is of shape (0,).

    >>> params = {"E": np.zeros((2, 1)), "W1": np.zeros((1, 1)), "b1": np.zeros(1),
    ...           "W2": np.zeros((2, 1)), "b2": np.zeros(2)}
    >>> trained, losses = train(params, np.array([0, 1, 1, 1]), 2, 0.5, 2, 2)
    >>> trained["b2"].round(3).tolist(), losses.round(3).tolist()
    ([-0.704, 0.704], [0.62, 0.322])
    """
    # BEGIN SOLUTION
    params = {key: value.copy() for key, value in params.items()}
    contexts, targets = make_windows(tokens, n)
    losses = np.zeros(epochs)
    for epoch in range(epochs):
        for start in range(0, len(targets), batch_size):
            batch = slice(start, start + batch_size)
            _, cache = forward(params, contexts[batch])
            loss = cross_entropy(cache["z2"], targets[batch])
            losses[epoch] += loss * len(targets[batch])
            grads = backward(params, cache, targets[batch])
            params = {key: params[key] - learning_rate * grads[key] for key in params}
    return params, losses / len(targets)
    # END SOLUTION


# %% [markdown]
# ## Generating
#
# Let the model go on: take the most probable next word, put it at the end of the context, let the
# oldest word fall off, and ask again.
#
# $$\hat w_t = \mathrm{argmax}_k \; P(k \mid w_{t-n+1}, \dots, w_{t-1})$$
#
# If `4 7` is followed by `2` and `7 2` by `5`, then `generate(params, [4, 7], 2)` is `[2, 5]`.


# %%
def generate(params, context, length):
    """The `length` words that the model itself puts after a context, the most probable each time.

    context: integers (n-1,), the oldest word first. Two words equally probable: the smaller id.

    Returns a list of `length` ints, without the context itself; [] for length 0.

    >>> params = {"E": np.eye(3), "W1": np.eye(3), "b1": np.zeros(3),
    ...           "W2": np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]]), "b2": np.zeros(3)}
    >>> generate(params, np.array([0]), 4)
    [1, 2, 0, 1]
    """
    # BEGIN SOLUTION
    words = [int(word) for word in context]
    for _ in range(length):
        window = words[len(words) - len(context) :]
        probabilities, _ = forward(params, np.array([window]))
        words.append(int(probabilities[0].argmax()))
    return words[len(context) :]
    # END SOLUTION
