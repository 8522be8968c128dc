# lstm_cell: write your answers in this file.
# (Made by `grader build`; instructors edit reference/lstm_cell/solution.py.)
r"""The LSTM cell: one step and a whole sequence, both ways

A simple recurrent network hands its hidden state through a weight matrix at every step, and the
gradient shrinks each time. The LSTM gives the memory a path without a weight matrix: the **cell
state** $c_t$ is only scaled and added to. Three gates, each between 0 and 1, decide what is
forgotten ($f$), what is written ($i$) and what is shown ($o$); $g$ is what could be written:

$$f_t = \sigma(U_f h_{t-1} + W_f x_t + b_f) \qquad i_t = \sigma(U_i h_{t-1} + W_i x_t + b_i)$$
$$o_t = \sigma(U_o h_{t-1} + W_o x_t + b_o) \qquad g_t = \tanh(U_g h_{t-1} + W_g x_t + b_g)$$
$$c_t = f_t \odot c_{t-1} + i_t \odot g_t \qquad h_t = o_t \odot \tanh(c_t)$$

![Graph of one step with one unit: x and h_prev make the gates f = 0.75, i = 0.5, g = 0.5 and o =
0.5; f, c_prev = 1, i and g make c = 1; o and c make h = 0.3808. With 1 arriving at h and 0.5 at c
from outside, the gradients are 0.71 at c, 0.71 at f, 0.355 at i and g, 0.7616 at o and 0.5325 at
c_prev](graph.svg)

You write the cell forward and backward, and then both through time. At the end your network learns
to repeat a sentence, and shows what its gates do with each word. The letters:

| array | shape | is |
|---|---|---|
| `x`, `xs` | `(m, n_x)`, `(T, m, n_x)` | the input of one step, of all steps; `m` examples |
| `h`, `c` | `(m, n_h)` | hidden and cell state; `h_prev`, `c_prev`: those of the step before |
| `Wk`, `Uk`, `bk` | `(n_h, n_x)`, `(n_h, n_h)`, `(n_h,)` | parameters of gate `k`: `f, i, g, o` |
| `dh`, `dc` | `(m, n_h)` | the gradients that arrive at `h` and at `c` from outside |

**Builds on** deep_network: why a gradient shrinks, and sums over examples. **Time**: about five
hours. The numbered steps are practice and are not graded. The points of every check are listed at
the end.

The loss lies outside. So there is no mean here: gradients of the parameters are **sums** over the
batch and over time. Arguments are never modified.
"""

# %%
import numpy as np


def sigmoid(z):
    """Return 1 / (1 + exp(-z)), elementwise; safe here, where |z| stays within 100.

    >>> float(sigmoid(np.log(3.0)).round(4))
    0.75
    """
    return 1 / (1 + np.exp(-z))


# %% [markdown]
# ## One step forward
#
# $$z_k = U_k h_{t-1} + W_k x_t + b_k \quad (k = f, i, g, o)$$
# $$c_t = f_t \odot c_{t-1} + i_t \odot g_t \qquad h_t = o_t \odot \tanh(c_t)$$
#
# With one unit, $z_f = \ln 3$, $z_i = z_o = 0$, $z_g = \tfrac12 \ln 3$ and $c_{t-1} = 1$: the gates
# are $f = 0.75$, $i = o = 0.5$, and $g = 0.5$. So $c_t = 0.75 \cdot 1 + 0.5 \cdot 0.5 = 1$ and
# $h_t = 0.5 \tanh 1 = 0.3808$.
#
# **Why?** Why are three of the four a sigmoid, and why is $g$ a tanh?

