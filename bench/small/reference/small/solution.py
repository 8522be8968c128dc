r"""A product, a sum and a small network

The gradients of $L = c(a + 2b)$, and of a network with one hidden layer of ReLU units and a sigmoid
on top. The first axis of `X (m, n_x)` and `y (m, 1)` counts examples; `params` holds
`W1 (n_h, n_x)`, `b1 (n_h,)`, `W2 (1, n_h)` and `b2 (1,)`.
"""

# %%
import numpy as np

# %% [markdown]
# ## A product and a sum


# %%
def expression(a, b, c):
    """Return L = c (a + 2 b).

    >>> expression(3.0, 1.0, -2.0)
    -10.0
    """
    # BEGIN SOLUTION
    return c * (a + 2 * b)
    # END SOLUTION


# %%
def expression_gradient(a, b, c):
    """Return the tuple (dL/da, dL/db, dL/dc) of L = c (a + 2 b).

    >>> expression_gradient(3.0, 1.0, -2.0)
    (-2.0, -4.0, 5.0)
    """
    # BEGIN SOLUTION
    return c, 2 * c, a + 2 * b
    # END SOLUTION


# %% [markdown]
# ## A small network


# %%
def forward(params, X):
    """Return (y_hat, cache): the predictions (m, 1), and what backward needs.

    The cache is a dict with the keys "X", "z1", "a1" and "y_hat".
    """
    # BEGIN SOLUTION
    z1 = X @ params["W1"].T + params["b1"]
    a1 = np.maximum(z1, 0.0)
    y_hat = 1 / (1 + np.exp(-(a1 @ params["W2"].T + params["b2"])))
    return y_hat, {"X": X, "z1": z1, "a1": a1, "y_hat": y_hat}
    # END SOLUTION


# %%
def loss(params, X, y):
    """Return the mean binary cross-entropy of the network's predictions on X."""
    # BEGIN SOLUTION
    y_hat, _ = forward(params, X)
    return -np.mean(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat))
    # END SOLUTION


# %%
def backward(params, cache, y):
    """Return the gradients of the mean loss: a dict with "W1", "b1", "W2" and "b2"."""
    # BEGIN SOLUTION
    z2 = (cache["y_hat"] - y) / len(y)
    z1 = z2 @ params["W2"] * (cache["z1"] > 0)
    return {
        "W1": z1.T @ cache["X"],
        "b1": z1.sum(axis=0),
        "W2": z2.T @ cache["a1"],
        "b2": z2.sum(axis=0),
    }
    # END SOLUTION
