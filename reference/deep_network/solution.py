r"""The vanishing-gradient problem

A network of $K$ layers says how likely it is that a text is positive: $K - 1$ hidden layers and a
sigmoid at the end. With $a^{[0]} = x$,

$$z^{[k]} = W^{[k]} a^{[k-1]} + b^{[k]}, \qquad a^{[k]} = g(z^{[k]}) \quad (k < K), \qquad
\hat y = \sigma(z^{[K]}),$$

where $g$ is the sigmoid, tanh or ReLU, and the loss is the binary cross-entropy, a mean over the
$m$ examples. On its way back to the first layer the gradient is multiplied by a slope and by a
weight matrix at every layer. The slope of a sigmoid is at most $\frac14$; twenty of them in a row
leave less than $10^{-12}$ of what was there. The first layers hardly learn: the gradient has
vanished. The last cell draws it, with the functions that you write:

![Norm of the gradient by layer: from 0.1 to 1e-10 with sigmoids, level after rescale](norms.png)

You write `forward`, `backward`, `gradient_norms`, which makes the vanishing visible, and
`rescale`, the start that He et al. (2015) proposed against it.

A gradient of $10^{-26}$ is a right answer here, and zero is not: compute in `float64`, and neither
round nor clip anything.
"""

# %%
import numpy as np

# %% [markdown]
# ## Activations and their slopes
#
# $$\sigma'(z) = \sigma(z)\,(1 - \sigma(z)) = \sigma(z)\,\sigma(-z), \qquad
# \tanh'(z) = 1 - \tanh^2(z) = \frac{1}{\cosh^2 z}, \qquad
# \text{ReLU}'(z) = \begin{cases} 0 & z < 0 \\ 1 & z \ge 0 \end{cases}$$
#
# At $z = 0$ the slope of the sigmoid is $0.5 \cdot 0.5 = 0.25$, the largest it can be; at $z = 4$
# it is only $0.982 \cdot 0.018 = 0.018$. Tanh starts from 1 and falls faster: $0.0013$ at $z = 4$.
# ReLU passes on all or nothing.
#
# Nothing in this section is asked for by name: write here what helps you below.


# %%
# BEGIN SOLUTION
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


ACTIVATIONS = {
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * sigmoid(-z)),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "relu": (lambda z: np.maximum(z, 0.0), lambda z: np.where(z >= 0, 1.0, 0.0)),
}
# END SOLUTION

# %% [markdown]
# ## Forward and backward through K layers
#
# Row $i$ of $A^{[k]}$ is what layer $k$ answers to example $i$, so a whole batch goes through at
# once: $Z^{[k]} = A^{[k-1]} W^{[k]\top} + b^{[k]}$. Backward, start from the derivative of the mean
# loss and peel off one layer at a time:
#
# $$\frac{\partial L}{\partial Z^{[K]}} = \frac1m(\hat Y - Y), \qquad
# \frac{\partial L}{\partial W^{[k]}} = \frac{\partial L}{\partial Z^{[k]}}^{\top} A^{[k-1]}, \qquad
# \frac{\partial L}{\partial b^{[k]}} = \sum_i \frac{\partial L}{\partial z^{[k](i)}},$$
#
# $$\frac{\partial L}{\partial Z^{[k-1]}} =
# \frac{\partial L}{\partial Z^{[k]}} W^{[k]} \odot g'(Z^{[k-1]}).$$
#
# By hand, with one unit in each of two layers: $x = 0$, $w^{[1]} = 1$, $w^{[2]} = 2$, no biases,
# sigmoid. Then $a^{[1]} = \sigma(0) = 0.5$ and $\hat y = \sigma(2 \cdot 0.5) = 0.731$. If $y = 1$,
# then $\partial L/\partial z^{[2]} = 0.731 - 1 = -0.269$, and one layer further down
# $\partial L/\partial z^{[1]} = -0.269 \cdot 2 \cdot 0.25 = -0.134$.

