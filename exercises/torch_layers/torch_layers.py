# torch_layers: write your answers in this file.
# (Made by `grader build`; instructors edit reference/torch_layers/solution.py.)
r"""The same ideas inside PyTorch

PyTorch differentiates for you: each operation leaves a node in a graph, and `backward()` walks
the graph from the loss to the leaves, as you did by hand in exercise 1. Here you teach it two
operations of your own, then build the two networks of this course from parameters, and let the
machine find their gradients.

$$\mathrm{ReLU}(z) = \max(0, z) \qquad
L = -\frac{1}{m} \sum_{i=1}^{m} \bigl( y^{(i)} \log \sigma(z^{(i)})
    + (1 - y^{(i)}) \log(1 - \sigma(z^{(i)})) \bigr)$$

![Graph of TwoLayer and its loss at one example: X, W1 and b1 make z1 = (2, -0.5), a1 = ReLU(z1) = (2,
0); W2 and b2 make z2 = 0, and with y = 1 SigmoidBCE makes L = 0.6931. The gradients are -0.5 at
z2, (-0.25, -0.5) at a1 and (-0.25, 0) at z1](graph.svg)

You write four classes: `ReLU` and `SigmoidBCE`, functions with a `forward` and a `backward`; and
`TwoLayer` and `WindowLM`, modules whose `backward` is PyTorch's business. At the end you train the
network of exercise 2 in ten lines, and compare its gradients with your own, written by hand.

**Builds on** two_layer_network and window_lm; a little PyTorch (tensors) is assumed. **Time**:
about three hours. The numbered steps are practice and are not graded. The points of every check are
listed at the end.

The first axis counts examples, and a weight matrix has the deck's shape: `W1 (n_h, n_x)`. All
tensors of real numbers are **float64**: those handed to your code are, and the parameters you make
must be too (`dtype=torch.float64`; PyTorch's own choice would be float32). Words are int64. Never
change a tensor you were given, and keep nothing between calls.

The values that parameters start from are your choice, as long as they are finite; small random
numbers are usual. Your modules are judged with *given* values: they are copied into the parameters
by name, so names and shapes must be exactly those below.
"""

# %%
import torch
from torch import nn

# %% [markdown]
# ## An operation of your own: ReLU
#
# A `torch.autograd.Function` has two static methods, which never see an object of the class. What
# `backward` needs of the forward pass is kept in the context `ctx`, one for each call:
# `ctx.save_for_backward(tensor, ...)` in `forward`, `ctx.saved_tensors` in `backward`. What arrives
# in `backward` is the upstream gradient $\partial L / \partial a$; what leaves it is the downstream
# gradient $\partial L / \partial z$.
#
# 1. What is the downstream gradient of ReLU, from `upstream` and `z`?
#
# For $z = (-2, 0, 3)$ the value is $(0, 0, 3)$, and an upstream gradient of $(5, 5, 5)$ goes back
# as $(0, 5, 5)$. Mind the middle one: the lecture says that the slope at 0 is 1. `torch.relu` says
# 0.
#
# **Why?** Why does `backward` get the upstream gradient, and not the whole graph behind it?


# %% tags=["demo"]
def relu_downstream(upstream, z):
    """Step 1: dL/dz from dL/da, both tensors of one shape."""
    return ...  # your formula


if __name__ == "__main__":
    from grader.selfcheck import step

    z, upstream = torch.tensor([-2.0, 0.0, 3.0]), torch.tensor([5.0, 5.0, -1.0])
    step("Step 1", relu_downstream, [((upstream, z), [0, 5, -1])],
         "Upstream times slope; a comparison of tensors gives 0 and 1.")  # fmt: skip


# %%
class ReLU(torch.autograd.Function):
    """max(0, z), elementwise, with the deck's derivative: 0 for z < 0, 1 for z >= 0.

    Used as `ReLU.apply(z)`; z is a float64 tensor of any shape.

    >>> z = torch.tensor([-2.0, 0.0, 3.0], dtype=torch.float64, requires_grad=True)
    >>> a = ReLU.apply(z)
    >>> a.tolist()
    [0.0, 0.0, 3.0]
    >>> torch.autograd.grad(a, z, grad_outputs=torch.full_like(z, 5))[0].tolist()
    [0.0, 5.0, 5.0]
    """

    @staticmethod
    def forward(ctx, z):
        """max(0, z), a new tensor of the shape of z."""
        raise NotImplementedError

    @staticmethod
    def backward(ctx, grad_output):
        """dL/dz, given grad_output = dL/da; both of the shape of z."""
        raise NotImplementedError


