"""The same classes by torch's own functions: every gradient comes from its autograd.

A ``backward`` here only asks autograd for the slope of the function that ``forward`` applied. The one
thing torch has no function for is the deck's slope of ReLU at 0, which is 1 there and 0 in
``torch.relu``; ``torch.where`` takes the branch of ``z`` at 0, and with it the slope 1.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


def relu(z: Tensor) -> Tensor:
    """max(0, z), a tensor of the shape of z."""
    return torch.where(z < 0, torch.zeros_like(z), z)


def slopes(function: Any, inputs: tuple[Tensor, ...], grad_output: Tensor) -> tuple[Tensor, ...]:
    """The product of ``grad_output`` with the Jacobian of ``function`` by each input."""
    with torch.enable_grad():
        leaves = [tensor.detach().requires_grad_() for tensor in inputs]
        return torch.autograd.grad(function(*leaves), leaves, grad_output)


class ReLU(torch.autograd.Function):
    """max(0, z), used as ``ReLU.apply(z)``."""

    @staticmethod
    def forward(ctx: Any, z: Tensor) -> Tensor:
        """A tensor of the shape of z."""
        ctx.save_for_backward(z)
        return relu(z)

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:
        """dL/dz."""
        return slopes(relu, ctx.saved_tensors, grad_output)


class SigmoidBCE(torch.autograd.Function):
    """The mean loss from logits, used as ``SigmoidBCE.apply(z, y)``."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, y: Tensor) -> Tensor:
        """A tensor without dimensions."""
        ctx.save_for_backward(z, y)
        return functional.binary_cross_entropy_with_logits(z, y)

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> Any:
        """dL/dz and dL/dy."""
        inputs = ctx.saved_tensors
        return slopes(functional.binary_cross_entropy_with_logits, inputs, grad_output)


class TwoLayer(nn.Module):
    """Two linear layers; W1, b1, W2, b2 are the parameters of ``nn.Linear``."""

    def __init__(self, n_x: int, n_h: int) -> None:
        super().__init__()
        hidden = nn.Linear(n_x, n_h, dtype=torch.float64)
        output = nn.Linear(n_h, 1, dtype=torch.float64)
        self.W1, self.b1, self.W2, self.b2 = hidden.weight, hidden.bias, output.weight, output.bias

    def forward(self, X: Tensor) -> Tensor:
        """The logits (m, 1)."""
        a1 = ReLU.apply(functional.linear(X, self.W1, self.b1))
        return functional.linear(a1, self.W2, self.b2)


class WindowLM(nn.Module):
    """An embedding and two linear layers; their parameters under the deck's names."""

    def __init__(self, V: int, d: int, n: int, n_h: int) -> None:
        super().__init__()
        self.E = nn.Embedding(V, d, dtype=torch.float64).weight
        hidden = nn.Linear((n - 1) * d, n_h, dtype=torch.float64)
        output = nn.Linear(n_h, V, dtype=torch.float64)
        self.W1, self.b1, self.W2, self.b2 = hidden.weight, hidden.bias, output.weight, output.bias

    def forward(self, contexts: Tensor) -> Tensor:
        """The logits (m, V)."""
        e = functional.embedding(contexts, self.E).flatten(start_dim=1)
        a1 = functional.tanh(functional.linear(e, self.W1, self.b1))
        return functional.linear(a1, self.W2, self.b2)
