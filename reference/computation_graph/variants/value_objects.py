"""In the style of micrograd: every number is an object that knows how to send its gradient back.

A naive grader assumes that a cache holds nothing but the listed keys, and plain numbers: here it
carries a live object beside them. The graph is built by overloaded operators, and OPS is ignored.
"""

import math


class Value:
    """A number, its gradient, and the closure that hands the gradient to its parents."""

    def __init__(self, data, parents=()):
        self.data, self.grad = data, 0.0
        self._parents, self._backward = parents, lambda: None

    @staticmethod
    def of(number):
        return number if isinstance(number, Value) else Value(number)

    def __add__(self, other):
        other = Value.of(other)
        out = Value(self.data + other.data, (self, other))

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        other = Value.of(other)
        out = Value(self.data * other.data, (self, other))

        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out

    def _unary(self, data, slope):
        out = Value(data, (self,))

        def _backward():
            self.grad += slope * out.grad

        out._backward = _backward
        return out

    def __pow__(self, k):
        return self._unary(self.data**k, k * self.data ** (k - 1))

    def exp(self):
        e = math.exp(self.data)
        return self._unary(e, e)

    def log(self):
        return self._unary(math.log(self.data), self.data**-1)

    def sin(self):
        return self._unary(math.sin(self.data), math.cos(self.data))

    def cos(self):
        return self._unary(math.cos(self.data), -math.sin(self.data))

    def tanh(self):
        t = math.tanh(self.data)
        return self._unary(t, 1 - t * t)

    def relu(self):
        on = self.data >= 0
        return self._unary(self.data if on else 0.0, float(on))

    def sigmoid(self):
        s = 1 / (1 + math.exp(-self.data))
        return self._unary(s, s * (1 - s))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (-Value.of(other))

    def __truediv__(self, other):
        return self * Value.of(other) ** -1

    def backward(self):
        topo, visited = [], set()

        def build_topo(v):
            if v not in visited:
                visited.add(v)
                for parent in v._parents:
                    build_topo(parent)
                topo.append(v)

        build_topo(self)
        self.grad = 1.0
        for v in reversed(topo):
            v._backward()


METHODS = {
    "add": Value.__add__,
    "sub": Value.__sub__,
    "mul": Value.__mul__,
    "div": Value.__truediv__,
    "exp": Value.exp,
    "log": Value.log,
    "relu": Value.relu,
    "sigmoid": Value.sigmoid,
    "tanh": Value.tanh,
    "square": lambda v: v * v,
    "cube": lambda v: v**3,
    "sin": Value.sin,
    "cos": Value.cos,
    "double": lambda v: v * 2,
    "negate": Value.__neg__,
}


def _running_example(a, b, c):
    nodes = {"a": Value(a), "b": Value(b), "c": Value(c)}
    nodes["d"] = nodes["b"] * 2
    nodes["e"] = nodes["a"] + nodes["d"]
    return nodes["c"] * nodes["e"], nodes


def forward(a, b, c):
    L, nodes = _running_example(a, b, c)
    return L.data, {**{k: v.data for k, v in nodes.items()}, "graph": L}


def backward(cache):
    L, nodes = _running_example(cache["a"], cache["b"], cache["c"])
    L.backward()
    return {k: v.grad for k, v in nodes.items()}


def compose(names, x):
    start = out = Value(x)
    for name in names:
        out = METHODS[name](out)
    out.backward()
    return out.data, start.grad


def _build(graph, inputs, wanted):
    nodes = {k: Value(v) for k, v in inputs.items()}
    busy = []

    def node(operand):
        if not isinstance(operand, str):
            return Value(operand)
        if operand not in nodes:
            if operand in busy or operand not in graph:
                raise ValueError(operand)
            busy.append(operand)
            op, operands = graph[operand]
            nodes[operand] = METHODS[op](*[node(o) for o in operands])
            busy.pop()
        return nodes[operand]

    for name in wanted:
        node(name)
    return nodes


def evaluate(graph, inputs):
    return {k: v.data for k, v in _build(graph, inputs, graph).items()}


def differentiate(graph, inputs, output):
    nodes = _build(graph, inputs, [output])
    nodes[output].backward()
    return {k: nodes[k].grad if k in nodes else 0 for k in [*graph, *inputs]}
