"""Kahn's algorithm with a deque and counts of what is still missing, in both directions.

A naive grader assumes that exactly a `dict` comes back: here answers are a defaultdict and an
OrderedDict, the pair of `compose` is a namedtuple, and the error is a class of the student's own.
"""

import math
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple

Result = namedtuple("Result", "value derivative")


class GraphError(ValueError):
    pass


def _sigmoid(x):
    return 0.5 * (1 + math.tanh(x / 2))


FUNCTIONS = {
    "square": (lambda x: x * x, lambda x: 2 * x),
    "cube": (lambda x: x**3, lambda x: 3 * x * x),
    "exp": (math.exp, math.exp),
    "sin": (math.sin, math.cos),
    "cos": (math.cos, lambda x: -math.sin(x)),
    "sigmoid": (_sigmoid, lambda x: _sigmoid(x) * (1 - _sigmoid(x))),
    "double": (lambda x: 2 * x, lambda x: 2.0),
    "negate": (lambda x: -x, lambda x: -1.0),
}

OPS = {
    "add": (lambda x, y: x + y, lambda x, y: [1.0, 1.0]),
    "sub": (lambda x, y: x - y, lambda x, y: [1.0, -1.0]),
    "mul": (lambda x, y: x * y, lambda x, y: [y, x]),
    "div": (lambda x, y: x / y, lambda x, y: [1 / y, -x / y / y]),
    "exp": (math.exp, lambda x: [math.exp(x)]),
    "log": (math.log, lambda x: [1 / x]),
    "relu": (lambda x: max(x, 0), lambda x: [float(x >= 0)]),
    "sigmoid": (_sigmoid, lambda x: [_sigmoid(x) * (1 - _sigmoid(x))]),
    "tanh": (math.tanh, lambda x: [math.cosh(x) ** -2]),
    "square": (lambda x: x * x, lambda x: [2 * x]),
}


def forward(a, b, c):
    cache = OrderedDict(e=a + 2 * b, d=2 * b, c=c, b=b, a=a)
    return cache["c"] * cache["e"], cache


def backward(cache):
    g = OrderedDict()
    g["e"] = cache["c"]
    g["c"] = cache["e"]
    g["a"] = g["d"] = g["e"]
    g["b"] = g["d"] + g["d"]
    return g


def compose(names, x):
    values = [x]
    for name in names:
        values.append(FUNCTIONS[name][0](values[-1]))
    slopes = [FUNCTIONS[name][1](v) for name, v in zip(names, values[:-1], strict=True)]
    return Result(values[-1], math.prod(slopes))


def names_in(operands):
    return [operand for operand in operands if type(operand) is str]


def kahn(graph, inputs):
    missing = {name: len(names_in(operands)) for name, (_, operands) in graph.items()}
    users = defaultdict(list)
    for name, (_, operands) in graph.items():
        for operand in names_in(operands):
            users[operand].append(name)
    ready = deque(inputs)
    ready.extend(name for name, count in missing.items() if count == 0)
    order = []
    while ready:
        name = ready.popleft()
        order.append(name)
        for user in users[name]:
            missing[user] -= 1
            if missing[user] == 0:
                ready.append(user)
    if len(order) != len(graph) + len(inputs):
        raise GraphError("unknown operand or cycle")
    return order


def evaluate(graph, inputs):
    values = defaultdict(float, inputs)
    for name in kahn(graph, inputs):
        if name in graph:
            op, operands = graph[name]
            numbers = [values[o] if type(o) is str else o for o in operands]
            values[name] = OPS[op][0](*numbers)
    return values


def differentiate(graph, inputs, output):
    if output not in graph and output not in inputs:
        raise GraphError(output)
    part, todo = {}, deque([output])
    while todo:
        name = todo.popleft()
        if name in graph and name not in part:
            part[name] = graph[name]
            todo.extend(names_in(graph[name][1]))
    values = evaluate(part, inputs)
    users_left = Counter(o for _, operands in part.values() for o in names_in(operands))
    gradients = defaultdict(float, dict.fromkeys([*inputs, *graph], 0.0))
    gradients[output] = 1.0
    ready = deque([output])
    while ready:
        name = ready.popleft()
        if name not in part:
            continue
        op, operands = part[name]
        numbers = [values[o] if type(o) is str else o for o in operands]
        for operand, slope in zip(operands, OPS[op][1](*numbers), strict=True):
            if type(operand) is str:
                gradients[operand] += gradients[name] * slope
                users_left[operand] -= 1
                if not users_left[operand]:
                    ready.append(operand)
    return gradients
