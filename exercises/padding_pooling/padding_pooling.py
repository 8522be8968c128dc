# padding_pooling: write your answers in this file.
# (Made by `grader build`; instructors edit reference/padding_pooling/solution.py.)
r"""Padding and pooling: texts come in different sizes

A network wants rectangles, and sentences have any length. There are two ways out. *Padding* fills
every text up to a common length $L$ and cuts what is longer, so that a batch is one array of shape
$(m, L, d)$. *Pooling* makes one vector of the $n_i$ word vectors $x^{(i)}_1, \dots, x^{(i)}_{n_i}$
of a text, however many there are:

$$p^{(i)} = \frac{1}{n_i} \sum_{t \le n_i} x^{(i)}_t \quad \text{(mean)}, \qquad
p^{(i)}_j = \max_{t \le n_i} x^{(i)}_{t,j} \quad \text{(max, in each dimension $j$)}.$$

![Graph of one text: E with the rows 1, 5, 4 and the ids (2, 0, 2) make the batch (4, 1, 4), and its
mean with lengths = 3 is pooled = 3. If 3 arrives at pooled, each position of the batch receives 1,
and E receives 1 in row 0, 0 in row 1 and 2 in row 2](graph.svg)

Padding must never count: not in a mean, not as a maximum, and its gradient is 0. What is padding
is known by *position*, from the lengths, and never by value: a real word vector may be all zeros,
and padding may hold any finite numbers.

You write `pad_or_truncate`, the two ways of pooling with their gradients, and `embed`, which looks
up the word vectors, with its gradient. At the end they tell good reviews from bad ones.

**Builds on** two_layer_network: the chain rule with arrays. **Time**: about three hours. The
numbered steps are practice and are not graded. The points of every check are listed at the end.
"""

# %%
import numpy as np

# %% [markdown]
# ## Padding
#
# Two texts, of three words and of one, with $d = 1$:
#
# | text | its vectors | padded to $L = 2$ | its length now |
# |---|---|---|---|
# | first | 5, 6, 7 | 5, 6 | 2 |
# | second | 8 | 8, 0 | 1 |
#
# The first text is cut, the second is filled up with a zero at its end. The lengths are those of
# what is left after cutting.
#
# **Why?** Why is a text cut at its end and not at its beginning? Think of a kind of text where the
# other choice would be better.


# %%
def pad_or_truncate(sequences, length=None):
    """Bring sequences to one length: the first L vectors kept, zeros after the end.

    sequences: a list of m arrays (n_i, d), with n_i = 0 allowed.
    length: L; if None, the length of the longest. L = 0 need not work.

    Returns (batch, lengths): batch (m, L, d), and lengths (m,), integers: how many vectors of each
    sequence are in the batch, so never more than L. Raises ValueError if sequences is empty.

    >>> batch, lengths = pad_or_truncate([np.array([[5.0], [6.0], [7.0]]), np.array([[8.0]])], 2)
    >>> batch[:, :, 0]
    array([[5., 6.],
           [8., 0.]])
    >>> lengths
    array([2, 1])
    """
    raise NotImplementedError


# %% [markdown]
# ## Which positions are real
#
# For $L = 4$ and the lengths 1, 3 and 0:
#
# $$\begin{pmatrix} 1 & 0 & 0 & 0 \\ 1 & 1 & 1 & 0 \\ 0 & 0 & 0 & 0 \end{pmatrix}$$
#
# Row $i$ has a one at each $t < n_i$, counting from 0. Nothing in this section is asked for by
# name: write here what helps you below.
#
# **Why?** Why can this matrix not be made by looking for vectors that are all zeros?


# %% [markdown]
# ## Mean pooling
#
# Each real vector has an equal share in the mean, $p = \frac1n \sum_{t \le n} x_t$.
#
# 1. By how much does $p$ move if one real $x_t$ moves by 1?
# 2. $dp$ arrives at $p$. Write what each of the $L$ positions receives, the $n$ real ones and the
#    padding behind them.
#
# The vectors 2 and 4 beside one position of padding have mean 3, not 2. If 10 arrives, the two get
# 5 each, and the padding gets 0. A text without words has mean 0 by agreement.
#
# **Why?** The gradient of a word becomes smaller in a longer text. Is that a flaw?


