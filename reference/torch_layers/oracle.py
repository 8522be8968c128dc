"""The same classes by torch's own functions: every gradient comes from its autograd.

``apply`` is ordinary code here, so nothing is left to a ``backward`` of ours. The one thing torch
has no function for is the deck's slope of ReLU at 0, which is 1 there and 0 in ``torch.relu``;
``torch.where`` takes the branch of ``z`` at 0, and with it the slope 1.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


class ReLU(torch.autograd.Function):
    """max(0, z), used as ``ReLU.apply(z)``."""

    @staticmethod
    def apply(z: Tensor) -> Tensor:
        """A tensor of the shape of z."""
        return torch.where(z < 0, torch.zeros_like(z), z)


class SigmoidBCE(torch.autograd.Function):
    """The mean loss from logits, used as ``SigmoidBCE.apply(z, y)``."""

    @staticmethod
    def apply(z: Tensor, y: Tensor) -> Tensor:
        """A tensor without dimensions."""
        return functional.binary_cross_entropy_with_logits(z, y)


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
