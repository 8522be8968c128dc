"""A small tape: every operation on an array records how to go back, as in micrograd.

The cache is a graph of objects that point at one another; a grader that copies it, or that calls
backward twice and sees gradients added up, fails this.
"""

import numpy as np
from numpy import *  # noqa: F403


class Node:
    def __init__(self, data, parents=(), pull=lambda grad: ()):
        self.data, self.parents, self.pull = data, parents, pull

    def __matmul__(self, weight):
        return Node(
            self.data @ weight.data.T,
            (self, weight),
            lambda grad: (grad @ weight.data, grad.T @ self.data),
        )

    def __add__(self, bias):
        return Node(self.data + bias.data, (self, bias), lambda grad: (grad, grad.sum(0)))

    def sigmoid(self):
        a = 1 / (1 + np.exp(-self.data))
        return Node(a, (self,), lambda grad: (grad * a * (1 - a),))

    def tanh(self):
        a = np.tanh(self.data)
        return Node(a, (self,), lambda grad: (grad * (1 - a**2),))

    def relu(self):
        return Node(
            np.where(self.data < 0, 0, self.data),
            (self,),
            lambda grad: (np.where(self.data < 0, 0, grad),),
        )

    def ancestors(self):
        seen, order = set(), []

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        return order[::-1]

    def gradients(self, grad):
        found = {id(self): grad}
        for node in self.ancestors():
            for parent, part in zip(node.parents, node.pull(found[id(node)])):
                found[id(parent)] = found.get(id(parent), 0) + part
        return found


def forward(params, X, activation):
    leaves = {name: Node(array(value)) for name, value in params.items()}  # noqa: F405
    node = Node(X)
    depth = len(params) // 2
    for k in range(1, depth):
        node = getattr(node @ leaves[f"W{k}"] + leaves[f"b{k}"], activation)()
    logits = node @ leaves[f"W{depth}"] + leaves[f"b{depth}"]
    return logits.sigmoid().data, (leaves, logits)


def backward(params, cache, y, activation):
    leaves, logits = cache
    found = logits.gradients((logits.sigmoid().data - y) / len(y))
    return {name: found[id(leaf)] for name, leaf in leaves.items()}


def gradient_norms(params, X, y, activation):
    grads = backward(params, forward(params, X, activation)[1], y, activation)
    norms = zeros(len(params) // 2, dtype=object)  # noqa: F405
    for name, grad in grads.items():
        if name[0] == "W":
            norms[int(name[1:]) - 1] = sqrt((grad * grad).sum())  # noqa: F405
    return norms.tolist()


def rescale(params):
    new = dict(params)
    for name, value in params.items():
        std = sqrt(2 / value.shape[-1])  # noqa: F405
        new[name] = value * std / value.std() if value.ndim == 2 else zeros_like(value)  # noqa: F405
    return new
