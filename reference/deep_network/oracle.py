"""The functions of deep_network with gradients by torch autograd.

The sigmoid is written as exp(logsigmoid(z)): the same function, but its gradient keeps all its
digits where the sigmoid is flat. torch.sigmoid differentiates to a (1 - a), which cancels there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

Array = NDArray[np.float64]


def sigmoid(z: torch.Tensor) -> torch.Tensor:
    """Return 1 / (1 + exp(-z))."""
    return torch.exp(F.logsigmoid(z))


ACTIVATIONS = {"sigmoid": sigmoid, "tanh": lambda z: 2 * sigmoid(2 * z) - 1, "relu": torch.relu}


def forward(params: dict[str, Array], X: Array, activation: str) -> tuple[Array, Any]:
    """Predict with torch layers; the cache is the graph: its leaves and the last sum."""
    leaves = {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}
    depth = len(params) // 2
    a = torch.tensor(X)
    for k in range(1, depth):
        a = ACTIVATIONS[activation](F.linear(a, leaves[f"W{k}"], leaves[f"b{k}"]))
    logits = F.linear(a, leaves[f"W{depth}"], leaves[f"b{depth}"])
    return torch.sigmoid(logits).detach().numpy(), (leaves, logits)


def backward(params: dict[str, Array], cache: Any, y: Array, activation: str) -> dict[str, Array]:
    """Differentiate torch's mean binary cross-entropy by every leaf."""
    leaves, logits = cache
    loss = F.binary_cross_entropy_with_logits(logits, torch.tensor(y))
    gradients = torch.autograd.grad(loss, list(leaves.values()), retain_graph=True)
    return {name: gradient.numpy() for name, gradient in zip(leaves, gradients, strict=True)}


def gradient_norms(params: dict[str, Array], X: Array, y: Array, activation: str) -> Array:
    """Take the Frobenius norm of each weight gradient, first layer first."""
    _, cache = forward(params, X, activation)
    gradients = backward(params, cache, y, activation)
    layers = range(1, len(params) // 2 + 1)
    return np.array([torch.linalg.matrix_norm(torch.tensor(gradients[f"W{k}"])) for k in layers])