# %%
# The graph for K = 3, drawn in your feedback: each value, and how it is made; g is the activation.
GRAPH = {
    "z1": "X @ W1.T + b1",
    "a1": "g(z1)",
    "z2": "a1 @ W2.T + b2",
    "a2": "g(z2)",
    "z3": "a2 @ W3.T + b3",
    "y_hat": "sigmoid(z3)",
    "L": "cross_entropy(y_hat, y)",
}


# %%
def forward(params, X, activation):
    r"""Predict: z[k] = W[k] a[k-1] + b[k], with g on hidden layers and a sigmoid on the last.

    params: W1 (n_1, n_x), b1 (n_1,), ... WK (1, n_{K-1}), bK (1,), with the keys in any order;
        K is 1 to 40. With K = 1 there is no hidden layer.
    X: (m, n_x), one example a row; m = 1 is allowed.
    activation: "sigmoid", "tanh" or "relu", for all hidden layers.

    Returns (y_hat, cache): y_hat (m, 1), and whatever your `backward` needs. The cache is handed
    back as it is; several may be in use at once. No argument is modified, here or below.

    >>> params = {"W1": np.array([[1.0]]), "b1": np.array([0.0]),
    ...           "W2": np.array([[2.0]]), "b2": np.array([0.0])}
    >>> y_hat, cache = forward(params, np.array([[0.0]]), "sigmoid")
    >>> y_hat.round(3)
    array([[0.731]])
    """
    # BEGIN SOLUTION
    g, _ = ACTIVATIONS[activation]
    K = len(params) // 2
    z, a = {}, {0: X}
    for k in range(1, K + 1):
        z[k] = a[k - 1] @ params[f"W{k}"].T + params[f"b{k}"]
        a[k] = g(z[k]) if k < K else sigmoid(z[k])
    return a[K], (z, a)
    # END SOLUTION


def backward(params, cache, y, activation):
    r"""Differentiate the mean binary cross-entropy by every parameter.

    dL/dz[K] = (y_hat - y) / m, and dL/dz[k-1] = (dL/dz[k] W[k]) * g'(z[k-1]), elementwise;
    from dL/dz[k] follow dL/dW[k] and dL/db[k].

    params, activation: those that `forward` was given, and cache: what it returned.
    y: (m, 1), the labels, 0 or 1.

    Returns a dict with the keys of params; each gradient has the shape of its parameter. The
    slope of ReLU is 0 for z < 0 and 1 for z >= 0. Gradients may be as small as 1e-100, and each
    is compared on its own scale. Output logits may be as large as 40.

    >>> params = {"W1": np.array([[1.0]]), "b1": np.array([0.0]),
    ...           "W2": np.array([[2.0]]), "b2": np.array([0.0])}
    >>> y_hat, cache = forward(params, np.array([[0.0]]), "sigmoid")
    >>> backward(params, cache, np.array([[1.0]]), "sigmoid")["b1"].round(3)
    array([-0.134])
    """
    # BEGIN SOLUTION
    _, slope = ACTIVATIONS[activation]
    z, a = cache
    K = len(z)
    grads = {}
    dz = (a[K] - y) / len(y)
    for k in range(K, 0, -1):
        grads[f"W{k}"] = dz.T @ a[k - 1]
        grads[f"b{k}"] = dz.sum(axis=0)
        if k > 1:
            dz = dz @ params[f"W{k}"] * slope(z[k - 1])
    return grads
    # END SOLUTION


# %% [markdown]
# ## How large is what arrives?
#
# The Frobenius norm, the square root of the sum of all squared entries, gives one number for each
# layer:
#
# $$\Big\lVert \frac{\partial L}{\partial W^{[k]}} \Big\rVert_F =
# \sqrt{\sum_{i,j} \Big(\frac{\partial L}{\partial W^{[k]}_{ij}}\Big)^2}, \qquad k = 1, \dots, K$$
#
# A gradient of $\begin{pmatrix} 3 & 4 \end{pmatrix}$ has norm $\sqrt{9 + 16} = 5$.


