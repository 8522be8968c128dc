"""The same functions by torch: its own softmax and cross-entropy, gradients from its autograd."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

Arrays = dict[str, NDArray[Any]]


def softmax(logits: NDArray[Any]) -> NDArray[Any]:
    """Each row of logits (m, V) as probabilities."""
    return _array(functional.softmax(_tensor(logits), dim=1))


def cross_entropy(logits: NDArray[Any], targets: NDArray[Any]) -> float:
    """The mean of -log softmax(logits)[target] over the batch, in nats."""
    return functional.cross_entropy(_tensor(logits), torch.tensor(targets)).item()


def forward(params: Arrays, contexts: NDArray[Any]) -> tuple[NDArray[Any], Arrays]:
    """Probabilities (m, V), and the cache with the keys of the contract."""
    steps = _network({key: _tensor(value) for key, value in params.items()}, contexts)
    cache = {"contexts": contexts} | {key: _array(step) for key, step in steps.items()}
    return softmax(cache["z2"]), cache


def backward(params: Arrays, cache: Arrays, targets: NDArray[Any]) -> Arrays:
    """Gradients of the mean cross-entropy; of the cache only the contexts are used."""
    leaves = {key: _tensor(value).requires_grad_() for key, value in params.items()}
    logits = _network(leaves, cache["contexts"])["z2"]
    loss = functional.cross_entropy(logits, torch.tensor(targets))
    grads = torch.autograd.grad(loss, tuple(leaves.values()))
    return {key: _array(grad) for key, grad in zip(leaves, grads, strict=True)}


def perplexity(params: Arrays, tokens: NDArray[Any], n: int) -> float:
    """exp of the mean cross-entropy over the windows of a text."""
    windows = torch.tensor(tokens).unfold(0, n, 1).numpy()
    _, cache = forward(params, windows[:, :-1])
    return float(np.exp(cross_entropy(cache["z2"], windows[:, -1])))


def _network(params: dict[str, torch.Tensor], contexts: NDArray[Any]) -> dict[str, torch.Tensor]:
    e = functional.embedding(torch.tensor(contexts), params["E"]).flatten(start_dim=1)
    z1 = functional.linear(e, params["W1"], params["b1"])
    a1 = torch.tanh(z1)
    z2 = functional.linear(a1, params["W2"], params["b2"])
    return {"e": e, "z1": z1, "a1": a1, "z2": z2}


def _tensor(array: NDArray[Any]) -> torch.Tensor:
    return torch.tensor(array, dtype=torch.float64)


def _array(tensor: torch.Tensor) -> NDArray[Any]:
    return tensor.detach().numpy()
