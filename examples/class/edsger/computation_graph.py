"""As short as it goes: reduce, walrus, comprehensions.

A naive grader assumes `def` statements with the stub's signature: here most functions are lambdas,
`compose` is a partial object, and `differentiate` has a keyword more.
"""
# ruff: noqa: E731 -- lambdas throughout are the point of this student

from functools import partial, reduce
from math import cos, exp, log, sin, tanh

s = lambda x: 1 / (1 + exp(-x))
ds = lambda x: s(x) * s(-x)
FUNCTIONS = dict(
    square=(lambda x: x * x, lambda x: 2 * x),
    cube=(lambda x: x**3, lambda x: 3 * x * x),
    exp=(exp, exp),
    sin=(sin, cos),
    cos=(cos, lambda x: -sin(x)),
    sigmoid=(s, ds),
    double=(lambda x: 2 * x, lambda x: 2.0),
    negate=(lambda x: -x, lambda x: -1.0),
)
OPS = dict(
    add=(lambda x, y: x + y, lambda x, y: (1.0, 1.0)),
    sub=(lambda x, y: x - y, lambda x, y: (1.0, -1.0)),
    mul=(lambda x, y: x * y, lambda x, y: (y, x)),
    div=(lambda x, y: x / y, lambda x, y: (1 / y, -x / (y * y))),
    exp=(exp, lambda x: (exp(x),)),
    log=(log, lambda x: (1 / x,)),
    relu=(lambda x: max(x, 0.0), lambda x: (1.0 if x >= 0 else 0.0,)),
    sigmoid=(s, lambda x: (ds(x),)),
    tanh=(tanh, lambda x: (1 - tanh(x) ** 2,)),
    square=(lambda x: x * x, lambda x: (2 * x,)),
)

forward = lambda a, b, c: (c * (e := a + (d := 2 * b)), dict(a=a, b=b, c=c, d=d, e=e))
backward = lambda cache: dict.fromkeys("ade", c := cache["c"]) | {"b": 2 * c, "c": cache["e"]}
compose = partial(
    lambda table, names, x: reduce(
        lambda pair, name: (table[name][0](pair[0]), pair[1] * table[name][1](pair[0])),
        names,
        (x, 1.0),
    ),
    FUNCTIONS,
)
strings = lambda xs: [x for x in xs if isinstance(x, str)]
numbers = lambda node, v: [v[x] if isinstance(x, str) else x for x in node[1]]


def _values(graph, inputs):
    v, todo = dict(inputs), graph
    while todo:
        ready = {n: t for n, t in todo.items() if all(x in v for x in strings(t[1]))}
        if not ready:
            raise ValueError("cycle or unknown name")
        v |= {n: OPS[t[0]][0](*numbers(t, v)) for n, t in ready.items()}
        todo = {n: t for n, t in todo.items() if n not in ready}
    return v


evaluate = lambda graph, inputs: _values(graph, inputs)


def differentiate(graph, inputs, output, *, seed=1.0):
    if output not in graph.keys() | inputs.keys():
        raise ValueError(output)
    below = {output: None}
    while new := {x for n in below if n in graph for x in strings(graph[n][1])} - below.keys():
        below |= dict.fromkeys(new)
    v = _values({n: graph[n] for n in below if n in graph}, inputs)
    g = dict.fromkeys([*graph, *inputs], 0.0) | {output: seed}
    for n in (n for n in reversed(v) if n in graph):
        for x, k in zip(graph[n][1], OPS[graph[n][0]][1](*numbers(graph[n], v)), strict=True):
            g |= {x: g[x] + g[n] * k} if isinstance(x, str) else {}
    return g
