# padding_pooling: the stub you write in.
# (Made by `grader build`; instructors edit reference/padding_pooling/solution.py.)
r"""Padding and pooling: texts come in different sizes

A network wants rectangles, and sentences have any length. There are two ways out. *Padding* fills
every text up to a common length $L$ and cuts what is longer, so that a batch is one array of shape
$(m, L, d)$. *Pooling* makes one vector of the $n_i$ word vectors $x^{(i)}_1, \dots, x^{(i)}_{n_i}$
of a text, however many there are:

$$p^{(i)} = \frac{1}{n_i} \sum_{t \le n_i} x^{(i)}_t \quad \text{(mean)}, \qquad
p^{(i)}_j = \max_{t \le n_i} x^{(i)}_{t,j} \quad \text{(max, in each dimension $j$)}.$$

Padding must never count: not in a mean, not as a maximum, and its gradient is 0. What is padding
is known by *position*, from the lengths, and never by value: a real word vector may be all zeros,
and padding may hold any finite numbers.

You write `pad_or_truncate`, the two ways of pooling with their gradients, and `embed`, which looks
up the word vectors, with its gradient.
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


# %%

# %% [markdown]
# ## Mean pooling
#
# Each real vector has an equal share in the mean, and backward it gets that share of what arrives:
#
# $$p = \frac1n \sum_{t \le n} x_t, \qquad
# \frac{\partial L}{\partial x_t} = \begin{cases} \frac1n \frac{\partial L}{\partial p} & t \le n \\
# 0 & t > n \end{cases}$$
#
# The vectors 2 and 4 beside one position of padding have mean 3, not 2. If 10 arrives, the two get
# 5 each, and the padding gets 0. A text without words has mean 0 by agreement.


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
# Each dimension $j$ has a winner of its own, and backward the winner gets everything:
#
# $$p_j = \max_{t \le n} x_{t,j}, \qquad
# \frac{\partial L}{\partial x_{t,j}} = \frac{\partial L}{\partial p_j} \text{ if } x_{t,j} \text{
# is the maximum, else } 0$$
#
# From the vectors $(1, -7)$ and $(4, -9)$ comes $(4, -7)$: the second wins one dimension, the
# first the other. A zero in the padding beside them would be larger than $-7$ and must not win. If
# $k$ positions tie for the maximum, they share what arrives, here in equal parts.


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
# Row $v$ of $E$ is the vector of word $v$. To look words up is to copy rows, so backward each row
# collects what arrives at all its copies:
#
# $$x^{(i)}_t = E_{w}, \quad w = \text{ids}_{i,t}, \qquad
# \frac{\partial L}{\partial E_v} =
# \sum_{(i,t)\,:\,\text{ids}_{i,t} = v} \frac{\partial L}{\partial x^{(i)}_t}$$
#
# For the ids 2, 0, 2, if 1, 10 and 100 arrive, row 2 gets $1 + 100 = 101$, row 0 gets 10, and row
# 1, which nobody looked up, gets 0.

# %%
# The graph of a text, drawn in your feedback: each value, and how it is made.
GRAPH = {"batch": "E[ids]", "pooled": ("max or mean over the real words", ("batch", "lengths"))}


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