# %% tags=["demo"]
def slope_of_mean(n):
    """Step 1: dp/dx_t of a real word, in a text of n words."""
    return ...  # your formula


def gradient_of_mean(dp, n, L):
    """Step 2: what the L positions receive, an array (L,)."""
    return ...  # your formula


if __name__ == "__main__":
    from grader.selfcheck import step

    step("Step 1", slope_of_mean, [((2,), 0.5), ((10,), 0.1)], "p is a sum divided by n.")
    step("Step 2", gradient_of_mean, [((10.0, 2, 3), [5, 5, 0]), ((6.0, 3, 3), [2, 2, 2])],
         "np.arange(L) < n marks the real positions.")  # fmt: skip


# %%
def mean_pool(batch, lengths):
    """Average the real vectors of each text: p = (x_1 + ... + x_n) / n.

    batch: (m, L, d); lengths: (m,), integers from 0 to L. The positions from lengths[i] on are
    padding; they may hold any finite numbers, and real vectors may be zeros.

    Returns (pooled, cache): pooled (m, d), a row of zeros where the length is 0, and whatever your
    `mean_pool_backward` needs. The cache is handed back as it is; several may be in use at once. No
    argument is modified, here or below.

    >>> pooled, cache = mean_pool(np.array([[[2.0], [4.0], [9.0]]]), np.array([2]))
    >>> pooled
    array([[3.]])
    """
    raise NotImplementedError


def mean_pool_backward(dpooled, cache):
    """Hand dL/dp back to the vectors that were averaged.

    dpooled: (m, d); cache: what `mean_pool` returned. Returns dL/dbatch, (m, L, d): 0 at padding,
    and everywhere in a text of length 0.

    >>> pooled, cache = mean_pool(np.array([[[2.0], [4.0], [9.0]]]), np.array([2]))
    >>> mean_pool_backward(np.array([[10.0]]), cache)[:, :, 0]
    array([[5., 5., 0.]])
    """
    raise NotImplementedError


# %% [markdown]
# ## Max pooling
#
# In each dimension $j$ one position wins, $p_j = \max_{t \le n} x_{t,j}$.
#
# 3. In one dimension a text has the values $x = (1, 4, 2)$. Move each of them a little: by how much
#    does the maximum move? Write the three slopes for any $x$ with a single winner.
# 4. $dp$ arrives at the maximum. What do the positions receive?
# 5. Two positions tie. Moving one of them up moves the maximum, moving it down does not, so there is
#    no slope. Here they share what arrives. Write the shares of all positions in equal parts.
#
# From the vectors $(1, -7)$ and $(4, -9)$ comes $(4, -7)$: the second wins one dimension, the
# first the other. A zero in the padding beside them would be larger than $-7$ and must not win. If
# $k$ positions tie for the maximum, they share what arrives, here in equal parts.
#
# **Why?** After one update with max pooling, how many words of a text have moved? And with mean
# pooling?


# %% tags=["demo"]
def slopes_of_max(x):
    """Step 3: d max(x) / dx_t for every position of x (n,), with a single winner."""
    return ...  # your formula


def gradient_of_max(dp, x):
    """Step 4: what the positions of x (n,) receive, with a single winner."""
    return ...  # your formula


def gradient_of_tie(dp, x):
    """Step 5: what the positions receive if several tie: equal parts."""
    return ...  # your formula


if __name__ == "__main__":
    from grader.selfcheck import step

    x, tie = np.array([1.0, 4.0, 2.0]), np.array([4.0, 4.0, -1.0])
    step("Step 3", slopes_of_max, [((x,), [0, 1, 0]), ((-x,), [1, 0, 0])],
         "Only one of the three can move the maximum.")  # fmt: skip
    step("Step 4", gradient_of_max, [((10.0, x), [0, 10, 0])], "Upstream times slope.")
    step("Step 5", gradient_of_tie, [((10.0, tie), [5, 5, 0]), ((10.0, x), [0, 10, 0])],
         "Divide by the number of winners.")  # fmt: skip


