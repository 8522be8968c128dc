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
    value, derivative = x, 1.0
    for name in names:
        function, slope = FUNCTIONS[name]
        derivative *= slope(value)
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


