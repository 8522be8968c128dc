r"""Two-layer network: forward, backward, training

A classifier that answers yes or no, written from scratch: one hidden layer of ReLU units, one
sigmoid unit on top, and the binary cross-entropy between its answer and the truth. For one
example $x$, in the notation of the lecture (superscripts in brackets count layers):

$$z^{[1]} = W^{[1]} x + b^{[1]} \qquad a^{[1]} = \mathrm{ReLU}(z^{[1]})$$

$$z^{[2]} = W^{[2]} a^{[1]} + b^{[2]} \qquad \hat y = a^{[2]} = \sigma(z^{[2]})$$

$$L(\hat y, y) = -\bigl(y \log \hat y + (1 - y) \log (1 - \hat y)\bigr)$$

![Graph of the network at one example, from left to right: X, W1 and b1 make z1 = (2, -0.5), a1 =
ReLU(z1) = (2, 0), then W2 and b2 make z2 = 0, a2 = 0.5, and with y the loss L = 0.6931. The
gradients run back from L: -2 at a2, -0.5 at z2, (-0.25, -0.5) at a1 and (-0.25, 0) at
z1](graph.svg)

You write the activations with their slopes, the loss, the forward pass, the backward pass that
propagates the gradient from $L$ back to every weight, the update step, and the training loop. At
the end your network learns to tell two moons apart, and draws the boundary that it found.

**Builds on** computation_graph: the chain rule, and sums where paths meet. **Time**: about five
hours, two of them for the derivation and `backward`. The numbered steps are practice and are not
graded. The points of every check are listed at the end.

**Conventions.** The first axis counts examples: a batch is `X (m, n_x)` with labels `y (m, 1)`,
each 0 or 1. Weight matrices have the shape of the lecture, `W1 (n_h, n_x)`, so that a batch gives
`X @ W1.T + b1`; biases are `(n,)`. The loss is the **mean** over the batch, and so every gradient
is the gradient of that mean. A gradient has exactly the shape of its variable; the gradient
$\partial L / \partial z^{[1]}$ goes under the key `"z1"`, and so on. Numbers are float64. No
function changes its arguments, and equal arguments give equal results.
"""

# %%
import numpy as np

# %% [markdown]
# ## A network small enough for pencil and paper
#
# Two inputs, two hidden units, one output. Every worked number below is about this network and its
# one example $x = (1, 2)$, $y = 1$:
#
# $$W^{[1]} = \begin{pmatrix} 1 & \tfrac12 \\ -1 & \tfrac14 \end{pmatrix} \quad
# b^{[1]} = \begin{pmatrix} 0 \\ 0 \end{pmatrix} \quad
# W^{[2]} = \begin{pmatrix} \tfrac12 & 1 \end{pmatrix} \quad b^{[2]} = -1$$
#
# **Why?** The picture has one arrow out of every node but $L$. Which arrows would be added if the
# loss also punished large weights?

# %%
EXAMPLE_PARAMS = {
    "W1": np.array([[1.0, 0.5], [-1.0, 0.25]]),
    "b1": np.array([0.0, 0.0]),
    "W2": np.array([[0.5, 1.0]]),
    "b2": np.array([-1.0]),
}
EXAMPLE_X = np.array([[1.0, 2.0]])
EXAMPLE_Y = np.array([[1.0]])
# The graph of this section, drawn in your feedback: each value, and how it is made.
GRAPH = {
    "z1": "X @ W1.T + b1",
    "a1": "relu(z1)",
    "z2": "a1 @ W2.T + b2",
    "a2": "sigmoid(z2)",
    "L": "loss(a2, y)",
}
# The same graph at our example, worked by hand: the picture above shows these numbers.
GRAPH_VALUES = {
    "X": [[1, 2]], "W1": [[1, 0.5], [-1, 0.25]], "b1": [0, 0], "z1": [[2, -0.5]], "a1": [[2, 0]],
    "W2": [[0.5, 1]], "b2": [-1], "z2": [[0]], "a2": [[0.5]], "y": [[1]], "L": 0.6931,
}  # fmt: skip
GRAPH_GRADIENTS = {
    "L": 1, "a2": [[-2]], "z2": [[-0.5]], "W2": [[-1, 0]], "b2": [-0.5], "a1": [[-0.25, -0.5]],
    "z1": [[-0.25, 0]], "W1": [[-0.25, -0.5], [0, 0]], "b1": [-0.25, 0],
}  # fmt: skip

