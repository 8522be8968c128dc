# deep_network: write your answers in this file.
# (Made by `grader build`; instructors edit reference/deep_network/solution.py.)
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

The graph of three layers with one unit each, at the example that is worked by hand below. Read
the gradients at z3, z2 and z1 from right to left:

![Graph of three layers: X = 1, W1 = 1 and b1 = -1 make z1 = 0, a1 = g(z1) = 0.5; W2 = 2 makes z2 =
1, a2 = 0.7311; W3 = 1 makes z3 = 0.7311, y_hat = 0.675 and, with y = 1, the loss L = 0.393. The
gradient is -0.325 at z3, -0.0639 at z2 and -0.0319 at z1](graph.svg)

You write `forward`, `backward`, `gradient_norms`, which makes the vanishing visible, and
`rescale`, the start that He et al. (2015) proposed against it.

**Builds on** two_layer_network: its layers, its loss, and its way from one example to a batch.
**Time**: about three hours. The numbered steps are practice and are not graded. The points of every
check are listed at the end.

A gradient of $10^{-26}$ is a right answer here, and zero is not: compute in `float64`, and neither
round nor clip anything.
"""

# %%
import numpy as np

# %% [markdown]
# ## Activations and their slopes
#
# The slopes of the sigmoid, of tanh and of ReLU decide how much of a gradient passes through a
# layer. Write each with the value of the activation or with $z$, whichever is shorter, and try it
# here first.
#
# 1. $\sigma'(z)$, from $z$. Mind $\sigma(z) = \frac{1}{1 + e^{-z}}$, and that
#    $1 - \sigma(z) = \sigma(-z)$.
# 2. $\tanh'(z)$. For large $z$ the difference $1 - \tanh^2 z$ loses its digits;
#    $\frac{1}{\cosh^2 z}$ is the same number and keeps them.
# 3. ReLU' is 0 for $z < 0$ and, as in the lecture, 1 for $z \ge 0$.
#
# At $z = 0$ the slope of the sigmoid is $0.5 \cdot 0.5 = 0.25$, the largest it can be; at $z = 4$
# it is only $0.982 \cdot 0.018 = 0.018$. Tanh starts from 1 and falls faster: $0.0013$ at $z = 4$.
# ReLU passes on all or nothing.
#
# 4. A gradient passes $n$ layers of sigmoids, and all weights are 1. What is the largest factor
#    by which it can be multiplied in all?
#
# **Why?** Weights of size 4 would make up for a slope of $\frac14$. Why does that not save a
# network of sigmoids?


# %% tags=["demo"]
def slope_of_sigmoid(z):
    """Step 1: the slope of the sigmoid at z."""
    return ...  # your formula


def slope_of_tanh(z):
    """Step 2: the slope of tanh at z."""
    return ...  # your formula


def slope_of_relu(z):
    """Step 3: the slope of ReLU at each entry of the array z."""
    return ...  # your formula


def largest_factor(n):
    """Step 4: the most that is left of a gradient after n sigmoids."""
    return ...  # your formula


if __name__ == "__main__":
    from grader.selfcheck import step

    step("Step 1", slope_of_sigmoid, [((0.0,), 0.25), ((4.0,), 0.01766)],
         "It is sigma(z) times sigma(-z).")  # fmt: skip
    step("Step 2", slope_of_tanh, [((0.0,), 1.0), ((4.0,), 0.001341)],
         "Which of the two ways of writing it does the text recommend?")  # fmt: skip
    step("Step 3", slope_of_relu, [((np.array([-2.0, 0.0, 3.0]),), [0, 1, 1])],
         "np.where takes a condition and two values.")  # fmt: skip
    step("Step 4", largest_factor, [((1,), 0.25), ((10,), 9.537e-7), ((20,), 9.095e-13)],
         "Each sigmoid multiplies by its slope. How large can that be?")  # fmt: skip

# %% [markdown]
# Nothing in this section is asked for by name: write here what helps you below.


# %% [markdown]
# ## Forward and backward through K layers
#
# Row $i$ of $A^{[k]}$ is what layer $k$ answers to example $i$, so a whole batch goes through at
# once: $Z^{[k]} = A^{[k-1]} W^{[k]\top} + b^{[k]}$. Backward, start from the derivative of the mean
# loss with respect to the last logits and peel off one layer at a time.
#
# 5. $\partial L / \partial Z^{[K]}$, from $\hat Y$ and $Y$, both $(m, 1)$. You derived it for the
#    two-layer network.
# 6. $\partial L / \partial W^{[k]}$, from $\partial L / \partial Z^{[k]}$ and $A^{[k-1]}$.
# 7. $\partial L / \partial Z^{[k-1]}$, from $\partial L / \partial Z^{[k]}$, $W^{[k]}$ and the slopes
#    $g'(Z^{[k-1]})$: one matrix product, and one product entry by entry.
#
# By hand, with one unit in each of two layers: $x = 0$, $w^{[1]} = 1$, $w^{[2]} = 2$, no biases,
# sigmoid. Then $a^{[1]} = \sigma(0) = 0.5$ and $\hat y = \sigma(2 \cdot 0.5) = 0.731$. If $y = 1$,
# then $\partial L/\partial z^{[2]} = 0.731 - 1 = -0.269$, and one layer further down
# $\partial L/\partial z^{[1]} = -0.269 \cdot 2 \cdot 0.25 = -0.134$.
#
# The picture at the top has three such layers: $x = 1$, $w^{[1]} = 1$, $b^{[1]} = -1$, $w^{[2]} = 2$,
# $w^{[3]} = 1$. On its way back the gradient shrinks from $-0.325$ to $-0.0639$ to $-0.0319$.
#
# **Why?** Which two numbers make $-0.0319$ of $-0.0639$, and which two make $-0.0639$ of $-0.325$?

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
# The same graph at the example with three layers, g the sigmoid: the picture shows these numbers.
GRAPH_VALUES = {
    "X": 1, "W1": 1, "b1": -1, "z1": 0, "a1": 0.5, "W2": 2, "b2": 0, "z2": 1, "a2": 0.7311,
    "W3": 1, "b3": 0, "z3": 0.7311, "y_hat": 0.675, "y": 1, "L": 0.393,
}  # fmt: skip
GRAPH_GRADIENTS = {
    "L": 1, "y_hat": -1.4814, "z3": -0.325, "W3": -0.2376, "b3": -0.325, "a2": -0.325,
    "z2": -0.0639, "W2": -0.0319, "b2": -0.0639, "a1": -0.1278, "z1": -0.0319, "W1": -0.0319,
    "b1": -0.0319,
}  # fmt: skip


# %% tags=["demo"]
def slope_at_logits(y_hat, y):
    """Step 5: dL/dZ[K] (m, 1), of the mean loss."""
    return ...  # your formula


def gradient_of_weights(dz, a):
    """Step 6: dL/dW[k] (n_k, n_{k-1}), from dL/dZ[k] (m, n_k) and A[k-1] (m, n_{k-1})."""
    return ...  # your formula


def one_layer_back(dz, W, slopes):
    """Step 7: dL/dZ[k-1], from dL/dZ[k], W[k] and g'(Z[k-1])."""
    return ...  # your formula


