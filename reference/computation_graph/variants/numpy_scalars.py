"""NumPy for single numbers: everything comes back as some kind of scalar or 0-d array.

A naive grader assumes `float`: here are np.float64, long double, big-endian, read-only and masked
0-d arrays, np.bool_ and np.int64; and OPS is a table of ufuncs.
"""

import numpy as np
from numpy import ma


def sigmoid(x):
    return np.exp(-np.logaddexp(0.0, -x))


FUNCTIONS = {
    "square": (np.square, lambda x: 2 * x),
    "cube": (lambda x: np.power(x, 3.0), lambda x: 3 * np.square(x)),
    "exp": (np.exp, np.exp),
    "sin": (np.sin, np.cos),
    "cos": (np.cos, lambda x: -np.sin(x)),
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * sigmoid(-x)),
    "double": (lambda x: np.multiply(2, x), lambda x: np.int64(2)),
    "negate": (np.negative, lambda x: np.int8(-1)),
}

OPS = {
    "add": (np.add, lambda x, y: np.ones(2)),
    "sub": (np.subtract, lambda x, y: np.array([1.0, -1.0])),
    "mul": (np.multiply, lambda x, y: np.array([y, x], dtype=float)),
    "div": (np.divide, lambda x, y: np.array([1 / y, -x / np.square(float(y))])),
    "exp": (np.exp, lambda x: np.exp([x])),
    "log": (np.log, lambda x: np.reciprocal([float(x)])),
    "relu": (lambda x: np.maximum(x, 0.0), lambda x: np.heaviside([x], 1.0)),
    "sigmoid": (sigmoid, lambda x: np.array([sigmoid(x) * sigmoid(-x)])),
    "tanh": (np.tanh, lambda x: 1 / np.cosh([x]) ** 2),
    "square": (np.square, lambda x: np.array([2.0 * x])),
}


def read_only(number):
    array = np.array(number, dtype=float)
    array.flags.writeable = False
    return array


def forward(a, b, c):
    a, b, c = map(np.float64, (a, b, c))
    d = np.multiply(2, b)
    e = a + d
    return np.array(c * e, dtype=">f8"), {"a": a, "b": read_only(b), "c": c, "d": d, "e": e}


def backward(cache):
    c, e = np.asarray(cache["c"]), np.asarray(cache["e"])
    jacobian = np.array([[1.0], [2.0], [0.0], [1.0], [1.0]]) @ np.reshape(c, (1, 1))
    jacobian[2, 0] = e
    a, b, c, d, e = jacobian[:, 0]
    return {
        "a": np.longdouble(a),
        "b": np.array(b, dtype=">f8"),
        "c": ma.masked_array(c, mask=False),
        "d": read_only(d),
        "e": jacobian[4, :].reshape(()),
    }


def compose(names, x):
    values = [np.float64(x)]
    for name in names:
        values.append(FUNCTIONS[name][0](values[-1]))
    slopes = [FUNCTIONS[name][1](value) for name, value in zip(names, values, strict=False)]
    return np.asarray(values[-1]), np.prod(slopes, dtype=np.longdouble)


def number(operand, values):
    return values[operand] if isinstance(operand, str) else np.asarray(operand)


def sorted_nodes(graph, inputs):
    """Levels by relaxation: a node is one level above its highest operand."""
    level = dict.fromkeys(inputs, 0)
    todo = set(graph)
    while todo:
        ready = {n for n in todo if all(o in level for o in graph[n][1] if isinstance(o, str))}
        if not ready:
            raise ValueError(f"no order for {sorted(todo)}")
        for n in ready:
            level[n] = 1 + max((level[o] for o in graph[n][1] if isinstance(o, str)), default=0)
        todo -= ready
    return [n for n in sorted(level, key=level.__getitem__) if n in graph]


def ancestors(graph, name):
    found, todo = set(), [name]
    while todo:
        new = {o for n in todo if n in graph for o in graph[n][1] if isinstance(o, str)}
        found.update(todo)
        todo = list(new - found)
    return found


def evaluate(graph, inputs):
    values = {name: read_only(value) for name, value in inputs.items()}
    for name in sorted_nodes(graph, inputs):
        op, operands = graph[name]
        values[name] = OPS[op][0](*(number(o, values) for o in operands))
    return values


def differentiate(graph, inputs, output):
    if output not in {*graph, *inputs}:
        raise ValueError(f"{output} is not in the graph")
    family = ancestors(graph, output)
    part = {name: node for name, node in graph.items() if name in family}
    values = evaluate(part, inputs)
    names = [*inputs, *graph]
    place = {name: i for i, name in enumerate(names)}
    gradient = np.zeros(len(names))
    gradient[place[output]] = 1
    for name in reversed(sorted_nodes(part, inputs)):
        op, operands = graph[name]
        slopes = np.ravel(OPS[op][1](*(number(o, values) for o in operands)))
        known = [isinstance(o, str) for o in operands]
        where = [place[o] for o in operands if isinstance(o, str)]
        np.add.at(gradient, where, gradient[place[name]] * slopes[known])
    return dict(zip(names, gradient.astype(">f8"), strict=True))