# %% [markdown]
# ## ReLU
#
# $$\mathrm{ReLU}(z) = \max(z, 0) \qquad
# \mathrm{ReLU}'(z) = \begin{cases} 0 & z < 0 \\ 1 & z \ge 0 \end{cases}$$
#
# A unit below zero is inactive: it outputs 0. At zero the function has a corner and no derivative;
# the lecture takes 1 there. In our network $z^{[1]} = (2, -\tfrac12)$: the first unit is active,
# with slope 1, and the second is inactive, with slope 0.
#
# **Why?** A unit that is inactive for every training example never changes again. Why not?


# %%
def relu(z):
    """Return max(z, 0), entry by entry.

    z: an array of any shape. The result is a new array of the same shape; z stays as it is.

    >>> relu(np.array([-0.5, 0.0, 2.0]))
    array([0., 0., 2.])
    """
    # BEGIN SOLUTION
    return np.maximum(z, 0.0)
    # END SOLUTION


def relu_derivative(z):
    """Return the slope of ReLU at z, entry by entry: 0 where z < 0, 1 where z >= 0.

    z: an array of any shape. The result has the same shape. At z = 0 the slope is 1.

    >>> relu_derivative(np.array([-0.5, 0.0, 2.0]))
    array([0., 1., 1.])
    """
    # BEGIN SOLUTION
    return np.where(z >= 0, 1.0, 0.0)
    # END SOLUTION


# %% [markdown]
# ## The sigmoid
#
# $$\sigma(z) = \frac{1}{1 + e^{-z}} \qquad \sigma'(z) = \sigma(z)\,(1 - \sigma(z))$$
#
# Halfway at zero, and steepest there: $\sigma(0) = \tfrac12$ and $\sigma'(0) = \tfrac14$. Far out
# it is flat, yet $e^{800}$ is more than a float can hold: mind which exponential you take. The
# identities $\sigma(z) = e^{z} / (e^{z} + 1)$ and $1 - \sigma(z) = \sigma(-z)$ help.
#
# **Why?** Why is the slope largest where the network is least sure, and why is that good for
# learning?


# %%
def sigmoid(z):
    """Return 1 / (1 + exp(-z)), entry by entry.

    z: an array of any shape, |z| up to 800. The result has the same shape and is finite.

    >>> sigmoid(np.array([-800.0, 0.0, 800.0]))
    array([0. , 0.5, 1. ])
    """
    # BEGIN SOLUTION
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)
    # END SOLUTION


def sigmoid_derivative(z):
    """Return the slope of the sigmoid at z, entry by entry: sigmoid(z) (1 - sigmoid(z)).

    z: an array of any shape, |z| up to 800: the input of the sigmoid, not its output. The result
    has the same shape and is finite.

    >>> sigmoid_derivative(np.array([-800.0, 0.0, 800.0]))
    array([0.  , 0.25, 0.  ])
    """
    # BEGIN SOLUTION
    return sigmoid(z) * sigmoid(-z)
    # END SOLUTION


# %% [markdown]
# ## The loss
#
# $$L = \frac1m \sum_{i=1}^{m} -\bigl(y_i \log \hat y_i + (1 - y_i) \log (1 - \hat y_i)\bigr)$$
#
# One of the two terms is always zero: what counts is the log-probability given to the truth. Our
# network says $\hat y = \tfrac12$ where $y = 1$, and pays $-\log \tfrac12 = 0.6931$.
#
# A network can be so sure that $\hat y$ rounds to 0 or 1, and what the logarithm makes of that is
# not the loss. The logit $z = z^{[2]}$ still knows better: sure and wrong at $z = 800$, $y = 0$
# costs $800$, for $-\log (1 - \sigma(z)) = \log (1 + e^{z}) \approx z$. No clipping, no small
# constants: they replace the loss by another one just where it matters.
#
# **Why?** Half of the labels could be swapped for their opposite without changing the code. Why
# do we still write two terms?


