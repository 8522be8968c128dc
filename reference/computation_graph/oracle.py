"""The same functions by torch autograd, in float64: no derivative is written down here.

Every number of a graph is a tensor that wants its gradient, so that autograd answers for nodes
and inputs alike, and for a node made of numbers only.

>>> _, cache = forward(3.0, 1.0, -2.0)
>>> backward(cache)
{'a': -2.0, 'b': -4.0, 'c': 5.0, 'd': -2.0, 'e': -2.0}
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

Operand = str | float
Graph = Mapping[str, tuple[str, Sequence[Operand]]]

FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "square": torch.square,
    "cube": lambda x: x**3,
    "exp": torch.exp,
    "sin": torch.sin,
    "cos": torch.cos,
    "sigmoid": torch.sigmoid,
    "double": lambda x: 2 * x,
    "negate": torch.neg,
}

OPS: dict[str, Callable[..., Tensor]] = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "exp": torch.exp,
    "log": torch.log,
    "relu": lambda x: torch.where(x >= 0, x, 0 * x),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "square": torch.square,
}


def leaf(number: float) -> Tensor:
    """A scalar that autograd follows."""
    return torch.tensor(number, dtype=torch.float64, requires_grad=True)


def slopes(output: Tensor, nodes: Mapping[str, Tensor]) -> dict[str, float]:
    """The derivative of `output` with respect to each node; 0.0 where there is no path."""
    found = torch.autograd.grad(output, list(nodes.values()), allow_unused=True)
    return {
        name: 0.0 if gradient is None else gradient.item()
        for name, gradient in zip(nodes, found, strict=True)
    }


def running_example(a: Tensor, b: Tensor, c: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """L = c (a + 2b), and its nodes."""
    d = 2 * b
    e = a + d
    return c * e, {"a": a, "b": b, "c": c, "d": d, "e": e}


def forward(a: float, b: float, c: float) -> tuple[float, dict[str, float]]:
    """L and the value of every node."""
    L, nodes = running_example(leaf(a), leaf(b), leaf(c))
    return L.item(), {name: node.item() for name, node in nodes.items()}


def backward(cache: Mapping[str, float]) -> dict[str, float]:
    """The derivative of L with respect to every node; the graph is rebuilt from a, b and c."""
    L, nodes = running_example(*(leaf(cache[name]) for name in "abc"))
    return slopes(L, nodes)


def compose(names: Sequence[str], x: float) -> tuple[float, float]:
    """Functions applied one after the other, innermost first, and the derivative."""
    start = value = leaf(x)
    for name in names:
        value = FUNCTIONS[name](value)
    return value.item(), slopes(value, {"x": start})["x"]


def build(graph: Graph, inputs: Mapping[str, float], targets: Sequence[str]) -> dict[str, Tensor]:
    """The tensors of the inputs and of all that `targets` depend on."""
    nodes = {name: leaf(number) for name, number in inputs.items()}
    entered = set()

    def tensor(operand: Operand) -> Tensor:
        if not isinstance(operand, str):
            return leaf(operand)
        if operand not in nodes:
            if operand not in graph or operand in entered:
                raise ValueError(f"unknown, or in a circle: {operand!r}")
            entered.add(operand)
            op, operands = graph[operand]
            nodes[operand] = OPS[op](*map(tensor, operands))
        return nodes[operand]

    for target in targets:
        tensor(target)
    return nodes


def evaluate(graph: Graph, inputs: Mapping[str, float]) -> dict[str, float]:
    """The value of every node and input."""
    return {name: node.item() for name, node in build(graph, inputs, list(graph)).items()}


def differentiate(graph: Graph, inputs: Mapping[str, float], output: str) -> dict[str, float]:
    """The derivative of `output` with respect to every node and input."""
    nodes = build(graph, inputs, [output])
    return dict.fromkeys(graph, 0.0) | slopes(nodes[output], nodes)