# %%
# The graph of one step, drawn in your feedback: each value, and how it is made.
GRAPH = {
    "f": ("sigmoid(Wf x + Uf h + bf)", ("x", "h_prev")),
    "i": ("sigmoid(Wi x + Ui h + bi)", ("x", "h_prev")),
    "g": ("tanh(Wg x + Ug h + bg)", ("x", "h_prev")),
    "o": ("sigmoid(Wo x + Uo h + bo)", ("x", "h_prev")),
    "c": "f * c_prev + i * g",
    "h": "o * tanh(c)",
}
# The same graph for one unit, worked by hand, with dh = 1 and dc = 0.5: the picture shows it.
GRAPH_VALUES = {"f": 0.75, "i": 0.5, "g": 0.5, "o": 0.5, "c_prev": 1, "c": 1, "h": 0.3808}
GRAPH_GRADIENTS = {
    "h": 1, "c": 0.71, "f": 0.71, "i": 0.355, "g": 0.355, "o": 0.7616, "c_prev": 0.5325,
}  # fmt: skip


# %%
def cell_forward(params, x, h_prev, c_prev):
    """One step: h = o * tanh(c) with c = f * c_prev + i * g.

    The gates f, i, o are sigmoids and g is a tanh, each of z_k = U_k h_prev + W_k x + b_k,
    and |z_k| <= 100.

    x is (m, n_x), h_prev and c_prev are (m, n_h); m may be 1. Returns (h, c, cache), h and c of
    shape (m, n_h). The cache is a dict with at least the keys "x", "h_prev", "c_prev", "f", "i",
    "g", "o", "c"; keys may be added, but cell_backward must not need them.

    >>> params = {letter + k: np.zeros((1, 1)) for letter in "WU" for k in "figo"}
    >>> params |= {"b" + k: np.zeros(1) for k in "figo"}
    >>> h, c, cache = cell_forward(params, np.array([[3.0]]), np.array([[0.0]]), np.array([[2.0]]))
    >>> c.tolist(), h.round(4).tolist(), cache["f"].tolist()
    ([[1.0]], [[0.3808]], [[0.5]])
    """
    raise NotImplementedError


# %% [markdown]
# ## One step backward
#
# Two gradients arrive: $dh$ at the hidden state, $dc$ at the cell state. The hidden state was made
# from the cell state, so part of $dh$ flows on into $c$. Fill in one formula at a time; all numbers
# are entries of arrays of one shape, so the products are taken entry by entry.
#
# 1. $h = o \tanh c$. What is $\partial h / \partial c$?
# 2. The memory hears from outside and from $h$. Call what arrives at $c$ in all $\delta_c$. What
#    is it?
# 3. $c = f\,c_{t-1} + i\,g$ and $h = o \tanh c$. What arrives at the four gates $f, i, g, o$?
# 4. What arrives at $z$, if the gate is a sigmoid with the value $k$ and $dk$ arrives at it?
# 5. The same for the tanh, $g$.
# 6. And what does $c_{t-1}$ receive? This is the path that the memory was given.
#
# Then $dz_k$ goes to $W_k$, $U_k$, $b_k$, to $x$ and to $h_{t-1}$, as in the two-layer network, and
# the last two hear from all four gates.
#
# With the numbers from above, $dh = 1$ and $dc = 0.5$, $\delta_c = 0.7100$. Hence
# $dz_f = 0.7100 \cdot 1 \cdot 0.75 \cdot 0.25 = 0.1331$, and $c_{t-1}$ receives
# $0.7100 \cdot 0.75 = 0.5325$.
#
# **Why?** Forget gates are often started with $b_f = 1$. What does that do to the gradient in
# step 6 after 20 time steps?


# %% tags=["demo"]
def slope_of_h(o, c):
    """Step 1: dh/dc."""
    return ...  # your formula


def delta_c(dh, dc, o, c):
    """Step 2: all that arrives at c."""
    return ...  # your formula


def at_the_gates(delta, dh, c_prev, c, i, g):
    """Step 3: what arrives at f, i, g, o, in this order; delta is what arrives at c."""
    return ...  # your formula


def through_sigmoid(dk, k):
    """Step 4: dL/dz, for a gate with the value k = sigmoid(z)."""
    return ...  # your formula


def through_tanh(dg, g):
    """Step 5: dL/dz, for the value g = tanh(z)."""
    return ...  # your formula