# %%
def loss(y_hat, y):
    """Return the binary cross-entropy, the mean over the batch, as a float.

    -(y log y_hat + (1 - y) log(1 - y_hat)), natural logarithm.
    y_hat (m, 1): predictions, 0 < y_hat < 1. y (m, 1): labels, only 0 or 1.

    >>> round(loss(np.array([[0.8], [0.3]]), np.array([[1.0], [0.0]])), 4)
    0.2899
    """
    # BEGIN SOLUTION
    return float(-np.mean(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat)))
    # END SOLUTION


def loss_from_logits(z, y):
    """Return the same mean loss, from the logits z = z2 instead of y_hat = sigmoid(z2).

    z (m, 1): logits, |z| up to 800. y (m, 1): labels, only 0 or 1.
    The result is a float, finite for all of these and right to nine digits: nothing is clipped,
    no small constant is added, and float32 is not enough.

    >>> round(loss_from_logits(np.array([[800.0], [0.0]]), np.array([[0.0], [1.0]])), 4)
    400.3466
    """
    # BEGIN SOLUTION
    wrongness = np.where(y == 1, -z, z)
    return float(np.mean(np.logaddexp(0.0, wrongness)))
    # END SOLUTION


# %% [markdown]
# ## Forward
#
# Left to right through the graph: $z^{[1]} = (2, -\tfrac12)$, $a^{[1]} = (2, 0)$,
# $z^{[2]} = \tfrac12 \cdot 2 + 1 \cdot 0 - 1 = 0$, $\hat y = \tfrac12$. A batch does the same in
# every row: row $i$ of $z^{[1]}$ belongs to example $i$. What backward will ask for is kept in
# the cache.
#
# **Why?** The cache holds $z^{[1]}$ and $a^{[1]}$. Which of the two could backward do without?


# %%
def forward(params, X):
    """Return (y_hat, cache): the predictions and what backward needs.

    params: W1 (n_h, n_x), b1 (n_h,), W2 (1, n_h), b2 (1,). X (m, n_x), m = 1 included.
    y_hat (m, 1). cache: a dict with the keys "X", "z1", "a1", "z2", "a2" (a2 is y_hat); you may
    add keys, but backward must not need them.

    >>> y_hat, cache = forward(EXAMPLE_PARAMS, EXAMPLE_X)
    >>> y_hat
    array([[0.5]])
    >>> cache["z1"]
    array([[ 2. , -0.5]])
    """
    # BEGIN SOLUTION
    z1 = X @ params["W1"].T + params["b1"]
    a1 = relu(z1)
    z2 = a1 @ params["W2"].T + params["b2"]
    a2 = sigmoid(z2)
    return a2, {"X": X, "z1": z1, "a1": a1, "z2": z2, "a2": a2}
    # END SOLUTION


# %% [markdown]
# ## Derive the gradients, step by step
#
# Right to left now. Each node takes what arrives from above and multiplies it by its own slope.
# You fill in one formula at a time: write it in place of the `...`, run the cell, and read what
# it says. Nothing here is graded, and `backward` below is made of these formulas.
#
# First one example, from the loss to the logit $z = z^{[2]}$, with $a = \sigma(z)$:
#
# 1. $L = -\bigl(y \log a + (1 - y) \log (1 - a)\bigr)$. What is $\partial L / \partial a$?
# 2. Write $\partial a / \partial z$ with $a$ alone, without $z$ and without exponentials.
# 3. Multiply the two. Almost everything cancels.
#
# At $a = \tfrac12$, $y = 1$: step 1 gives $-2$, step 2 gives $\tfrac14$, and so step 3 has to
# give $-\tfrac12$.
#
# **Why?** Step 1 divides by 0 where $a$ is 0 or 1, and step 3 divides by nothing. Which node of the
# graph caused the trouble, and which one cured it?


# %% tags=["demo"]
def slope_of_loss(a, y):
    """Step 1: dL/da."""
    return (a - y) / (a * (1 - a))  # BLANK


def slope_of_sigmoid(a):
    """Step 2: da/dz, written with a."""
    return a * (1 - a)  # BLANK


def slope_at_logit(a, y):
    """Step 3: dL/dz, as short as it gets."""
    return a - y  # BLANK


