"""Order by repeated passes, then one walk back."""

import math


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


FUNCTIONS = {
    "square": (lambda x: x**2, lambda x: 2 * x),
    "cube": (lambda x: x**3, lambda x: 3 * x**2),
    "exp": (math.exp, math.exp),
    "sin": (math.sin, math.cos),
    "cos": (math.cos, lambda x: -math.sin(x)),
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    "double": (lambda x: 2 * x, lambda x: 2.0),
    "negate": (lambda x: -x, lambda x: -1.0),
}
OPS = {
    "add": (lambda x, y: x + y, lambda x, y: (1.0, 1.0)),
    "sub": (lambda x, y: x - y, lambda x, y: (1.0, -1.0)),
    "mul": (lambda x, y: x * y, lambda x, y: (y, x)),
    "div": (lambda x, y: x / y, lambda x, y: (1 / y, -x / y**2)),
    "exp": (math.exp, lambda x: (math.exp(x),)),
    "log": (math.log, lambda x: (1 / x,)),
    "relu": (lambda x: max(0.0, x), lambda x: (1.0 if x >= 0 else 0.0,)),
    "sigmoid": (sigmoid, lambda x: (sigmoid(x) * (1 - sigmoid(x)),)),
    "tanh": (math.tanh, lambda x: (1 - math.tanh(x) ** 2,)),
    "square": (lambda x: x**2, lambda x: (2 * x,)),
}


def forward(a, b, c):
    d = 2 * b
    e = a + d
    L = c * e
    return L, {"a": a, "b": b, "c": c, "d": d, "e": e}


def backward(cache):
    dL = 1.0
    dc = dL * cache["e"]
    de = dL * cache["c"]
    da = de * 1
    dd = de * 1
    db = dd * 2
    return {"a": da, "b": db, "c": dc, "d": dd, "e": de}


def compose(names, x):
    value = x
    derivative = 1.0
    for name in names:
        f, df = FUNCTIONS[name]
        derivative = derivative * df(value)
        value = f(value)
    return value, derivative


def order_of(graph, inputs, wanted):
    done, order, open_ = set(inputs), [], set()

    def visit(name):
        if name in done:
            return
        if name not in graph or name in open_:
            raise ValueError(name)
        open_.add(name)
        for operand in graph[name][1]:
            if isinstance(operand, str):
                visit(operand)
        done.add(name)
        order.append(name)

    for name in wanted:
        visit(name)
    return order


def look(operand, values):
    return values[operand] if isinstance(operand, str) else operand


def evaluate(graph, inputs):
    values = dict(inputs)
    for name in order_of(graph, inputs, graph):
        op, operands = graph[name]
        values[name] = OPS[op][0](*[look(o, values) for o in operands])
    return values


def differentiate(graph, inputs, output):
    order = order_of(graph, inputs, [output])
    values = dict(inputs)
    for name in order:
        op, operands = graph[name]
        values[name] = OPS[op][0](*[look(o, values) for o in operands])
    grads = {name: 0.0 for name in list(graph) + list(inputs)}
    grads[output] = 1.0
    for name in reversed(order):
        op, operands = graph[name]
        partials = OPS[op][1](*[look(o, values) for o in operands])
        for operand, partial in zip(operands, partials):
            if isinstance(operand, str):
                grads[operand] += grads[name] * partial
    return grads