def at_the_memory_before(delta, f):
    """Step 6: what c_prev receives."""
    return ...  # your formula


if __name__ == "__main__":
    from grader.selfcheck import step

    step("Step 1", slope_of_h, [((0.5, 1.0), 0.21), ((0.25, 0.0), 0.25)],
         "o is a constant here; the slope of tanh is 1 - tanh^2.")  # fmt: skip
    step("Step 2", delta_c, [((1.0, 0.5, 0.5, 1.0), 0.71), ((0.0, 0.5, 0.5, 1.0), 0.5)],
         "Two arrows leave c. What comes back along each?")  # fmt: skip
    step("Step 3", at_the_gates, [((0.71, 1.0, 1.0, 1.0, 0.5, 0.25), (0.71, 0.1775, 0.355, 0.7616))],
         "Each factor of a product receives the other factor. o is a factor of h, not of c.")  # fmt: skip
    step("Step 4", through_sigmoid, [((0.71, 0.75), 0.1331), ((1.0, 0.5), 0.25)],
         "You wrote the slope of the sigmoid with its value before.")  # fmt: skip
    step("Step 5", through_tanh, [((0.355, 0.5), 0.2662)], "g is the value of tanh already.")
    step(
        "Step 6", at_the_memory_before, [((0.71, 0.75), 0.5325)], "c_prev is a factor of f c_prev."
    )


# %%
def cell_backward(params, cache, dh, dc):
    """The gradients of everything cell_forward was given, from those of h and c; both count.

    dh and dc, each (m, n_h), are what arrives at h and at c from outside. The cache is one of
    cell_forward, and only its keys "x", "h_prev", "c_prev", "f", "i", "g", "o", "c" may be relied
    on.

    Returns a dict with "x" (m, n_x), "h_prev" and "c_prev" (m, n_h), and every key of params, each
    of the shape of what it is the gradient of. Those of params are sums over the m examples, not
    means.

    >>> one = np.ones((1, 1))
    >>> params = {letter + k: one for letter in "WU" for k in "figo"}
    >>> params |= {"b" + k: np.zeros(1) for k in "figo"}
    >>> cache = {"x": 2 * one, "h_prev": 0 * one, "c_prev": one, "c": one}
    >>> cache |= {"f": 0.75 * one, "i": 0.5 * one, "g": 0.5 * one, "o": 0.5 * one}
    >>> grads = cell_backward(params, cache, dh=one, dc=0.5 * one)
    >>> [grads[key].round(4).tolist() for key in ("c_prev", "bf", "Wf")]
    [[[0.5325]], [0.1331], [[0.2662]]]
    """
    raise NotImplementedError


# %% [markdown]
# ## A sequence forward
#
# The same cell, with the same parameters, at every step; $h_0$ and $c_0$ come before the first:
#
# $$(h_t, c_t) = \text{cell}(x_t, h_{t-1}, c_{t-1}), \qquad t = 1, \dots, T$$
#
# With all parameters zero, every gate is $0.5$ and $g = 0$. From $c_0 = 4$ the cell state runs
# $2, 1, \dots$, and the hidden states are $0.5 \tanh 2 = 0.4820$, then $0.5 \tanh 1 = 0.3808$.
#
# **Why?** Which of the arrays in the cache would not be needed for running forward alone?


# %%
def sequence_forward(params, xs, h0, c0):
    """Run the cell over xs (T, m, n_x) from h0 and c0 (m, n_h); return (hs, cache).

    hs (T, m, n_h) holds the hidden state after each step. The cache is whatever sequence_backward
    wants it to be. T = 0 is allowed: hs is then an array of shape (0, m, n_h). T is at most 300.

    >>> params = {letter + k: np.zeros((1, 1)) for letter in "WU" for k in "figo"}
    >>> params |= {"b" + k: np.zeros(1) for k in "figo"}
    >>> xs, h0, c0 = np.ones((2, 1, 1)), np.array([[0.0]]), np.array([[4.0]])
    >>> hs, cache = sequence_forward(params, xs, h0, c0)
    >>> hs.round(4).tolist()
    [[[0.482]], [[0.3808]]]
    """
    raise NotImplementedError