if __name__ == "__main__":
    from grader.selfcheck import step

    y_hat, y = np.array([[0.731], [0.5]]), np.array([[1.0], [0.0]])
    dz, W = np.array([[-0.2], [0.4]]), np.array([[2.0, -1.0]])
    slopes, a = np.array([[0.25, 0.1], [0.2, 0.25]]), np.array([[0.5, 0.1], [0.3, 0.5]])
    step("Step 5", slope_at_logits, [((y_hat, y), [[-0.1345], [0.25]])],
         "The mean divides by the number of examples.")  # fmt: skip
    step("Step 6", gradient_of_weights, [((dz, a), [[0.02, 0.18]])],
         "Its shape is that of W. Which of the two matrices has to be transposed?")  # fmt: skip
    step("Step 7", one_layer_back, [((dz, W, slopes), [[-0.1, 0.02], [0.16, -0.1]])],
         "In the first row: -0.2 times (2, -1), then times (0.25, 0.1).")  # fmt: skip


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
    raise NotImplementedError


def backward(params, cache, y, activation):
    r"""Differentiate the mean binary cross-entropy by every parameter.

    Start from the gradient at the output logits and go back one layer at a time: steps 5 to 7.

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
    raise NotImplementedError


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
#
# **Why?** Why is a norm of $10^{-10}$ in the first layer harmful, although each step could be made
# larger by a learning rate of $10^{10}$?


# %%
def gradient_norms(params, X, y, activation):
    r"""Return the Frobenius norm of dL/dWk for each layer: (K,), first layer first.

    params, X, activation: as for `forward`; y (m, 1): as for `backward`.

    >>> params = {"W1": np.array([[0.0, 0.0]]), "b1": np.array([0.0])}
    >>> gradient_norms(params, np.array([[3.0, 4.0]]), np.array([[0.0]]), "tanh")
    array([2.5])
    """
    raise NotImplementedError


# %% [markdown]
# ## A better start
#
# Can weights be chosen so that a signal neither dies out nor explodes?
#
# 8. A unit adds $n_{\text{in}}$ products $w_j a_j$ (the *fan-in* $n_{\text{in}}$ counts its
#    inputs). All $a_j^2$ have the mean $q$, and the weights are independent with mean 0 and
#    variance $v$. What is the variance of $z = \sum_j w_j a_j$?
# 9. ReLU sets half of the $z$ to 0 and keeps the others, so the mean of $a^2$ is half the variance
#    of $z$. Which $v$ keeps $q$ as it is?
#
# That is the start of He et al. (2015, *Delving Deep into Rectifiers*). Given weights are brought
# to that variance by one factor for each matrix, and the biases start at zero:
#
# $$W^{[k]} \leftarrow W^{[k]} \cdot \frac{\sqrt{2 / n_{\text{in}}}}{\text{std}(W^{[k]})},
# \qquad b^{[k]} \leftarrow 0$$
#
# The matrix $\begin{pmatrix} 1 & 3 \end{pmatrix}$ has two inputs, so the standard deviation is to
# be $\sqrt{2/2} = 1$. It is 1 already (mean 2, both entries 1 away from it): nothing changes. Ten
# times the matrix would be divided by ten.
#
# **Why?** With tanh instead of ReLU people use $1 / n_{\text{in}}$. Where does the factor 2 go?


# %% tags=["demo"]
def variance_of_z(fan_in, q, v):
    """Step 8: the variance of z."""
    return ...  # your formula


def variance_of_weights(fan_in):
    """Step 9: the v that keeps the mean of a squared as it is, with ReLU."""
    return ...  # your formula


if __name__ == "__main__":
    from grader.selfcheck import step

    step("Step 8", variance_of_z, [((10, 1.0, 0.1), 1.0), ((3, 2.0, 0.5), 3.0)],
         "Variances of independent terms add up. What is that of one term?")  # fmt: skip
    step("Step 9", variance_of_weights, [((2,), 1.0), ((10,), 0.2)],
         "Solve q = fan_in q v / 2 for v.")  # fmt: skip


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
    raise NotImplementedError


# %% [markdown]
# ## See it vanish
#
# Thirty layers of twelve units. The two lines start from the same numbers, once as they are, with
# sigmoids, and once after `rescale`, with ReLU.
#
# **Why?** How many layers back does the sigmoid lose a factor of a million, and how does that agree
# with step 4?


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

    from grader.selfcheck import show

    start = example_start()
    X = np.cos(np.arange(8 * 12) ** 2).reshape(8, 12)
    y = (np.arange(8) % 2.0).reshape(8, 1)
    layers = np.arange(1, len(start) // 2 + 1)
    sigmoids = gradient_norms(start, X, y, "sigmoid")
    rescaled = gradient_norms(rescale(start), X, y, "relu")

    figure, ax = plt.subplots()
    ax.semilogy(layers, sigmoids, "o-", label="sigmoid")
    ax.semilogy(layers, rescaled, "s-", label="ReLU, rescaled")
    ax.set(xlabel="layer $k$", ylabel=r"$\Vert \partial L / \partial W^{[k]} \Vert_F$")
    ax.set_title("How much of the gradient reaches each layer")
    ax.legend()
    show(figure, f"With sigmoids the norm falls from {sigmoids[-1]:.0e} in the last layer to "
         f"{sigmoids[0]:.0e} in the first; after rescale, with ReLU, from {rescaled[-1]:.0e} to "
         f"{rescaled[0]:.0e}.")  # fmt: skip


if __name__ == "__main__":
    from grader.selfcheck import ending

    with ending("See it vanish"):
        plot_gradient_norms()
