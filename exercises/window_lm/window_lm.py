# window_lm: write your answers in this file.
# (Made by `grader build`; instructors edit reference/window_lm/solution.py.)
r"""A neural language model that looks through a window

Exercise 6 counted; this one learns. The simple feed-forward language model predicts the next word
from the $N-1$ words before it, and from nothing else:

$$P(w_t \mid w_1, \dots, w_{t-1}) \approx P(w_t \mid w_{t-N+1}, \dots, w_{t-1})$$

Each word has an embedding, a row of $E$. The embeddings of the context stand end to end in $e$,
the oldest word first, and a two-layer network does the rest:

$$e = [E_{w_{t-N+1}}; \dots; E_{w_{t-1}}] \qquad z^{[1]} = W^{[1]} e + b^{[1]} \qquad
a^{[1]} = \tanh z^{[1]} \qquad z^{[2]} = W^{[2]} a^{[1]} + b^{[2]} \qquad
\hat y = \mathrm{softmax}(z^{[2]})$$

![Graph of one window: E and contexts = (0, 1) make e = (1, 2); W1 = (0.5, -0.25) makes z1 = 0, a1 =
tanh(z1) = 0; W2 and b2 = (1, 2, 3) make z2 = (1, 2, 3), and with targets = 2 the loss is L = 0.4076.
The gradients are (0.09, 0.2447, -0.3348) at z2, 0.4248 at a1 and z1, and (0.2124, -0.1062) at
e](graph.svg)

You write all of it: cutting a text into windows, the softmax and its loss, forward, backward,
training, and the model that goes on by itself. At the end it writes sentences, and is compared
with an n-gram model on the same text.

**Builds on** two_layer_network (its backward pass) and ngram_lm (perplexity). **Time**: about five
hours. The numbered steps are practice and are not graded. The points of every check are listed at
the end.

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
#
# **Why?** One text gives almost as many training examples as it has words, and they need no labels.
# Why not?


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
    raise NotImplementedError


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
#
# 1. One example: write $L = -\log \mathrm{softmax}(z)_w$ as a difference of two terms, one of which
#    is the logit of the target $w$ alone.
# 2. Which number do you add to all logits of an example so that no $e^{z_k}$ can be too large and
#    at least one of them is 1?
#
# **Why?** With two words only, softmax needs just one logit. What is the difference of the two
# called in two_layer_network?


# %% tags=["demo"]
def loss_of_logits(z, w):
    """Step 1: the loss of one example, from its logits z (V,) and the id w of its target."""
    return ...  # your formula


def shift_of_logits(z):
    """Step 2: the number that is added to all logits z (V,) of an example."""
    return ...  # your formula


if __name__ == "__main__":
    from grader.selfcheck import step

    z = np.array([1.0, 2.0, 3.0])
    step("Step 1", loss_of_logits, [((z, 2), 0.4076), ((z, 0), 2.4076)],
         "The logarithm of a fraction is a difference, and log exp(z) = z.")  # fmt: skip
    step("Step 2", shift_of_logits, [((z,), -3), ((np.array([-500.0, -900.0]),), 500)],
         "After the shift the largest logit is 0.")  # fmt: skip


# %%
def softmax(logits):
    """The probabilities of each row: exp(z_k) / (the sum of exp(z_j) over the row).

    logits (m, V). Returns (m, V): every row sums to 1. Finite for logits up to 1e4 either way,
    also when the rows are of very different height.

    >>> softmax(np.array([[1.0, 2.0, 3.0], [1e4, 1e4, -1e4]])).round(3).tolist()
    [[0.09, 0.245, 0.665], [0.5, 0.5, 0.0]]
    """
    raise NotImplementedError


def cross_entropy(logits, targets):
    """The mean over the batch of -log softmax(z)[target], in nats (natural logarithm).

    logits (m, V); targets: integers (m,). Returns a float, finite and right for logits up to 1e4
    either way: nothing is clipped, so a target 20,000 below the winner costs 20,000.

    >>> round(cross_entropy(np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]), np.array([2, 0])), 4)
    0.7531
    """
    raise NotImplementedError


# %% [markdown]
# ## Forward and backward
#
# A batch of contexts `(m, n-1)` looks up a block of embeddings `(m, n-1, d)`, laid end to end as
# `e (m, (n-1)d)`. With $d = 2$, $E_4 = (1, 2)$ and $E_7 = (3, 4)$ the context `4 7` has
# $e = (1, 2, 3, 4)$.
#
# The way back, one formula at a time. First one example with the logits $z$, the probabilities
# $p = \mathrm{softmax}(z)$ and the target written as $y$: 1 at the target and 0 elsewhere.
#
# 3. The first term of step 1 is $\log \sum_j e^{z_j}$. What is its gradient, all $V$ entries of it?
# 4. Take away the gradient of the second term. What is $\partial L / \partial z$?
# 5. For a batch, $L$ is a mean. What is $\partial L / \partial z^{[2]}$, from $p$ and $y$, both
#    $(m, V)$?
# 6. What arrives at $z^{[1]}$, if $da$ arrives at $a = \tanh z^{[1]}$? Write it with $a$.
# 7. $\partial L / \partial e$ is cut into pieces again, one for each word of the context. What does
#    row $v$ of $E$ receive from one context?
#
# The weights in between are those of the two-layer network.
#
# One example with $\hat y = (0.090, 0.245, 0.665)$ and the last word as its target sends back
# $(0.090, 0.245, -0.335)$: push the wrong words down, the right one up. The picture at the top has
# these logits.
#
# **Why?** In `the dog and the cat` the word `the` stands in a context twice. Why would
# `dE[contexts] += pieces` keep only one of its pieces?

# %%
# The graph of this section, drawn in your feedback: each value, and how it is made.
GRAPH = {
    "e": "E[contexts]",
    "z1": "e @ W1.T + b1",
    "a1": "tanh(z1)",
    "z2": "a1 @ W2.T + b2",
    "L": "cross_entropy(z2, targets)",
}
# The same graph for three words, d = 1 and one hidden unit, worked by hand: the picture shows it.
GRAPH_VALUES = {
    "E": [[1], [2], [-1]], "contexts": [[0, 1]], "e": [[1, 2]], "W1": [[0.5, -0.25]], "b1": [0],
    "z1": [[0]], "a1": [[0]], "W2": [[1], [0], [-1]], "b2": [1, 2, 3], "z2": [[1, 2, 3]],
    "targets": [2], "L": 0.4076,
}  # fmt: skip
GRAPH_GRADIENTS = {
    "L": 1, "z2": [[0.09, 0.2447, -0.3348]], "b2": [0.09, 0.2447, -0.3348], "W2": [[0], [0], [0]],
    "a1": [[0.4248]], "z1": [[0.4248]], "b1": [0.4248], "W1": [[0.4248, 0.8496]],
    "e": [[0.2124, -0.1062]], "E": [[0.2124], [-0.1062], [0]],
}  # fmt: skip


# %% tags=["demo"]
def gradient_of_log_sum(p):
    """Step 3: the gradient of log(sum(exp(z))), with p = softmax(z)."""
    return ...  # your formula


def gradient_at_logits(p, y):
    """Step 4: dL/dz of one example, as short as it gets."""
    return ...  # your formula


def batch_gradient_at_logits(p, y):
    """Step 5: dL/dz2 (m, V), of the mean loss."""
    return ...  # your formula


def through_tanh(da, a):
    """Step 6: dL/dz1, with a = tanh(z1)."""
    return ...  # your formula


def gradient_of_word(v, context, pieces):
    """Step 7: what row v receives, for context (n-1,) and pieces (n-1, d)."""
    return ...  # your formula


if __name__ == "__main__":
    from grader.selfcheck import step

    p, y = np.array([0.09, 0.245, 0.665]), np.array([0.0, 0.0, 1.0])
    pieces = np.array([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]])
    step("Step 3", gradient_of_log_sum, [((p,), p)],
         "1 / sum, times exp(z_k): you have a name for that.")  # fmt: skip
    step("Step 4", gradient_at_logits, [((p, y), [0.09, 0.245, -0.335])],
         "The slope of z[w] is 1 at the target and 0 elsewhere: that is y.")  # fmt: skip
    step("Step 5", batch_gradient_at_logits, [((np.array([p, p]), np.array([y, y])),
         [[0.045, 0.1225, -0.1675]] * 2)], "The mean divides by m.")  # fmt: skip
    step("Step 6", through_tanh, [((0.5, 0.0), 0.5), ((1.0, 0.5), 0.75)],
         "The slope of tanh is 1 minus its own value squared.")  # fmt: skip
    step("Step 7", gradient_of_word, [((4, np.array([4, 7, 4]), pieces), [101, 202]),
         ((7, np.array([4, 7, 4]), pieces), [10, 20])],
         "context == v marks the places of v. Add up what stands there.")  # fmt: skip


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
    raise NotImplementedError


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
    raise NotImplementedError


# %% [markdown]
# ## Perplexity
#
# $$\mathrm{PP} =
#   \exp\Bigl(-\frac{1}{T-n+1} \sum_t \log P(w_t \mid w_{t-n+1}, \dots, w_{t-1})\Bigr)$$
#
# A model that knows nothing and gives each of 7 words the same probability has a perplexity of 7:
# it is as unsure as somebody who throws a die with seven sides.
#
# **Why?** Can a perplexity be below 1? Can it be above $V$?


# %%
def perplexity(params, tokens, n):
    """exp of the mean cross-entropy over the windows of a text.

    tokens: integers (T,), T >= n. Returns a float.

    >>> params = {"E": np.zeros((7, 2)), "W1": np.zeros((3, 4)), "b1": np.zeros(3),
    ...           "W2": np.zeros((7, 3)), "b2": np.zeros(7)}
    >>> round(perplexity(params, np.array([4, 0, 2, 5]), 3), 6)
    7.0
    """
    raise NotImplementedError


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
#
# **Why?** The mean of the three batches would be 1.0. Why is 1.1 the better number to report?


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
    raise NotImplementedError


# %% [markdown]
# ## Generating
#
# Let the model go on: take the most probable next word, put it at the end of the context, let the
# oldest word fall off, and ask again.
#
# $$\hat w_t = \mathrm{argmax}_k \; P(k \mid w_{t-n+1}, \dots, w_{t-1})$$
#
# If `4 7` is followed by `2` and `7 2` by `5`, then `generate(params, [4, 7], 2)` is `[2, 5]`.
#
# **Why?** A greedy model soon repeats itself. Why must it, once the same $n - 1$ words stand there
# again?


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
    raise NotImplementedError


# %% [markdown]
# ## Sentences in words, and the comparison with counting
#
# `stories.txt` holds the 400 short sentences of ngram_lm. Here they are one text: the words of
# 300 sentences, with a full stop after each, are for training, and 100 sentences for the test. The
# picture shows the perplexity by epoch, and as dotted lines that of n-gram models which count in the
# same text, with the best of several $k$. Below it the model goes on from the beginning of a
# sentence: greedily, with your `generate`, and by drawing each word with its probability.
#
# **Why?** The n-gram model with $n = 4$ is worse than that with $n = 2$, but the neural model with
# $n = 4$ is better than both. What does it know about a context that it has never seen? And why
# does the test perplexity rise again at the end?


# %% tags=["demo"]
def read_stories():
    """Return the training text and the test text as ids, and the words by id."""
    from grader.selfcheck import lines

    sentences = [[*line.split(), "."] for line in lines("stories.txt")]
    words = sorted({word for sentence in sentences for word in sentence})
    texts = ([w for each in some for w in each] for some in (sentences[:300], sentences[300:]))
    return *(np.array([words.index(word) for word in text]) for text in texts), words


def counted_perplexity(train_text, test_text, n, V):
    """Return the perplexity of an n-gram model with add-k smoothing, for the best of three k."""
    counts = {}
    for context, target in zip(*make_windows(train_text, n), strict=True):
        counts.setdefault(tuple(context), np.zeros(V))[target] += 1
    rows, ids = [], []
    for context, target in zip(*make_windows(test_text, n), strict=True):
        rows.append(counts.get(tuple(context), np.zeros(V)))
        ids.append(target)
    rows, ids = np.array(rows), np.array(ids)
    return min(
        np.exp(-np.log((rows[range(len(ids)), ids] + k) / (rows.sum(axis=1) + k * V)).mean())
        for k in (0.01, 0.1, 1)
    )


def random_start(V, n, d=10, n_h=40):
    """Return small random parameters."""
    rng, width = np.random.default_rng(0), (n - 1) * d
    return {
        "E": 0.3 * rng.normal(size=(V, d)), "W1": rng.normal(size=(n_h, width)) / np.sqrt(width),
        "b1": np.zeros(n_h), "W2": 0.1 * rng.normal(size=(V, n_h)), "b2": np.zeros(V),
    }  # fmt: skip


def draw_stories(n=4, epochs=12):
    """Train, write sentences, and compare the perplexity with that of n-gram models."""
    import matplotlib.pyplot as plt

    from grader.selfcheck import show

    train_text, test_text, words = read_stories()
    V, params, found = len(words), random_start(len(words), n), []
    for _ in range(epochs):
        params, _ = train(params, train_text, n, learning_rate=0.5, epochs=1, batch_size=16)
        found.append([perplexity(params, text, n) for text in (train_text, test_text)])
    counted = {order: counted_perplexity(train_text, test_text, order, V) for order in (2, 3, 4)}

    figure, ax = plt.subplots(figsize=(7, 4))
    ax.plot(range(1, epochs + 1), found, "o-", label=["neural, training", "neural, test"])
    for (order, value), style in zip(counted.items(), (":", "--", "-."), strict=True):
        ax.axhline(value, color="black", linestyle=style, label=f"{order}-gram, test")
    ax.set(title="Perplexity", xlabel="epoch", ylabel="perplexity", ylim=(0, None))
    ax.legend()
    best = min(test for _, test in found)
    show(figure, f"The neural model with n = {n} reaches a test perplexity of {best:.1f}; counting "
         f"reaches {', '.join(f'{v:.1f} with n = {o}' for o, v in counted.items())}.")  # fmt: skip
    rng = np.random.default_rng(5)
    for beginning in (". the cat", ". a girl", ". the teacher"):
        context = [words.index(word) for word in beginning.split()]
        print("greedy:", *(words[i] for i in [*context, *generate(params, np.array(context), 10)]))
        while len(context) < 13:
            p, _ = forward(params, np.array([context[1 - n :]]))
            context.append(int(rng.choice(V, p=p[0] / p[0].sum())))
        print("drawn: ", *(words[i] for i in context))


if __name__ == "__main__":
    from grader.selfcheck import ending

    with ending("Sentences in words"):
        draw_stories()
