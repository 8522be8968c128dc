r"""Two-layer network: forward, backward, training

A classifier that answers yes or no, written from scratch: one hidden layer of ReLU units, one
sigmoid unit on top, and the binary cross-entropy between its answer and the truth. For one
example $x$, in the notation of the lecture (superscripts in brackets count layers):

$$z^{[1]} = W^{[1]} x + b^{[1]} \qquad a^{[1]} = \mathrm{ReLU}(z^{[1]})$$

$$z^{[2]} = W^{[2]} a^{[1]} + b^{[2]} \qquad \hat y = a^{[2]} = \sigma(z^{[2]})$$

$$L(\hat y, y) = -\bigl(y \log \hat y + (1 - y) \log (1 - \hat y)\bigr)$$

You write the activations with their slopes, the loss, the forward pass, the backward pass that
propagates the gradient from $L$ back to every weight, the update step, and the training loop.

**Conventions.** The first axis counts examples: a batch is `X (m, n_x)` with labels `y (m, 1)`,
each 0 or 1. Weight matrices have the shape of the lecture, `W1 (n_h, n_x)`, so that a batch gives
`X @ W1.T + b1`; biases are `(n,)`. The loss is the **mean** over the batch, and so every gradient
is the gradient of that mean. A gradient has exactly the shape of the thing it belongs to; the
gradient $\partial L / \partial z^{[1]}$ goes under the key `"z1"`, and so on. Numbers are
float64. No function changes its arguments, and equal arguments give equal results.
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

# %% [markdown]
# ## ReLU
#
# $$\mathrm{ReLU}(z) = \max(z, 0) \qquad
# \mathrm{ReLU}'(z) = \begin{cases} 0 & z < 0 \\ 1 & z \ge 0 \end{cases}$$
#
# A unit below zero is inactive: it outputs 0. At zero the function has a corner and no derivative;
# the lecture takes 1 there. In our network $z^{[1]} = (2, -\tfrac12)$: the first unit is active,
# with slope 1, and the second is inactive, with slope 0.


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
# ## Forward and backward
#
# Forward, left to right through the computation graph: $z^{[1]} = (2, -\tfrac12)$,
# $a^{[1]} = (2, 0)$, $z^{[2]} = \tfrac12 \cdot 2 + 1 \cdot 0 - 1 = 0$, $\hat y = \tfrac12$. What
# backward will ask for is kept in the cache.
#
# Backward, right to left, one node at a time: what arrives from above, times the local slope. For
# one example, with $\odot$ for the product entry by entry,
#
# $$\frac{\partial L}{\partial z^{[2]}} =
# \frac{\partial L}{\partial a^{[2]}}\,\sigma'(z^{[2]}) = \hat y - y \qquad
# \frac{\partial L}{\partial W^{[2]}} = \frac{\partial L}{\partial z^{[2]}}\,{a^{[1]}}^{\top} \qquad
# \frac{\partial L}{\partial b^{[2]}} = \frac{\partial L}{\partial z^{[2]}}$$
#
# $$\frac{\partial L}{\partial a^{[1]}} =
# {W^{[2]}}^{\top}\,\frac{\partial L}{\partial z^{[2]}} \qquad
# \frac{\partial L}{\partial z^{[1]}} =
# \frac{\partial L}{\partial a^{[1]}} \odot \mathrm{ReLU}'(z^{[1]})$$
#
# $$\frac{\partial L}{\partial W^{[1]}} = \frac{\partial L}{\partial z^{[1]}}\,x^{\top} \qquad
# \frac{\partial L}{\partial b^{[1]}} = \frac{\partial L}{\partial z^{[1]}}$$
#
# In numbers: $\partial L/\partial z^{[2]} = -\tfrac12$, then $(-1, 0)$ for $W^{[2]}$ and
# $-\tfrac12$ for $b^{[2]}$; $(-\tfrac14, -\tfrac12)$ arrives at $a^{[1]}$, only $(-\tfrac14, 0)$
# gets through to $z^{[1]}$, and $W^{[1]}$ receives
# $\begin{pmatrix} -\tfrac14 & -\tfrac12 \\ 0 & 0 \end{pmatrix}$.
#
# In a batch every example has its own row of $z^{[1]}$, $a^{[1]}$ and $z^{[2]}$, but all share the
# weights and biases, and the loss is a mean.


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