if __name__ == "__main__":
    from grader.selfcheck import step

    step("Step 1", slope_of_loss, [((0.5, 1.0), -2.0), ((0.8, 0.0), 5.0)],
         "Take y = 1 first: L is -log a. Then y = 0. Then join the two cases.")  # fmt: skip
    step("Step 2", slope_of_sigmoid, [((0.5,), 0.25), ((0.8,), 0.16)],
         "sigma'(z) = sigma(z) (1 - sigma(z)), and sigma(z) is a.")  # fmt: skip
    step("Step 3", slope_at_logit, [((0.5, 1.0), -0.5), ((0.8, 0.0), 0.8), ((0.0, 1.0), -1.0)],
         "Divide nothing: it has to be right at a = 0, too.")  # fmt: skip

# %% [markdown]
# ## From one example to a batch
#
# In a batch every example has its own row of $z^{[1]}$, $a^{[1]}$ and $z^{[2]}$. All examples
# share the weights and biases, and $L$ is the mean of $m$ losses.
#
# 4. What does the mean do to $\partial L / \partial z^{[2]}$, one number for each row?
# 5. For one example, $\partial L / \partial W^{[2]}$ is the gradient at $z^{[2]}$ times
#    $a^{[1]}$. The weights are shared, so the contributions of all examples are added. Which
#    product of the matrices `dz2 (m, 1)` and `a1 (m, n_h)` does both, and has the shape of `W2`?
# 6. The same for the bias.
# 7. Each unit of $a^{[1]}$ was multiplied by a weight on its way to $z^{[2]}$. What arrives at
#    `a1`, in its shape `(m, n_h)`?
# 8. ReLU lets through what was active. What arrives at `z1`?
#
# $\partial L / \partial W^{[1]}$ and $\partial L / \partial b^{[1]}$ follow as in steps 5 and 6.
# The cell tries your formulas on two examples: our $x = (1, 2)$ with $y = 1$, and one with
# $z^{[1]} = (1, 3)$, $\hat y = 0.8$ and $y = 0$.
#
# **Why?** Twice as many examples, all of them copies: does the gradient of the mean change? And
# that of a sum?


# %% tags=["demo"]
def batch_slope_at_logit(a2, y):
    """Step 4: dL/dz2 (m, 1), of the mean loss."""
    return (a2 - y) / len(y)  # BLANK


def gradient_of_weights(dz, a):
    """Step 5: dL/dW (n_out, n_in), from dL/dz (m, n_out) and the input a (m, n_in)."""
    return dz.T @ a  # BLANK


def gradient_of_bias(dz):
    """Step 6: dL/db (n_out,), from dL/dz (m, n_out)."""
    return dz.sum(axis=0)  # BLANK


def through_weights(dz, W):
    """Step 7: dL/da (m, n_in), from dL/dz (m, n_out) and W (n_out, n_in)."""
    return dz @ W  # BLANK


def through_relu(da, z):
    """Step 8: dL/dz, from dL/da, both (m, n)."""
    return da * (z >= 0)  # BLANK


if __name__ == "__main__":
    y, a2 = np.array([[1.0], [0.0]]), np.array([[0.5], [0.8]])
    z1, a1 = np.array([[2.0, -0.5], [1.0, 3.0]]), np.array([[2.0, 0.0], [1.0, 3.0]])
    dz2, W2 = np.array([[-0.25], [0.4]]), np.array([[0.5, 1.0]])
    da1 = np.array([[-0.125, -0.25], [0.2, 0.4]])
    step("Step 4", batch_slope_at_logit, [((a2, y), dz2)], "One loss counts 1/m of the mean.")
    step("Step 5", gradient_of_weights, [((dz2, a1), [[-0.1, 1.2]])],
         "Write out the entry for the first unit: -0.25 * 2 + 0.4 * 1.")  # fmt: skip
    step("Step 6", gradient_of_bias, [((dz2,), [0.15])], "A bias is a weight whose input is 1.")
    step("Step 7", through_weights, [((dz2, W2), da1)], "In the first row: -0.25 times (0.5, 1).")
    step("Step 8", through_relu, [((da1, z1), [[-0.125, 0], [0.2, 0.4]])],
         "Only one of the four units is inactive. Which?")  # fmt: skip