# %%
def max_pool(batch, lengths):
    """Take the largest real value of each text in each dimension: p_j = max over t < n of x_tj.

    batch: (m, L, d); lengths: (m,), integers from 0 to L. The positions from lengths[i] on are
    padding; they may hold any finite numbers, and real vectors may be zeros.

    Returns (pooled, cache): pooled (m, d), a row of zeros where the length is 0, and whatever your
    `max_pool_backward` needs. The cache is handed back as it is; several may be in use at once.

    >>> pooled, cache = max_pool(np.array([[[1.0, -7.0], [4.0, -9.0], [0.0, 0.0]]]), np.array([2]))
    >>> pooled
    array([[ 4., -7.]])
    """
    raise NotImplementedError


def max_pool_backward(dpooled, cache):
    """Hand dL/dp back to the winners: each dimension of a text to where its maximum stood.

    dpooled: (m, d); cache: what `max_pool` returned. Returns dL/dbatch, (m, L, d): 0 at padding,
    and everywhere in a text of length 0. At a tie the tied positions may share dL/dp_j in any way:
    all to one, or equal parts, or any fractions of it that are not negative and add up to 1.

    >>> batch = np.array([[[1.0, -7.0], [4.0, -9.0], [0.0, 0.0]]])
    >>> pooled, cache = max_pool(batch, np.array([2]))
    >>> max_pool_backward(np.array([[10.0, 20.0]]), cache)
    array([[[ 0., 20.],
            [10.,  0.],
            [ 0.,  0.]]])
    """
    raise NotImplementedError


# %% [markdown]
# ## Embeddings
#
# Row $v$ of $E$ is the vector of word $v$. To look words up is to copy rows: $x^{(i)}_t = E_w$ with
# $w = \text{ids}_{i,t}$. A row that was copied three times is a node with three arrows.
#
# 6. What does row $v$ receive, if $dx_t$ arrives at its copies? Write it for one text and vectors of
#    one number.
#
# For the ids 2, 0, 2, if 1, 10 and 100 arrive, row 2 gets $1 + 100 = 101$, row 0 gets 10, and row
# 1, which was not looked up, gets 0.
#
# **Why?** Looking up a row is the same as multiplying `E` by rows with a single 1. Why is it done
# without that product?


# %% tags=["demo"]
def gradient_of_row(v, ids, dx):
    """Step 6: what row v receives, for ids (L,) and dx (L,), both arrays."""
    return ...  # your formula


if __name__ == "__main__":
    from grader.selfcheck import step

    ids, dx = np.array([2, 0, 2]), np.array([1.0, 10.0, 100.0])
    step("Step 6", gradient_of_row, [((2, ids, dx), 101), ((0, ids, dx), 10), ((1, ids, dx), 0)],
         "ids == v marks the copies of row v. Add up, do not overwrite.")  # fmt: skip


# %%
# The graph of a text, drawn in your feedback: each value, and how it is made.
GRAPH = {"batch": "E[ids]", "pooled": ("max or mean over the real words", ("batch", "lengths"))}
# The same graph with the mean, worked by hand: the picture at the top shows these numbers.
GRAPH_VALUES = {
    "E": [[1], [5], [4]], "ids": [[2, 0, 2]], "batch": [[4, 1, 4]], "lengths": [3], "pooled": [[3]],
}  # fmt: skip
GRAPH_GRADIENTS = {"pooled": [[3]], "batch": [[1, 1, 1]], "E": [[1], [0], [2]]}


# %%
def embed(E, ids):
    """Look up the vector of each id: vectors[i, t] = E[ids[i, t]].

    E: (V, d); ids: (m, L), integers from 0 to V - 1, each a word like any other, 0 too. Returns
    vectors, (m, L, d).

    >>> embed(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1, 0]]))
    array([[[3., 4.],
            [1., 2.]]])
    """
    raise NotImplementedError


