"""`from numpy import *`, star-arguments, keyword-only extras with defaults, and try/except control.

A naive grader assumes that `sum`, `abs`, `max` and `round` are Python's, that the signature is the
stub's to the letter, and that nobody steers by exceptions: a KeyError here means "not yet".
"""
# ruff: noqa: F403, F405, B904 -- a student's star import

from numpy import *


def logistic(x):
    return where(x > 0, 1 / (1 + exp(-abs(x))), exp(-abs(x)) / (1 + exp(-abs(x))))


FUNCTIONS = {
    "square": (square, lambda x: 2 * x),
    "cube": (lambda x: power(x, 3), lambda x: 3 * square(x)),
    "exp": (exp, exp),
    "sin": (sin, cos),
    "cos": (cos, lambda x: -sin(x)),
    "sigmoid": (logistic, lambda x: logistic(x) * logistic(-x)),
    "double": (lambda x: 2 * x, lambda x: 2.0),
    "negate": (negative, lambda x: -1.0),
}
OPS = {
    "add": (add, lambda *_: (1.0, 1.0)),
    "sub": (subtract, lambda *_: (1.0, -1.0)),
    "mul": (multiply, lambda *xy: xy[::-1]),
    "div": (divide, lambda x, y: (1 / y, -x / square(y))),
    "exp": (exp, lambda *x: exp(x)),
    "log": (log, lambda *x: divide(1, x)),
    "relu": (lambda x: max([x, 0.0]), lambda *x: greater_equal(x, 0)),
    "sigmoid": (logistic, lambda x: (logistic(x) * logistic(-x),)),
    "tanh": (tanh, lambda *x: 1 - square(tanh(x))),
    "square": (square, lambda *x: multiply(2, x)),
}


def forward(*abc, weights=(1.0, 2.0)):
    a, b, c = abc
    d = weights[1] * b
    e = dot(weights, (a, b))
    return prod([c, e]), {"a": a, "b": b, "c": c, "d": d, "e": e, "weights": weights}


def backward(cache, *, dL=1.0):
    de, dc = multiply(dL, [cache["c"], cache["e"]])
    da, db = de * array([1.0, 2.0])
    return {"a": da, "b": db, "c": dc, "d": de, "e": de}


def compose(names, x, *, table=FUNCTIONS):
    value, slopes = float64(x), [1.0]
    for f, df in (table[name] for name in names):
        slopes += [df(value)]
        value = f(value)
    return value, prod(slopes)


def look_up(values, operands):
    return [float64(values[o]) if isinstance(o, str) else float64(o) for o in operands]


def evaluate(graph, inputs, *, ops=OPS):
    values, todo = dict(inputs), list(graph.items())
    while todo:
        late = []
        for name, (op, operands) in todo:
            try:
                values[name] = ops[op][0](*look_up(values, operands))
            except KeyError:
                late.insert(0, (name, (op, operands)))
        if len(late) == len(todo):
            raise ValueError("cannot order the graph")
        todo = late
    return values


def differentiate(graph, inputs, output, *, ops=OPS):
    part = {}

    def collect(*names):
        for name in names:
            if name in graph and name not in part:
                part[name] = graph[name]
                collect(*graph[name][1])

    collect(output)
    values = evaluate(part, inputs)
    gradients = {name: float64(0) for name in [*inputs, *graph]}
    try:
        values[output]
    except KeyError:
        raise ValueError(f"unknown output {output}")
    gradients[output] = float64(1)
    for name in [name for name in values if name in part][::-1]:
        op, operands = graph[name]
        slopes = ops[op][1](*look_up(values, operands))
        for o, slope in zip(operands, slopes, strict=True):
            if isinstance(o, str):
                gradients[o] = add(gradients[o], gradients[name] * slope)
    return gradients