# %% [markdown]
# ## Backward
#
# Now put the steps together. In numbers, for our one example: $\partial L/\partial z^{[2]} =
# -\tfrac12$, then $(-1, 0)$ for $W^{[2]}$ and $-\tfrac12$ for $b^{[2]}$; $(-\tfrac14,
# -\tfrac12)$ arrives at $a^{[1]}$, only $(-\tfrac14, 0)$ gets through to $z^{[1]}$, and
# $W^{[1]}$ receives $\begin{pmatrix} -\tfrac14 & -\tfrac12 \\ 0 & 0 \end{pmatrix}$.
#
# **Why?** The second row of the gradient of $W^{[1]}$ is zero. What does that say about this
# example and the second hidden unit?


# %%
def backward(params, cache, y):
    """Return the gradients of the mean loss as a dict: "z2", "W2", "b2", "a1", "z1", "W1", "b1".

    params: as for forward. cache: from a forward with these params, not always the latest one,
    and with no keys but "X", "z1", "a1", "z2", "a2" to rely on. y (m, 1): labels, only 0 or 1.
    Each gradient has the shape of its variable: "z1" (m, n_h), "W1" (n_h, n_x), "b1" (n_h,), ...
    The gradients are right even where a prediction is 0.0 or 1.0 to the last bit: for "z2" use the
    lecture's a - y, which divides by nothing.

    >>> _, cache = forward(EXAMPLE_PARAMS, EXAMPLE_X)
    >>> grads = backward(EXAMPLE_PARAMS, cache, EXAMPLE_Y)
    >>> grads["W2"]
    array([[-1.,  0.]])
    """
    # BEGIN SOLUTION
    X, z1, a1, a2 = cache["X"], cache["z1"], cache["a1"], cache["a2"]
    m = len(y)
    dz2 = (a2 - y) / m
    dW2 = dz2.T @ a1
    db2 = dz2.sum(axis=0)
    da1 = dz2 @ params["W2"]
    dz1 = da1 * relu_derivative(z1)
    dW1 = dz1.T @ X
    db1 = dz1.sum(axis=0)
    return {"z2": dz2, "W2": dW2, "b2": db2, "a1": da1, "z1": dz1, "W1": dW1, "b1": db1}
    # END SOLUTION


# %% [markdown]
# Your own numbers in the graph: values above the arrows, gradients below. They should be those of
# the picture at the top.

# %% tags=["demo"]
if __name__ == "__main__":
    from grader.selfcheck import draw, ending

    with ending("The graph with your numbers"):
        y_hat, cache = forward(EXAMPLE_PARAMS, EXAMPLE_X)
        values = {**EXAMPLE_PARAMS, **cache, "y": EXAMPLE_Y, "L": loss(y_hat, EXAMPLE_Y)}
        draw(GRAPH, values, {"L": 1.0, **backward(EXAMPLE_PARAMS, cache, EXAMPLE_Y)})

# %% [markdown]
# ## Training
#
# Gradient descent steps against the gradient, with learning rate $\eta$:
#
# $$\theta \leftarrow \theta - \eta\,\frac{\partial L}{\partial \theta} \qquad
# \text{for } \theta \text{ in } W^{[1]}, b^{[1]}, W^{[2]}, b^{[2]}$$
#
# As on the lecture's slide: for every training tuple $(x, y)$, in order, run forward, run
# backward, update. One step with $\eta = \tfrac12$ on our example makes $W^{[2]} = (1, 1)$ and
# $b^{[2]} = -\tfrac34$, and moves $z^{[2]}$ from $0$ to $2$: the loss of the tuple falls from
# $0.6931$ to $0.1269$.
#
# **Why?** The loss of a tuple is taken before its update. Why would it look better, and say less,
# if it were taken after?


# %%
def update(params, grads, learning_rate):
    """Return the parameters one step downhill: theta - learning_rate * dL/dtheta.

    grads: as backward returns them; it also holds gradients of things that are no parameters.
    The result is a new dict of new arrays with the keys of params; params stays as it is.

    >>> new = update({"b2": np.array([1.0])}, {"b2": np.array([2.0])}, learning_rate=0.1)
    >>> new["b2"]
    array([0.8])
    """
    # BEGIN SOLUTION
    return {key: params[key] - learning_rate * grads[key] for key in params}
    # END SOLUTION