# %% [markdown]
# ## A sequence backward: backpropagation through time
#
# Step $t$ hears from two sides: from the loss outside, $dhs_t$, and from step $t + 1$, which used
# $h_t$ and $c_t$. The steps are therefore undone from the last to the first.
#
# 7. What is the `dh` that `cell_backward` gets at step $t$?
# 8. The parameters are the same at every step. Each step has a gradient for $W_f$; what is that of
#    the whole sequence?
#
# The gradient along the memory is only multiplied by $f$: with all parameters zero, $c_0$ receives
# what reaches $c_2$ times $0.5 \cdot 0.5$, and what reaches $c_1$ times $0.5$. In the example below
# 1 arrives at $h_2$ alone: $c_2 = 1$ receives $0.5 (1 - \tanh^2 1) = 0.2100$ and $c_0$ a
# quarter of it, $0.0525$.
#
# **Why?** In what order would you have to visit the nodes of the unrolled network if you had only
# the rule of computation_graph, and which node waits longest?


# %% tags=["demo"]
def arriving_at_h(dhs_t, dh_from_next_step):
    """Step 7: the whole gradient at h of step t."""
    return ...  # your formula


def gradient_of_shared(steps):
    """Step 8: the gradient of a parameter, from the list of those of the single steps."""
    return ...  # your formula


if __name__ == "__main__":
    from grader.selfcheck import step

    step("Step 7", arriving_at_h, [((0.5, -0.2), 0.3)], "Two arrows leave h. Both count.")
    step("Step 8", gradient_of_shared, [(([1.0, 2.0, 4.0],), 7.0)],
         "W_f is one node with an arrow to every step.")  # fmt: skip


# %%
def sequence_backward(params, cache, dhs):
    """The gradients of everything sequence_forward was given, from those of hs.

    dhs, (T, m, n_h), is what arrives at hs from outside. Returns a dict with "xs" (T, m, n_x), "h0"
    and "c0" (m, n_h), and every key of params: sums over the batch and over time. The cache is what
    sequence_forward returned. With T = 0 every gradient is zero, "xs" of shape (0, m, n_x).

    >>> params = {letter + k: np.zeros((1, 1)) for letter in "WU" for k in "figo"}
    >>> params |= {"b" + k: np.zeros(1) for k in "figo"}
    >>> xs, h0, c0 = np.ones((2, 1, 1)), np.array([[0.0]]), np.array([[4.0]])
    >>> hs, cache = sequence_forward(params, xs, h0, c0)
    >>> grads = sequence_backward(params, cache, np.array([[[0.0]], [[1.0]]]))
    >>> grads["c0"].round(4).tolist(), grads["xs"].shape
    ([[0.0525]], (2, 1, 1))
    """
    raise NotImplementedError


# %% [markdown]
# ## It learns to repeat a sentence
#
# The network reads three words, then three times a sign that means "go on", and has to say the
# three words again in their order. All it has is what it kept in $c$ and $h$. The gradients are
# yours; softmax, its loss and the optimiser (Adam) are given. Each word goes in as a row with a
# single 1.
#
# Below the learning curve you see the gates over one sentence: one row for each unit, one column
# for each word. Dark is 0 and bright is 1.
#
# **Why?** Look at the forget gates while the words are read and while they are said. Where do you
# find units that keep, and units that let go?


# %% tags=["demo"]
WORDS = ("dogs", "cats", "birds", "fish", "see", "chase", "hear", "like", "go on")


def sentences(m, rng):
    """Return words (6, m) to read and words (3, m) to say: subject, verb, object."""
    said = np.stack([rng.integers(0, 4, m), rng.integers(4, 8, m), rng.integers(0, 4, m)])
    return np.concatenate([said, np.full((3, m), 8)]), said


