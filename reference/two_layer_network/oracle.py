"""The same functions by torch autograd: no formula for a gradient stands here.

``relu_derivative`` is missing on purpose: at 0 torch says 0 and the lecture 1.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

Array = npt.NDArray[np.float64]


def tensor(array: npt.ArrayLike) -> torch.Tensor:
    """Return a float64 copy that autograd may differentiate by."""
    return torch.tensor(np.asarray(array), dtype=torch.float64, requires_grad=True)


def relu(z: Array) -> Array:
    """Return max(z, 0)."""
    return torch.relu(tensor(z)).detach().numpy()


def sigmoid(z: Array) -> Array:
    """Return 1 / (1 + exp(-z))."""
    return torch.sigmoid(tensor(z)).detach().numpy()


def sigmoid_derivative(z: Array) -> Array:
    """Return the slope of the sigmoid at z."""
    at = tensor(z)
    (slope,) = torch.autograd.grad(torch.sigmoid(at).sum(), at)
    return slope.numpy()


def loss(y_hat: Array, y: Array) -> float:
    """Return the mean binary cross-entropy of probabilities."""
    return functional.binary_cross_entropy(tensor(y_hat), tensor(y).detach()).item()


def loss_from_logits(z: Array, y: Array) -> float:
    """Return the mean binary cross-entropy of logits."""
    return functional.binary_cross_entropy_with_logits(tensor(z), tensor(y).detach()).item()


def graph(weights: Mapping[str, torch.Tensor], x: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return every node between the inputs and the prediction."""
    z1 = functional.linear(x, weights["W1"], weights["b1"])
    a1 = torch.relu(z1)
    z2 = functional.linear(a1, weights["W2"], weights["b2"])
    return {"X": x, "z1": z1, "a1": a1, "z2": z2, "a2": torch.sigmoid(z2)}


def forward(params: Mapping[str, Array], X: Array) -> tuple[Array, dict[str, Array]]:
    """Return the predictions and the cache that the contract lists."""
    nodes = graph({key: tensor(value) for key, value in params.items()}, tensor(X))
    cache = {key: node.detach().numpy() for key, node in nodes.items()}
    return cache["a2"], cache


def backward(params: Mapping[str, Array], cache: Mapping[str, Array], y: Array) -> dict[str, Array]:
    """Return the gradients of the mean loss, the graph rebuilt from X and the parameters."""
    weights = {key: tensor(value) for key, value in params.items()}
    nodes = weights | graph(weights, tensor(cache["X"]))
    mean_loss = functional.binary_cross_entropy_with_logits(nodes["z2"], tensor(y).detach())
    keys = ("z2", "W2", "b2", "a1", "z1", "W1", "b1")
    slopes = torch.autograd.grad(mean_loss, [nodes[key] for key in keys])
    return {key: slope.numpy() for key, slope in zip(keys, slopes, strict=True)}


def train(
    params: Mapping[str, Array], X: Array, y: Array, learning_rate: float, epochs: int
) -> tuple[dict[str, Array], Array]:
    """Return parameters and losses after stochastic gradient descent by torch's own optimiser."""
    weights = {key: tensor(value) for key, value in params.items()}
    descent = torch.optim.SGD(weights.values(), lr=learning_rate)
    xs, ys = tensor(X).detach(), tensor(y).detach()
    losses = np.zeros((epochs, len(X)))
    for epoch, i in np.ndindex(losses.shape):
        z2 = graph(weights, xs[i : i + 1])["z2"]
        tuple_loss = functional.binary_cross_entropy_with_logits(z2, ys[i : i + 1])
        losses[epoch, i] = tuple_loss.item()
        descent.zero_grad()
        torch.autograd.backward(tuple_loss)
        descent.step()
    return {key: weight.detach().numpy() for key, weight in weights.items()}, losses.mean(axis=1)