def embed_backward(ids, dvectors, V):
    """Add up, for each row of E, what arrives wherever it was looked up.

    ids: (m, L), integers; dvectors: (m, L, d), dL/dvectors; V: the number of rows of E, which may
    be more than any id. Returns dL/dE, (V, d).

    >>> dvectors = np.array([[[1.0], [10.0], [100.0]]])
    >>> embed_backward(np.array([[2, 0, 2]]), dvectors, 4)
    array([[ 10.],
           [  0.],
           [101.],
           [  0.]])
    """
    raise NotImplementedError


# %% [markdown]
# ## Short reviews, good or bad
#
# `reviews.txt` holds 160 short reviews that we made up, each with 1 for good or 0 for bad. A text
# becomes a vector by your pooling, and one sigmoid unit decides. The embeddings and the unit are
# learned from 120 texts, by your gradients, and tried on the 40 others, with both ways of pooling.
# At the end you see which words the network takes for good and for bad.
#
# **Why?** "Not a single cold moment" is a good review. What can a sum of word vectors know of the
# word "not", and what would a model need to do better?


# %% tags=["demo"]
def read_reviews():
    """Return the texts as lists of ids, the labels (m, 1), and the words by id."""
    from grader.selfcheck import lines

    rows = [line.split("\t") for line in lines("reviews.txt")]
    words = sorted({word for _, text in rows for word in text.split()})
    texts = [np.array([[words.index(word)] for word in text.split()]) for _, text in rows]
    return texts, np.array([[float(label)] for label, _ in rows]), words


def logits_of(params, ids, lengths, pool):
    """Return z (m, 1), and what the way back needs."""
    pooled, cache = pool(embed(params["E"], ids), lengths)
    return pooled @ params["w"].T + params["b"], pooled, cache


def learn_reviews(texts, y, V, pool, pool_backward, epochs=60, d=8):
    """Return the parameters and the accuracy on training and test texts after each epoch."""
    rng = np.random.default_rng(3)
    params = {"E": rng.normal(size=(V, d)) * 0.3, "w": rng.normal(size=(1, d)), "b": np.zeros(1)}
    padded, lengths = pad_or_truncate(texts)
    ids, train = padded[:, :, 0].astype(int), np.arange(len(texts)) < 120
    accuracy = []
    for _ in range(epochs):
        for batch in np.array_split(np.flatnonzero(train), 12):
            z, pooled, cache = logits_of(params, ids[batch], lengths[batch], pool)
            dz = (1 / (1 + np.exp(-z)) - y[batch]) / len(batch)
            dvectors = pool_backward(dz @ params["w"], cache)
            grads = {
                "E": embed_backward(ids[batch], dvectors, V),
                "w": dz.T @ pooled,
                "b": dz.sum(0),
            }
            params = {key: params[key] - 1.0 * grads[key] for key in params}
        right = (logits_of(params, ids, lengths, pool)[0] > 0) == (y == 1)
        accuracy.append((right[train].mean(), right[~train].mean()))
    return params, np.array(accuracy)


def draw_reviews():
    """Learn with both ways of pooling, and show the accuracy and the strongest words."""
    import matplotlib.pyplot as plt

    from grader.selfcheck import show

    texts, y, words = read_reviews()
    ways = {"mean": (mean_pool, mean_pool_backward), "max": (max_pool, max_pool_backward)}
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
    said = []
    for ax, (name, (pool, pool_backward)) in zip(axes, ways.items(), strict=True):
        params, accuracy = learn_reviews(texts, y, len(words), pool, pool_backward)
        ax.plot(accuracy, label=["training", "test"])
        ax.set(title=f"{name} pooling", xlabel="epoch", ylabel="share of texts that are right")
        ax.legend()
        order = np.argsort((params["E"] @ params["w"].T)[:, 0])
        best, worst = ([words[i] for i in some] for some in (order[:-6:-1], order[:5]))
        said.append(f"{name} pooling: {accuracy[-1, 1]:.0%} of the test texts are right; words for "
                    f"good are {', '.join(best)}; for bad {', '.join(worst)}.")  # fmt: skip
    show(figure, "\n".join(said))


if __name__ == "__main__":
    from grader.selfcheck import ending

    with ending("Short reviews"):
        draw_reviews()