# %%
def gradient_norms(params, X, y, activation):
    r"""Return the Frobenius norm of dL/dWk for each layer: (K,), first layer first.

    params, X, activation: as for `forward`; y (m, 1): as for `backward`.

    >>> params = {"W1": np.array([[0.0, 0.0]]), "b1": np.array([0.0])}
    >>> gradient_norms(params, np.array([[3.0, 4.0]]), np.array([[0.0]]), "tanh")
    array([2.5])
    """
    # BEGIN SOLUTION
    _, cache = forward(params, X, activation)
    grads = backward(params, cache, y, activation)
    return np.array([np.linalg.norm(grads[f"W{k}"]) for k in range(1, len(params) // 2 + 1)])
    # END SOLUTION


# %% [markdown]
# ## A better start
#
# With ReLU about half of the units are silent, so about half of the variance is lost at each
# layer. He et al. (2015, *Delving Deep into Rectifiers*) make up for it with weights of variance
# $2/n_{\text{in}}$, where $n_{\text{in}}$ (the *fan-in*) counts the inputs of one unit. Given
# weights are brought to that variance by one factor for each matrix, and the biases start at zero:
#
# $$W^{[k]} \leftarrow W^{[k]} \cdot \frac{\sqrt{2 / n_{\text{in}}}}{\text{std}(W^{[k]})},
# \qquad b^{[k]} \leftarrow 0$$
#
# The matrix $\begin{pmatrix} 1 & 3 \end{pmatrix}$ has two inputs, so the standard deviation is to
# be $\sqrt{2/2} = 1$. It is 1 already (mean 2, both entries 1 away from it): nothing changes. Ten
# times the matrix would be divided by ten.


# %%
def rescale(params):
    r"""Scale each Wk to the variance 2 / fan_in of He et al. (2015), and set each bias to zero.

    Wk becomes Wk * sqrt(2 / fan_in) / std(Wk): fan_in is the number of inputs of that layer, for
    the shape it has; std runs over all entries of Wk and divides by their number (it is never
    0). Every layer is scaled, the last included; no mean is subtracted.

    Returns a new dict of new arrays, with the keys and shapes of params.

    >>> start = {"W1": np.array([[10.0, 30.0]]), "b1": np.array([7.0])}
    >>> rescale(start)
    {'W1': array([[1., 3.]]), 'b1': array([0.])}
    """
    # BEGIN SOLUTION
    better = {}
    for name, value in params.items():
        if name.startswith("W"):
            fan_in = value.shape[1]
            better[name] = value * np.sqrt(2 / fan_in) / value.std()
        else:
            better[name] = np.zeros_like(value)
    return better
    # END SOLUTION


# %% [markdown]
# ## See it vanish
#
# Thirty layers of twelve units. The two lines start from the same numbers, once as they are, with
# sigmoids, and once after `rescale`, with ReLU. How many layers back does the sigmoid lose a factor
# of a million?


# %% tags=["demo"]
def example_start(depth=30, width=12):
    """Weights between -1 and 1 that look drawn by lot, and are the same every time."""
    params, drawn = {}, 0
    for k in range(1, depth + 1):
        shape = (width if k < depth else 1, width)
        steps = np.arange(drawn, drawn + shape[0] * shape[1])
        params[f"W{k}"] = np.sin(steps**2).reshape(shape)
        params[f"b{k}"] = np.zeros(shape[0])
        drawn += steps.size
    return params


def plot_gradient_norms():
    """Draw how much of the gradient reaches each layer, for two starts."""
    import matplotlib.pyplot as plt

    start = example_start()
    X = np.cos(np.arange(8 * 12) ** 2).reshape(8, 12)
    y = (np.arange(8) % 2.0).reshape(8, 1)
    layers = np.arange(1, len(start) // 2 + 1)

    _, ax = plt.subplots()
    ax.semilogy(layers, gradient_norms(start, X, y, "sigmoid"), "o-", label="sigmoid")
    ax.semilogy(layers, gradient_norms(rescale(start), X, y, "relu"), "s-", label="ReLU, rescaled")
    ax.set(xlabel="layer $k$", ylabel=r"$\Vert \partial L / \partial W^{[k]} \Vert_F$")
    ax.set_title("How much of the gradient reaches each layer")
    ax.legend()
    plt.show()


if __name__ == "__main__":
    plot_gradient_norms()
