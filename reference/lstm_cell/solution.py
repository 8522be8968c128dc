r"""The LSTM cell: one step and a whole sequence, both ways

A simple recurrent network hands its hidden state through a weight matrix at every step, and the
gradient shrinks each time. The LSTM gives the memory a road of its own: the **cell state** $c_t$ is
only scaled and added to. Three gates, each between 0 and 1, decide what is forgotten ($f$), what is
written ($i$) and what is shown ($o$); $g$ is what could be written:

$$f_t = \sigma(U_f h_{t-1} + W_f x_t + b_f) \qquad i_t = \sigma(U_i h_{t-1} + W_i x_t + b_i)$$
$$o_t = \sigma(U_o h_{t-1} + W_o x_t + b_o) \qquad g_t = \tanh(U_g h_{t-1} + W_g x_t + b_g)$$
$$c_t = f_t \odot c_{t-1} + i_t \odot g_t \qquad h_t = o_t \odot \tanh(c_t)$$

You write the cell forward and backward, and then both through time. The letters:

| array | shape | is |
|---|---|---|
| `x`, `xs` | `(m, n_x)`, `(T, m, n_x)` | the input of one step, of all steps; `m` examples |
| `h`, `c` | `(m, n_h)` | hidden and cell state; `h_prev`, `c_prev`: those of the step before |
| `Wk`, `Uk`, `bk` | `(n_h, n_x)`, `(n_h, n_h)`, `(n_h,)` | parameters of gate `k`: `f, i, g, o` |
| `dh`, `dc` | `(m, n_h)` | the gradients that arrive at `h` and at `c` from outside |

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
    # BEGIN SOLUTION
    z = {k: h_prev @ params["U" + k].T + x @ params["W" + k].T + params["b" + k] for k in "figo"}
    f, i, o = sigmoid(z["f"]), sigmoid(z["i"]), sigmoid(z["o"])
    g = np.tanh(z["g"])
    c = f * c_prev + i * g
    h = o * np.tanh(c)
    cache = {"x": x, "h_prev": h_prev, "c_prev": c_prev, "f": f, "i": i, "g": g, "o": o, "c": c}
    return h, c, cache
    # END SOLUTION


# %% [markdown]
# ## One step backward
#
# Two gradients arrive: $dh$ at the hidden state, $dc$ at the cell state. The hidden state was made
# from the cell state, so part of $dh$ flows on into $c$, and what the memory receives in all is
# called $\delta_c$ here:
#
# $$\delta_c = dc + dh \odot o \odot (1 - \tanh^2 c)$$
#
# From there, each factor of $c = f \odot c_{t-1} + i \odot g$ receives $\delta_c$ times the other
# factor, and each gate multiplies by the slope of its own activation:
# $\sigma' = \sigma (1 - \sigma)$ and $\tanh' = 1 - \tanh^2$. Then $dz_k$ goes to $W_k$, $U_k$,
# $b_k$, to $x$ and to $h_{t-1}$, and the last two hear from all four gates.
#
# With the numbers from above, $dh = 1$ and $dc = 0.5$:
# $\delta_c = 0.5 + 1 \cdot 0.5 \cdot (1 - 0.7616^2) = 0.7100$. Hence
# $dz_f = 0.7100 \cdot 1 \cdot 0.75 \cdot 0.25 = 0.1331$, and $c_{t-1}$ receives
# $0.7100 \cdot 0.75 = 0.5325$.


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
    # BEGIN SOLUTION
    x, h_prev, c_prev = cache["x"], cache["h_prev"], cache["c_prev"]
    f, i, g, o = cache["f"], cache["i"], cache["g"], cache["o"]
    tanh_c = np.tanh(cache["c"])

    delta_c = dc + dh * o * (1 - tanh_c**2)
    dz = {
        "f": delta_c * c_prev * f * (1 - f),
        "i": delta_c * g * i * (1 - i),
        "g": delta_c * i * (1 - g**2),
        "o": dh * tanh_c * o * (1 - o),
    }

    grads = {
        "x": sum(dz[k] @ params["W" + k] for k in dz),
        "h_prev": sum(dz[k] @ params["U" + k] for k in dz),
        "c_prev": delta_c * f,
    }
    for k, dz_k in dz.items():
        grads["W" + k] = dz_k.T @ x
        grads["U" + k] = dz_k.T @ h_prev
        grads["b" + k] = dz_k.sum(axis=0)
    return grads
    # END SOLUTION


# %% [markdown]
# ## A sequence forward
#
# The same cell, with the same parameters, at every step; $h_0$ and $c_0$ come before the first:
#
# $$(h_t, c_t) = \text{cell}(x_t, h_{t-1}, c_{t-1}), \qquad t = 1, \dots, T$$
#
# With all parameters zero, every gate is $0.5$ and $g = 0$. From $c_0 = 4$ the cell state runs
# $2, 1, \dots$, and the hidden states are $0.5 \tanh 2 = 0.4820$, then $0.5 \tanh 1 = 0.3808$.


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
    # BEGIN SOLUTION
    h, c = h0, c0
    hs, cache = np.zeros((len(xs), *h0.shape)), []
    for t, x in enumerate(xs):
        h, c, step = cell_forward(params, x, h, c)
        hs[t] = h
        cache.append(step)
    return hs, cache
    # END SOLUTION


# %% [markdown]
# ## A sequence backward: backpropagation through time
#
# Step $t$ hears from two sides: from the loss outside, $dhs_t$, and from step $t + 1$, which used
# $h_t$ and $c_t$. The steps are therefore undone from the last to the first. The parameters are the
# same at every step and collect the gradients of all of them:
#
# $$\frac{\partial L}{\partial W_k}
# = \sum_{t=1}^{T} \frac{\partial L}{\partial W_k}\bigg|_{\text{step } t}$$
#
# The gradient along the memory is only multiplied by $f$: with all parameters zero, $c_0$ receives
# what reaches $c_2$ times $0.5 \cdot 0.5$, and what reaches $c_1$ times $0.5$. In the example below
# only $h_2$ is blamed, by $1$: $c_2 = 1$ receives $0.5 (1 - \tanh^2 1) = 0.2100$ and $c_0$ a
# quarter of it, $0.0525$.


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
    # BEGIN SOLUTION
    T, m, n_h = dhs.shape
    dxs = np.zeros((T, m, params["Wf"].shape[1]))
    dh, dc = np.zeros((m, n_h)), np.zeros((m, n_h))
    grads = {key: np.zeros_like(value) for key, value in params.items()}
    for t in reversed(range(T)):
        step = cell_backward(params, cache[t], dhs[t] + dh, dc)
        dxs[t], dh, dc = step["x"], step["h_prev"], step["c_prev"]
        for key in params:
            grads[key] += step[key]
    return {"xs": dxs, "h0": dh, "c0": dc, **grads}
    # END SOLUTION