# %% [markdown]
# ## Sigmoid and binary cross-entropy in one operation
#
# Taken together the two are stable, and their gradient is short. You derived it in exercise 2; here
# it is for logits.
#
# 2. One example: with $1 - \sigma(z) = \sigma(-z)$ and $-\log \sigma(z) = \log(1 + e^{-z})$ the loss
#    is $y \log(1 + e^{-z}) + (1 - y) \log(1 + e^{z})$. It gets shorter: write it with one logarithm,
#    $z$ and $y$.
# 3. Differentiate step 2: what is $\partial L / \partial z$ of one example?
# 4. And for one entry of a batch of $m$, if the upstream gradient is $u$?
#
# One example with $z = 0$ and $y = 1$ costs $\ln 2 = 0.693$, and its gradient is $0.5 - 1 = -0.5$.
# With $z = 800$ and $y = 0$ it costs 800, though $e^{800}$ is more than a float can hold: the
# formula is right, but not the way to compute it. And the loss need not be the last node of the
# graph: if somebody goes on to compute $3L$, the upstream gradient is 3, and counts.
#
# **Why?** Autograd could differentiate the sigmoid and the logarithm one after the other. What goes
# wrong at $z = -800$ with $y = 1$?


# %% tags=["demo"]
def short_loss(z, y):
    """Step 2: the loss of one example, with one logarithm."""
    return ...  # your formula


def slope_of_loss(z, y):
    """Step 3: dL/dz of one example."""
    return ...  # your formula


def slope_in_batch(z, y, m, u):
    """Step 4: what one of m logits receives, with the upstream gradient u."""
    return ...  # your formula


if __name__ == "__main__":
    from grader.selfcheck import step

    z = torch.tensor([0.0, 2.0, -1.0])
    y = torch.tensor([1.0, 0.0, 1.0])
    step("Step 2", short_loss, [((z, y), [0.6931, 2.1269, 1.3133])],
         "log(1 + exp(-z)) = log(1 + exp(z)) - z.")  # fmt: skip
    step("Step 3", slope_of_loss, [((z, y), [-0.5, 0.8808, -0.7311])],
         "The slope of log(1 + exp(z)) is exp(z) / (1 + exp(z)): you know its name.")  # fmt: skip
    step("Step 4", slope_in_batch, [((z, y, 4, 3.0), [-0.375, 0.6606, -0.5483])],
         "The mean divides by m, and the upstream gradient multiplies.")  # fmt: skip


# %%
class SigmoidBCE(torch.autograd.Function):
    """The mean binary cross-entropy of sigmoid(z) against y, from the logits z.

    Used as `SigmoidBCE.apply(z, y)`; z and y are float64 tensors (m, 1), y only 0 or 1. Right
    and finite, loss and gradient, for |z| up to 800; nothing is clipped.

    >>> z = torch.tensor([[0.0], [800.0]], dtype=torch.float64, requires_grad=True)
    >>> y = torch.tensor([[1.0], [0.0]], dtype=torch.float64)
    >>> loss = SigmoidBCE.apply(z, y)
    >>> round(loss.item(), 4)
    400.3466
    >>> torch.autograd.grad(3 * loss, z)[0].tolist()
    [[-0.75], [1.5]]
    """

    @staticmethod
    def forward(ctx, z, y):
        """The mean loss over the batch, a tensor without dimensions."""
        raise NotImplementedError

    @staticmethod
    def backward(ctx, grad_output):
        """(dL/dz, None): the gradient of whatever comes after, given grad_output, its slope in the
        loss (a tensor without dimensions); None, because the labels y are not learned.
        """
        raise NotImplementedError


# %% [markdown]
# ## The two-layer network as a module
#
# $$z^{[1]} = W^{[1]} x + b^{[1]} \qquad a^{[1]} = \mathrm{ReLU}(z^{[1]}) \qquad
#   z^{[2]} = W^{[2]} a^{[1]} + b^{[2]}$$
#
# A `nn.Module` finds its parameters by itself: every `nn.Parameter` that you assign to an attribute
# in `__init__`, after `super().__init__()`, is listed by `module.named_parameters()` under the
# attribute's name. That list is what an optimiser trains. `TwoLayer(3, 5)` has
# $5 \cdot 3 + 5 + 1 \cdot 5 + 1 = 26$ numbers to learn.
#
# **Why?** A tensor that is assigned without `nn.Parameter` takes part in `forward` just as well.
# What would you notice, and when?