def train(params, X, y, learning_rate, epochs):
    """Return (params, losses) after the given number of epochs of gradient descent.

    Every epoch visits every training tuple (x, y) in order, one at a time: forward, backward,
    update. X (m, n_x), y (m, 1). losses (epochs,): losses[k] is the mean over epoch k of the loss
    of each tuple, taken before its update. The params given stay as they are. epochs = 0 is
    allowed: params as they were, and losses of shape (0,).

    >>> trained, losses = train(EXAMPLE_PARAMS, EXAMPLE_X, EXAMPLE_Y, learning_rate=0.5, epochs=2)
    >>> losses.round(4)
    array([0.6931, 0.1269])
    """
    # BEGIN SOLUTION
    losses = np.zeros(epochs)
    for epoch in range(epochs):
        for x, target in zip(X[:, None], y[:, None], strict=True):
            _, cache = forward(params, x)
            losses[epoch] += loss_from_logits(cache["z2"], target) / len(X)
            params = update(params, backward(params, cache, target), learning_rate)
    return params, losses
    # END SOLUTION


# %% [markdown]
# ## Two moons
#
# Two half moons lie one in the bend of the other, so no straight line parts them. Your network has
# two inputs, the coordinates of a point, and says how likely it is that the point belongs to the
# lower moon. It draws where it changes its mind, and how its loss fell. Change the number of hidden
# units to 1, 2 and 20, and watch the boundary.
#
# **Why?** The boundary is made of straight pieces. Where do they come from, and how many can there
# be?


# %% tags=["demo"]
def two_moons(m=120):
    """Return m points (m, 2) and the moon of each (m, 1), 0 or 1, the same every time."""
    rng = np.random.default_rng(1)
    angle = np.linspace(0, np.pi, m // 2)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    X = np.concatenate([upper, lower]) + rng.normal(scale=0.1, size=(2 * (m // 2), 2))
    y = np.repeat([[0.0], [1.0]], m // 2, axis=0)
    order = rng.permutation(len(X))
    return X[order], y[order]


def random_start(n_h):
    """Return small random weights for two inputs and n_h hidden units."""
    rng = np.random.default_rng(2)
    W1, W2 = rng.normal(size=(n_h, 2)), rng.normal(size=(1, n_h)) / np.sqrt(n_h)
    return {"W1": W1, "b1": 0.1 * rng.normal(size=n_h), "W2": W2, "b2": np.zeros(1)}


def draw_boundary(n_h=20, epochs=60):
    """Train on two moons, and show the boundary and the loss."""
    import matplotlib.pyplot as plt

    from grader.selfcheck import show

    X, y = two_moons()
    params, losses = train(random_start(n_h), X, y, learning_rate=0.1, epochs=epochs)
    across, up = np.meshgrid(np.linspace(-1.5, 2.5, 120), np.linspace(-1.0, 1.5, 80))
    grid, _ = forward(params, np.stack([across.ravel(), up.ravel()], axis=1))
    right = int(((forward(params, X)[0] > 0.5) == (y == 1)).sum())

    figure, (left, curve) = plt.subplots(1, 2, figsize=(10, 4))
    left.contourf(across, up, grid.reshape(across.shape), levels=10, cmap="PuOr_r", alpha=0.7)
    left.contour(across, up, grid.reshape(across.shape), levels=[0.5], colors="black")
    for moon, marker in ((0, "o"), (1, "^")):
        left.plot(*X[y[:, 0] == moon].T, marker, color="black", markersize=4, label=f"y = {moon}")
    left.set(title=f"{n_h} hidden units", xlabel="first input", ylabel="second input")
    left.legend()
    curve.plot(np.arange(1, epochs + 1), losses)
    curve.set(title="Learning curve", xlabel="epoch", ylabel="mean loss", ylim=(0, None))
    show(figure, f"The loss falls from {losses[0]:.2f} to {losses[-1]:.2f} in {epochs} epochs; "
         f"{right} of {len(y)} points lie on the right side of the boundary.")  # fmt: skip


if __name__ == "__main__":
    from grader.selfcheck import ending

    with ending("Two moons"):
        draw_boundary()
