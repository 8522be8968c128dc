# torch_layers: the stub you write in.
# (Made by `grader build`; instructors edit reference/torch_layers/solution.py.)
r"""The same ideas inside PyTorch

PyTorch differentiates for you: each operation leaves a node in a graph, and `backward()` walks
the graph from the loss to the leaves, as you did by hand in exercise 1. Here you teach it two
operations of your own, then build the two networks of this course from parameters, and let the
machine find their gradients.

$$\mathrm{ReLU}(z) = \max(0, z) \qquad
L = -\frac{1}{m} \sum_{i=1}^{m} \bigl( y^{(i)} \log \sigma(z^{(i)})
    + (1 - y^{(i)}) \log(1 - \sigma(z^{(i)})) \bigr)$$

You write four classes: `ReLU` and `SigmoidBCE`, functions with a `forward` and a `backward`; and
`TwoLayer` and `WindowLM`, modules whose `backward` is PyTorch's business.

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
# in `backward` is the upstream gradient $\partial L / \partial a$; what leaves it is, by the chain
# rule,
#
# $$\frac{\partial L}{\partial z} = \frac{\partial L}{\partial a} \odot \mathrm{ReLU}'(z) \qquad
#   \mathrm{ReLU}'(z) = \begin{cases} 0 & z < 0 \\ 1 & z \ge 0 \end{cases}$$
#
# For $z = (-2, 0, 3)$ the value is $(0, 0, 3)$, and an upstream gradient of $(5, 5, 5)$ goes back
# as $(0, 5, 5)$. Mind the middle one: the deck says that the slope at 0 is 1. `torch.relu` says 0.


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
# Taken together the two are stable, and their gradient is short:
#
# $$L = \frac{1}{m} \sum_{i=1}^{m} \bigl( \log(1 + e^{z^{(i)}}) - y^{(i)} z^{(i)} \bigr) \qquad
#   \frac{\partial L}{\partial z^{(i)}} = \frac{1}{m} \bigl( \sigma(z^{(i)}) - y^{(i)} \bigr)$$
#
# One example with $z = 0$ and $y = 1$ costs $\ln 2 = 0.693$, and its gradient is $0.5 - 1 = -0.5$.
# With $z = 800$ and $y = 0$ it costs 800, though $e^{800}$ is more than a float can hold: the
# formula is right, but not the way to compute it. And the loss need not be the last node of the
# graph: if somebody goes on to compute $3L$, the upstream gradient is 3, and counts.


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
        loss (a tensor without dimensions); None, because nobody learns the labels y.
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