# %%
# The graph of the network and its loss: each value, and how it is made.
GRAPH = {
    "z1": "X @ W1.T + b1",
    "a1": "ReLU(z1)",
    "z2": "a1 @ W2.T + b2",
    "L": "SigmoidBCE(z2, y)",
}
# The same graph at the example of exercise 2, worked by hand: the picture shows these numbers.
GRAPH_VALUES = {
    "X": [[1, 2]], "W1": [[1, 0.5], [-1, 0.25]], "b1": [0, 0], "z1": [[2, -0.5]], "a1": [[2, 0]],
    "W2": [[0.5, 1]], "b2": [-1], "z2": [[0]], "y": [[1]], "L": 0.6931,
}  # fmt: skip
GRAPH_GRADIENTS = {
    "L": 1, "z2": [[-0.5]], "W2": [[-1, 0]], "b2": [-0.5], "a1": [[-0.25, -0.5]],
    "z1": [[-0.25, 0]], "W1": [[-0.25, -0.5], [0, 0]], "b1": [-0.25, 0],
}  # fmt: skip


# %%
class TwoLayer(nn.Module):
    """The network of exercise 2 up to its logit: one hidden layer with the ReLU above.

    Parameters, float64: W1 (n_h, n_x), b1 (n_h,), W2 (1, n_h), b2 (1,).

    >>> net = TwoLayer(3, 5)
    >>> [(name, tuple(parameter.shape)) for name, parameter in net.named_parameters()]
    [('W1', (5, 3)), ('b1', (5,)), ('W2', (1, 5)), ('b2', (1,))]
    >>> net(torch.ones(4, 3, dtype=torch.float64)).shape
    torch.Size([4, 1])
    """

    def __init__(self, n_x, n_h):
        super().__init__()
        raise NotImplementedError

    def forward(self, X):
        """The logits z2 (m, 1), not yet probabilities, of X (m, n_x)."""
        raise NotImplementedError


# %% [markdown]
# ## The language model as a module
#
# The network of exercise 7: the embeddings of the context words end to end, oldest first, then
#
# $$z^{[1]} = W^{[1]} e + b^{[1]} \qquad a^{[1]} = \tanh z^{[1]} \qquad
#   z^{[2]} = W^{[2]} a^{[1]} + b^{[2]}$$
#
# The module stops at the logits $z^{[2]}$: PyTorch's `cross_entropy` takes those and applies the
# softmax itself. Where a word occurs twice, autograd adds up its gradients for you. With
# $n = 3$ and $d = 2$ a context has two words, and $e$ has four entries.
#
# **Why?** `E[contexts]` is an operation with a backward of its own. What does that backward do for
# a word that occurs twice? You wrote it in exercise 7.


# %%
class WindowLM(nn.Module):
    """The window language model of exercise 7: V words, embeddings of d numbers, windows of n.

    Parameters, float64: E (V, d), W1 (n_h, (n-1)d), b1 (n_h,), W2 (V, n_h), b2 (V,). A window of
    n words is a context of n-1 words and the word to predict; n >= 2.

    >>> model = WindowLM(7, 2, 3, 5)
    >>> [(name, tuple(parameter.shape)) for name, parameter in model.named_parameters()]
    [('E', (7, 2)), ('W1', (5, 4)), ('b1', (5,)), ('W2', (7, 5)), ('b2', (7,))]
    >>> model(torch.tensor([[4, 6], [6, 2], [2, 5]])).shape
    torch.Size([3, 7])
    """

    def __init__(self, V, d, n, n_h):
        super().__init__()
        raise NotImplementedError

    def forward(self, contexts):
        """The logits (m, V) of the word after each context; contexts int64 (m, n-1), m >= 1."""
        raise NotImplementedError


# %% [markdown]
# ## The same network in ten lines, and the same gradients
#
# `train_in_ten_lines` is all of exercise 2, with your two modules and PyTorch's optimiser, on the two
# moons of that exercise. Then two ways to the same gradients are compared at one batch: autograd's,
# through your `backward` of `ReLU` and `SigmoidBCE`, and those that you fill in by hand.
#
# 5. Fill in the six lines of `by_hand` from your solution of exercise 2: `Z1`, `A1` and `Z2` are
#    there. Each line makes the gradient of the mean loss.
#
# **Why?** The two differ in the last digits at most. Why not always in none?


