"""Right answers, and everything left in: a plot, prints, a check, warnings, seeds, input().

A naive grader assumes that a submission only defines functions: it trips over the figure, over
what is printed or asked for, or over floating-point errors that are now raised.
"""

import math
import random
import sys
import warnings

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display

np.seterr(all="raise")
np.random.seed(0)
random.seed(42)
warnings.simplefilter("always")
np.set_printoptions(precision=2, suppress=True)
print("numpy", np.__version__, file=sys.stderr)
help(math.exp)


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def sigmoid_derivative(x):
    return sigmoid(x) * sigmoid(-x)


FUNCTIONS = {
    "square": (lambda x: x * x, lambda x: 2 * x),
    "cube": (lambda x: x * x * x, lambda x: 3 * x * x),
    "exp": (math.exp, math.exp),
    "sin": (math.sin, math.cos),
    "cos": (math.cos, lambda x: -math.sin(x)),
    "sigmoid": (sigmoid, sigmoid_derivative),
    "double": (lambda x: 2 * x, lambda x: 2.0),
    "negate": (lambda x: -x, lambda x: -1.0),
}

OPS = {
    "add": (lambda x, y: x + y, lambda x, y: (1.0, 1.0)),
    "sub": (lambda x, y: x - y, lambda x, y: (1.0, -1.0)),
    "mul": (lambda x, y: x * y, lambda x, y: (y, x)),
    "div": (lambda x, y: x / y, lambda x, y: (1 / y, -x / (y * y))),
    "exp": (math.exp, lambda x: (math.exp(x),)),
    "log": (math.log, lambda x: (1 / x,)),
    "relu": (lambda x: max(x, 0.0), lambda x: (1.0 if x >= 0 else 0.0,)),
    "sigmoid": (sigmoid, lambda x: (sigmoid_derivative(x),)),
    "tanh": (math.tanh, lambda x: (1 - math.tanh(x) ** 2,)),
    "square": (lambda x: x * x, lambda x: (2 * x,)),
}


def forward(a, b, c):
    d = 2 * b
    e = a + d
    L = c * e
    print(f"forward: {a=} {b=} {c=} {d=} {e=} {L=}")
    return L, {"a": a, "b": b, "c": c, "d": d, "e": e, "plot": plt.figure}


def backward(cache):
    warnings.warn("did I get the factor 2 right?", stacklevel=2)
    cache["dL"] = 1.0
    dc, de = cache["dL"] * cache["e"], cache["dL"] * cache["c"]
    print("dL/db =", 2 * de)
    return {"a": de, "b": 2 * de, "c": dc, "d": de, "e": de, "L": "the end"}


def compose(names, x):
    derivative = 1.0
    for name in names:
        f, f_prime = FUNCTIONS[name]
        # print(name, x, f_prime(x))
        x, derivative = f(x), derivative * f_prime(x)
    return x, derivative


def topological_sort(graph, inputs, output, order, path):
    if output in order or output in inputs:
        return
    if output in path:
        raise ValueError(f"cycle: {' -> '.join(path)}")
    if output not in graph:
        raise ValueError(f"unknown: {output}")
    path[output] = None
    for operand in graph[output][1]:
        if isinstance(operand, str):
            topological_sort(graph, inputs, operand, order, path)
    del path[output]
    order[output] = None


def evaluate(graph, inputs):
    order = {}
    for name in graph:
        topological_sort(graph, inputs, name, order, {})
    values = dict(inputs)
    for name in order:
        op, operands = graph[name]
        values[name] = OPS[op][0](*[values.get(o, o) for o in operands])
    print("evaluated", len(graph), "nodes")
    return values


def differentiate(graph, inputs, output):
    order = {}
    topological_sort(graph, inputs, output, order, {})
    values = evaluate({name: graph[name] for name in order}, inputs)
    gradients = {name: 0.0 for name in [*graph, *inputs]}
    gradients[output] = 1.0
    for name in reversed(order):
        op, operands = graph[name]
        for o, slope in zip(operands, OPS[op][1](*[values.get(x, x) for x in operands])):  # noqa: B905
            if o in gradients:
                gradients[o] += gradients[name] * slope
    return gradients


display(forward(3.0, 1.0, -2.0))
from grader.selfcheck import check  # noqa: E402

check("computation_graph")

fig, ax = plt.subplots()
xs = np.linspace(-3, 3, 61)
for names in (["double", "square"], ["square", "negate", "exp"]):
    ax.plot(xs, [compose(names, x)[1] for x in xs], label=" then ".join(names))
ax.legend()
plt.show()

if __name__ == "__main__":
    who = input("Your name: ")
    print("Well done,", who)