def copy_step(params, read, said):
    """Return the loss, the share of words said correctly, and the gradients of the parameters."""
    n_h, m = params["bf"].size, read.shape[1]
    cell = {key: value for key, value in params.items() if key != "V"}
    start = np.zeros((m, n_h))
    hs, cache = sequence_forward(cell, np.eye(9)[read], start, start)
    logits = hs[3:] @ params["V"].T
    p = np.exp(logits - logits.max(axis=2, keepdims=True))
    p /= p.sum(axis=2, keepdims=True)
    truth = np.eye(8)[said]
    dhs, dlogits = np.zeros_like(hs), (p - truth) / truth[..., 0].size
    dhs[3:] = dlogits @ params["V"]
    grads = sequence_backward(cell, cache, dhs)
    grads["V"] = np.einsum("tmv,tmh->vh", dlogits, hs[3:])
    loss = -np.log((p * truth).sum(axis=2)).mean()
    return loss, (p.argmax(axis=2) == said).mean(), grads


def learn_to_copy(steps=150, n_h=24, m=32):
    """Return trained parameters, and the share of words said correctly at each step."""
    rng = np.random.default_rng(0)
    shapes = {"W": (n_h, 9), "U": (n_h, n_h)}
    params = {a + k: rng.normal(size=shapes[a]) * 0.3 for a in "WU" for k in "figo"}
    params |= {"b" + k: np.full(n_h, 1.0 if k == "f" else 0.0) for k in "figo"}
    params["V"] = rng.normal(size=(8, n_h)) * 0.3
    mean, square, right = dict.fromkeys(params, 0.0), dict.fromkeys(params, 0.0), []
    for count in range(1, steps + 1):
        _, share, grads = copy_step(params, *sentences(m, rng))
        right.append(share)
        for key in params:  # Adam (Kingma and Ba, 2015)
            mean[key] = 0.9 * mean[key] + 0.1 * grads[key]
            square[key] = 0.99 * square[key] + 0.01 * grads[key] ** 2
            size = np.sqrt(square[key] / (1 - 0.99**count)) + 1e-8
            params[key] = params[key] - 0.02 * mean[key] / (1 - 0.9**count) / size
    return params, np.array(right)


def gates_over(params, read):
    """Return the gates f, i, o of every unit over one sentence, each (n_h, 6)."""
    h = c = np.zeros((1, params["bf"].size))
    kept = []
    for word in read:
        h, c, cache = cell_forward(params, np.eye(9)[[word]], h, c)
        kept.append([cache[k][0] for k in "fio"])
    return np.array(kept).transpose(1, 2, 0)


def draw_copying():
    """Train, and show the learning curve and the gates over a sentence."""
    import matplotlib.pyplot as plt

    from grader.selfcheck import show

    params, right = learn_to_copy()
    read = [2, 6, 0, 8, 8, 8]  # birds hear dogs
    gates = gates_over(params, read)
    figure, axes = plt.subplots(2, 2, figsize=(10, 7), layout="constrained")
    axes[0, 0].plot(right)
    axes[0, 0].axhline(0.25, linestyle=":", color="black")
    axes[0, 0].set(title="Words said correctly (dotted: by chance)", xlabel="step", ylim=(0, 1.05))
    names = ("forget gate f", "input gate i", "output gate o")
    for ax, gate, name in zip(axes.flat[1:], gates, names, strict=True):
        picture = ax.imshow(gate, aspect="auto", vmin=0, vmax=1, cmap="viridis")
        ax.set(title=name, ylabel="unit", xticks=range(6), xticklabels=[WORDS[w] for w in read])
    figure.colorbar(picture, ax=axes)
    keeps = [f"{gate.mean():.2f}" for gate in gates]
    show(figure, f"The share of words said correctly rises from {right[:10].mean():.0%} to "
         f"{right[-10:].mean():.0%}. Over the sentence 'birds hear dogs' the gates f, i and o are "
         f"{', '.join(keeps)} in the mean.")  # fmt: skip


if __name__ == "__main__":
    from grader.selfcheck import ending

    with ending("It learns to repeat a sentence"):
        draw_copying()