# %% tags=["demo"]
def two_moons(m=120):
    """Return the points (m, 2) and moons (m, 1) of exercise 2."""
    generator = torch.Generator().manual_seed(1)
    angle = torch.linspace(0, torch.pi, m // 2, dtype=torch.float64)
    upper = torch.stack([torch.cos(angle), torch.sin(angle)], dim=1)
    lower = torch.stack([1 - torch.cos(angle), 0.5 - torch.sin(angle)], dim=1)
    noise = torch.randn(2 * (m // 2), 2, generator=generator, dtype=torch.float64)
    X = torch.cat([upper, lower]) + 0.1 * noise
    y = torch.cat([torch.zeros(m // 2, 1), torch.ones(m // 2, 1)]).double()
    order = torch.randperm(len(X), generator=generator)
    return X[order], y[order]


def train_in_ten_lines(net, X, y, epochs=200, learning_rate=0.02):
    """Return the losses (epochs,); the parameters of net change."""
    optimiser = torch.optim.Adam(net.parameters(), lr=learning_rate)
    losses = []
    for _ in range(epochs):
        optimiser.zero_grad()
        loss = SigmoidBCE.apply(net(X), y)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def by_hand(W2, X, y, Z1, A1, Z2):
    """Step 5: the gradients of W1, b1, W2, b2, as tensors, with the formulas of exercise 2."""
    dz2 = ...  # your formula
    dW2 = ...  # your formula
    db2 = ...  # your formula
    dz1 = ...  # your formula
    dW1 = ...  # your formula
    db1 = ...  # your formula
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def compare_gradients(net, X, y):
    """Print the largest difference between autograd's gradients and those by hand."""
    net.zero_grad()
    SigmoidBCE.apply(net(X), y).backward()
    with torch.no_grad():
        Z1 = X @ net.W1.T + net.b1
        A1 = Z1.clamp(min=0)
        mine = by_hand(net.W2, X, y, Z1, A1, A1 @ net.W2.T + net.b2)
    if any(each is ... for each in mine.values()):
        print("Step 5: still blank; replace the ... in by_hand by formulas")
        return
    far = {name: float((mine[name] - net.get_parameter(name).grad).abs().max()) for name in mine}
    for name, difference in far.items():
        print(f"{name}: largest difference {difference:.0e}")
    print("Step 5: correct" if max(far.values()) < 1e-9 else "Step 5: the gradients differ.")


def draw_training():
    """Train on two moons, show the loss and the boundary, and compare the gradients."""
    import matplotlib.pyplot as plt

    from grader.selfcheck import show

    torch.manual_seed(2)
    X, y = two_moons()
    net = TwoLayer(2, 20)
    compare_gradients(net, X, y)
    losses = train_in_ten_lines(net, X, y)
    across, up = torch.meshgrid(
        torch.linspace(-1.5, 2.5, 80).double(), torch.linspace(-1, 1.5, 60).double(), indexing="xy"
    )
    with torch.no_grad():
        grid = net(torch.stack([across.ravel(), up.ravel()], dim=1)).reshape(across.shape)
        right = int(((net(X) > 0) == (y == 1)).sum())
    figure, (left, curve) = plt.subplots(1, 2, figsize=(10, 4))
    left.contourf(across, up, torch.sigmoid(grid), levels=10, cmap="PuOr_r", alpha=0.7)
    left.contour(across, up, grid, levels=[0], colors="black")
    for moon, marker in ((0, "o"), (1, "^")):
        left.plot(*X[y[:, 0] == moon].T, marker, color="black", markersize=4, label=f"y = {moon}")
    left.set(title="Two moons, by PyTorch", xlabel="first input", ylabel="second input")
    left.legend()
    curve.plot(losses)
    curve.set(title="Learning curve", xlabel="step", ylabel="mean loss", ylim=(0, None))
    show(figure, f"The loss falls from {losses[0]:.2f} to {losses[-1]:.2f} in {len(losses)} steps; "
         f"{right} of {len(y)} points lie on the right side of the boundary.")  # fmt: skip


if __name__ == "__main__":
    from grader.selfcheck import ending

    with ending("The same network in ten lines"):
        draw_training()
