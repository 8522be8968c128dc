"""The functions of padding_pooling by torch, their gradients by torch autograd.

amax shares the gradient of a tie in equal parts among the tied positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


def pad_or_truncate(
    sequences: Sequence[Array], length: int | None = None
) -> tuple[Array, Integers]:
    """Cut to length, then pad with torch; an extra text of that length makes the width right."""
    if not sequences:
        raise ValueError("there are no sequences to pad")
    longest = max(len(sequence) for sequence in sequences)
    length = longest if length is None else length
    texts = [torch.tensor(sequence[:length]) for sequence in sequences]
    ruler = torch.zeros((length, sequences[0].shape[1]), dtype=torch.float64)
    batch = pad_sequence([*texts, ruler], batch_first=True)[:-1]
    return batch.numpy(), np.array([len(text) for text in texts])


def pool(batch: Array, lengths: Integers, name: str) -> tuple[Array, Any]:
    """Pool text by text over the real positions; the cache is the graph."""
    leaf = torch.tensor(batch, requires_grad=True)
    reduce: Any = {"mean": torch.mean, "max": torch.amax}[name]
    nothing = torch.zeros(batch.shape[2], dtype=torch.float64)
    texts = zip(leaf, lengths.tolist(), strict=True)
    pooled = torch.stack([reduce(text[:n], dim=0) if n else nothing for text, n in texts])
    return pooled.detach().numpy(), (leaf, pooled)


def pool_backward(dpooled: Array, cache: Any) -> Array:
    """Pull the gradient back through the graph; where nothing depends on the batch it is zero."""
    leaf, pooled = cache
    dbatch = np.zeros(leaf.shape)
    if pooled.requires_grad:
        (gradient,) = torch.autograd.grad(pooled, leaf, torch.tensor(dpooled), retain_graph=True)
        dbatch += gradient.numpy()
    return dbatch


def mean_pool(batch: Array, lengths: Integers) -> tuple[Array, Any]:
    """Average over the real positions."""
    return pool(batch, lengths, "mean")


def mean_pool_backward(dpooled: Array, cache: Any) -> Array:
    """Differentiate the average."""
    return pool_backward(dpooled, cache)


def max_pool(batch: Array, lengths: Integers) -> tuple[Array, Any]:
    """Take the largest over the real positions."""
    return pool(batch, lengths, "max")


def max_pool_backward(dpooled: Array, cache: Any) -> Array:
    """Differentiate the maximum."""
    return pool_backward(dpooled, cache)


def embed(E: Array, ids: Integers) -> Array:
    """Look up rows of E with torch."""
    return F.embedding(torch.tensor(ids), torch.tensor(E)).numpy()


def embed_backward(ids: Integers, dvectors: Array, V: int) -> Array:
    """Differentiate the lookup by E."""
    E = torch.zeros((V, dvectors.shape[-1]), dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(F.embedding(torch.tensor(ids), E), E, torch.tensor(dvectors))
    return gradient.numpy()
