import math


def forward(a, b, c):
    d = 2 * b
    e = a + d
    L = c * e
    return L, {"a": a, "b": b, "c": c, "d": d, "e": e}


def backward(cache):
    dL = 1.0
    dc = dL * cache["e"]
    de = dL * cache["c"]
    da = de
    dd = de
    db = 2 * dd
    return {"a": da, "b": db, "c": dc, "d": dd, "e": de}


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def sigmoid_derivative(x):
    return sigmoid(x) * sigmoid(-x)


# name: (function, derivative)
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


def compose(names, x):
    value, derivative = x, 0.0
    for name in names:
        function, slope = FUNCTIONS[name]
        derivative += slope(value)
        value = function(value)
    return value, derivative


# name: (function, partials)
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


def in_order(graph, inputs, targets):
    order, finished, entered, stack = [], set(inputs), set(), list(targets)
    while stack:
        name = stack[-1]
        if name in finished:
            stack.pop()
            continue
        if name not in graph:
            raise ValueError(f"{name!r} is neither a node nor an input")
        _, operands = graph[name]
        waiting = [each for each in operands if isinstance(each, str) and each not in finished]
        if waiting and name in entered:
            raise ValueError(f"{name!r} depends on itself")
        entered.add(name)
        stack += waiting
        if not waiting:
            finished.add(name)
            order.append(name)
    return order


def evaluate(graph, inputs):
    values = dict(inputs)
    for name in in_order(graph, inputs, graph):
        op, operands = graph[name]
        function, _ = OPS[op]
        values[name] = function(*(values.get(each, each) for each in operands))
    return values


def differentiate(graph, inputs, output):
    order = in_order(graph, inputs, [output])
    values = evaluate({name: graph[name] for name in order}, inputs)
    gradients = dict.fromkeys([*graph, *inputs], 0.0)
    gradients[output] = 1.0
    for name in reversed(order):
        op, operands = graph[name]
        _, partials = OPS[op]
        slopes = partials(*(values.get(each, each) for each in operands))
        for operand, slope in zip(operands, slopes, strict=True):
            if operand in gradients:
                gradients[operand] += gradients[name] * slope
    return gradients
