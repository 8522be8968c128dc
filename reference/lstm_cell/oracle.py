"""The LSTM cell by PyTorch: its own LSTMCell and LSTM forward, autograd backward, in float64.

Same signatures as the solution, NumPy arrays in and out; no gradient here comes from a formula.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

Array = NDArray[np.float64]
Arrays = dict[str, Array]
Graph = tuple[torch.nn.LSTM, dict[str, torch.Tensor], torch.Tensor | None]
Layer = TypeVar("Layer", torch.nn.LSTM, torch.nn.LSTMCell)

TORCH_ORDER = "ifgo"


def cell_forward(
    params: Arrays, x: Array, h_prev: Array, c_prev: Array
) -> tuple[Array, Array, Arrays]:
    """One step of torch.nn.LSTMCell; the gates in the cache are its own linear maps, squashed."""
    cell = loaded(torch.nn.LSTMCell, params)
    with torch.no_grad():
        h, c = cell(tensor(x), (tensor(h_prev), tensor(c_prev)))
        z = torch.nn.functional.linear(tensor(x), cell.weight_ih, cell.bias_ih)
        z = z + torch.nn.functional.linear(tensor(h_prev), cell.weight_hh)
    i, f, g, o = z.chunk(4, dim=1)
    gates = {"f": f.sigmoid(), "i": i.sigmoid(), "g": g.tanh(), "o": o.sigmoid(), "c": c}
    cache = {"x": x, "h_prev": h_prev, "c_prev": c_prev}
    return h.numpy(), c.numpy(), cache | {key: value.numpy() for key, value in gates.items()}


def cell_backward(params: Arrays, cache: Arrays, dh: Array, dc: Array) -> Arrays:
    """Autograd through torch.nn.LSTMCell, run again on the inputs that the cache holds."""
    cell = loaded(torch.nn.LSTMCell, params)
    inputs = {key: tensor(cache[key], grad=True) for key in ("x", "h_prev", "c_prev")}
    h, c = cell(inputs["x"], (inputs["h_prev"], inputs["c_prev"]))
    torch.autograd.backward((h, c), (tensor(dh), tensor(dc)))
    return {key: gradient(value) for key, value in inputs.items()} | weight_gradients(
        cell.weight_ih, cell.weight_hh, cell.bias_ih
    )


def sequence_forward(params: Arrays, xs: Array, h0: Array, c0: Array) -> tuple[Array, Graph]:
    """torch.nn.LSTM over the sequence; the cache is the graph that autograd walks back."""
    lstm = loaded(torch.nn.LSTM, params)
    inputs = {"xs": tensor(xs, True), "h0": tensor(h0, True), "c0": tensor(c0, True)}
    if len(xs) == 0:  # torch refuses an empty sequence
        return np.zeros((0, *h0.shape)), (lstm, inputs, None)
    hs, _ = lstm(inputs["xs"], (inputs["h0"][None], inputs["c0"][None]))
    return hs.detach().numpy(), (lstm, inputs, hs)


def sequence_backward(params: Arrays, cache: Graph, dhs: Array) -> Arrays:
    """Autograd through torch.nn.LSTM; zeros if the sequence was empty."""
    lstm, inputs, hs = cache
    lstm.zero_grad()
    for value in inputs.values():
        value.grad = None
    if hs is not None:
        hs.backward(tensor(dhs), retain_graph=True)
    return {key: gradient(value) for key, value in inputs.items()} | weight_gradients(
        lstm.weight_ih_l0, lstm.weight_hh_l0, lstm.bias_ih_l0
    )


def loaded(layer: type[Layer], params: Arrays) -> Layer:
    """A torch layer with our parameters; torch's second bias stays zero."""
    n_h, n_x = params["Wf"].shape
    module = layer(n_x, n_h, dtype=torch.float64)
    stacked = [np.concatenate([params[kind + k] for k in TORCH_ORDER]) for kind in "WUb"]
    values = [*stacked, np.zeros(4 * n_h)]
    with torch.no_grad():
        for parameter, value in zip(module.parameters(), values, strict=True):
            parameter.copy_(tensor(value))
    return module


def weight_gradients(*stacked: torch.Tensor) -> Arrays:
    """The gradients of W, U and b of each gate, cut out of torch's stacked ones."""
    return {
        kind + k: part
        for kind, weights in zip("WUb", stacked, strict=True)
        for k, part in zip(TORCH_ORDER, np.split(gradient(weights), 4), strict=True)
    }


def gradient(value: torch.Tensor) -> Array:
    """What autograd has left at a tensor; zeros if nothing came."""
    return np.zeros(value.shape) if value.grad is None else value.grad.numpy().copy()


def tensor(value: Array, grad: bool = False) -> torch.Tensor:
    """A float64 tensor of its own memory."""
    return torch.tensor(value, dtype=torch.float64, requires_grad=grad)
