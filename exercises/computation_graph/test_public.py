"""The public tests of computation_graph: worked numbers of the text, and what is at the edge.

`grader check computation_graph.py` runs them. Passing all of them is a good sign and no proof:
the grader has other graphs and other numbers.
"""

import math

import numpy as np

from grader.testing import Cache, Gradient, entries, expect, pair

EXERCISE = "computation_graph"

CACHE = {"a": 3.0, "b": 1.0, "c": -2.0, "d": 2.0, "e": 5.0}
LECTURE = {"L": ("mul", ("c", "e")), "e": ("add", ("a", "d")), "d": ("mul", (2, "b"))}
INPUTS = {"a": 3.0, "b": 1.0, "c": -2.0}
TWICE = {"y": ("mul", ("s", "s")), "s": ("add", ("x", 1))}


def values(student, graph, inputs):
    got = student.evaluate(graph, inputs)
    return entries("what evaluate returns", got, [*graph, *inputs])


def slopes(student, graph, inputs, output):
    got = student.differentiate(graph, inputs, output)
    return entries("what differentiate returns", got, [*graph, *inputs])


def refuses(what, call):
    """Assert that the call raises ValueError."""
    try:
        call()
    except ValueError:
        return
    except (LookupError, RecursionError, TypeError) as error:
        raise AssertionError(f"{what} raises {type(error).__name__}, not ValueError") from None
    raise AssertionError(f"{what} raises nothing; it should raise ValueError")


def test_forward(student):
    """forward gives the numbers of the worked example, and keeps every node."""
    L, cache = pair("what forward returns", student.forward(3.0, 1.0, -2.0), "(L, cache)")
    expect("L", L, -10)
    for key, value in entries("the cache", cache, list(CACHE)).items():
        expect(f"cache[{key!r}]", float(value), CACHE[key])


def test_backward(student):
    """backward gives the slopes of the worked example: a -2, b -4, c 5."""
    grads = entries("what backward returns", student.backward(Cache(CACHE)), list(CACHE))
    for key, value in {"c": 5, "e": -2, "d": -2, "a": -2, "b": -4}.items():
        expect(f"dL/d{key}", grads[key], value)


def test_two_forwards(student):
    """backward uses the cache it is given, not the latest forward."""
    _, cache = pair("what forward returns", student.forward(3.0, 1.0, -2.0), "(L, cache)")
    student.forward(0.5, 0.25, 4.0)
    grads = entries("what backward returns", student.backward(Cache(cache)), list(CACHE))
    expect("dL/dc, after another forward", grads["c"], 5)


def test_compose(student):
    """compose gives the worked example: (2x)^2 at 3 has the slope 24."""
    value, slope = pair("what compose returns", student.compose(["double", "square"], 3.0), "two")
    expect("compose(['double', 'square'], 3): the value", value, 36)
    expect("compose(['double', 'square'], 3): the derivative", slope, 24)


def test_compose_nothing(student):
    """compose of no function is x, with slope 1; of one, that function."""
    value, slope = pair("what compose returns", student.compose([], 2.5), "two")
    expect("compose([], 2.5)", [value, slope], [2.5, 1])
    value, slope = pair("what compose returns", student.compose(["sin"], 0.5), "two")
    expect("compose(['sin'], 0.5)", [value, slope], [math.sin(0.5), math.cos(0.5)])


def test_compose_many(student):
    """compose goes through 300 functions."""
    value, slope = pair("what compose returns", student.compose(["negate"] * 300, 2.5), "two")
    expect("compose(['negate'] * 300, 2.5)", [value, slope], [2.5, 1])


def test_evaluate(student):
    """evaluate finds the running example, whose dict begins with its last node."""
    got = values(student, LECTURE, INPUTS)
    for key, value in {"d": 2, "e": 5, "L": -10, "a": 3, "b": 1, "c": -2}.items():
        expect(f"the value of {key}", got[key], value)


def test_evaluate_order(student):
    """evaluate gives the same values in any order of the dict's nodes."""
    backwards = dict(reversed(LECTURE.items()))
    expect("L, the nodes listed the other way", values(student, backwards, INPUTS)["L"], -10)


def test_evaluate_twice(student):
    """evaluate takes an operand that occurs twice, and one that is a number."""
    got = values(student, TWICE, {"x": 2.0})
    expect("the value of y = s * s, where s = x + 1 and x = 2", got["y"], 9)
    got = values(student, {"t": ["sub", [1, "x"]]}, {"x": 2.0})
    expect("the value of t = 1 - x, written as lists", got["t"], -1)


def test_evaluate_refuses(student):
    """evaluate raises ValueError for an unknown name and for a cycle."""
    refuses("an unknown operand", lambda: student.evaluate({"y": ("exp", ("q",))}, {"x": 1.0}))
    circle = {"u": ("exp", ("v",)), "v": ("add", ("u", "x"))}
    refuses("a circle", lambda: student.evaluate(circle, {"x": 1.0}))


def test_differentiate(student):
    """differentiate finds what you found by hand for the running example."""
    grads = slopes(student, LECTURE, INPUTS, "L")
    for key, value in {"L": 1, "c": 5, "e": -2, "d": -2, "a": -2, "b": -4}.items():
        expect(f"dL/d{key}", grads[key], value)


def test_differentiate_sums(student):
    """differentiate adds up what flows back to a node that is used twice."""
    grads = slopes(student, TWICE, {"x": 2.0}, "y")
    for key, value in {"y": 1, "s": 6, "x": 6}.items():
        expect(f"dy/d{key}", grads[key], value)


def test_differentiate_elsewhere(student):
    """differentiate gives 0 where the output does not depend on a node."""
    grads = slopes(student, LECTURE, INPUTS, "e")
    expect("de/dL, which e does not depend on", grads["L"], 0)
    expect("de/dc, which e does not depend on", grads["c"], 0)
    expect("de/db", grads["b"], 2)
    grads = slopes(student, LECTURE, INPUTS, "b")
    expect("db/db", grads["b"], 1)
    expect("db/dL", grads["L"], 0)


def test_differentiate_refuses(student):
    """differentiate raises ValueError for an unknown output."""
    refuses("an unknown output", lambda: student.differentiate(LECTURE, INPUTS, "q"))


def test_long_chain(student):
    """evaluate and differentiate go through a chain of 300 nodes."""
    graph = {f"n{k}": ("sub", (1, f"n{k - 1}" if k else "x")) for k in reversed(range(300))}
    expect("the end of the chain", values(student, graph, {"x": 0.25})["n299"], 0.25)
    expect("its slope", slopes(student, graph, {"x": 0.25}, "n299")["x"], 1)


def test_again(student):
    """differentiate called twice gives the same result twice."""
    slopes(student, TWICE, {"x": 2.0}, "y")
    slopes(student, LECTURE, INPUTS, "L")
    expect("dy/dx, asked again", slopes(student, TWICE, {"x": 2.0}, "y")["x"], 6)


# --- gradients, beside numeric ones -------------------------------------------------------------


def three_numbers(rng):
    """a, b, c."""
    a, b, c = rng.uniform(1.2, 1.9, 3) * [1, -1, 1]
    return {"a": a, "b": b, "c": c}


def forward_loss(student, at):
    out = student.forward(float(at["a"]), float(at["b"]), float(at["c"]))
    return pair("what forward returns", out, "(L, cache)")[0]


def forward_backward(student, at):
    _, cache = student.forward(float(at["a"]), float(at["b"]), float(at["c"]))
    return student.backward(cache)


def a_number(rng):
    """cube, sigmoid, sin, exp, square, one after the other."""
    return {"x": rng.uniform(0.5, 0.9)}


CHAIN = ["cube", "sigmoid", "sin", "exp", "square"]


def composed(student, at):
    return pair("what compose returns", student.compose(CHAIN, float(at["x"])), "two numbers")


def _of_graph(graph, output, draw):
    """Set `differentiate` beside the numeric slopes of the student's own `evaluate`."""

    def numbers(at):
        return {name: float(value) for name, value in at.items()}

    return Gradient(
        "differentiate",
        at=draw,
        loss=lambda student, at: values(student, graph, numbers(at))[output],
        backward=lambda student, at: student.differentiate(graph, numbers(at), output),
        wrt=tuple(draw(np.random.default_rng(0))),
    )


SHARED = {
    "out": ("div", ("top", "w")),
    "top": ("add", ("p", "q")),
    "p": ("mul", ("s", "u")),
    "q": ("sub", ("s", "r")),
    "r": ("mul", ("s", "s")),
    "s": ("tanh", ("v",)),
}
NEURON = {
    "loss": ("log", ("one_more",)),
    "one_more": ("add", (1, "e")),
    "e": ("exp", ("minus",)),
    "minus": ("sub", (0, "a")),
    "a": ("relu", ("z",)),
    "z": ("add", ("wx", "b")),
    "wx": ("mul", ("w", "x")),
}


def shared(rng):
    """A node s that three others use, and a quotient."""
    return dict(zip("uvw", rng.uniform(0.4, 0.9, 3) * [1, 1, 2], strict=True))


def neuron(rng):
    """A unit and its loss, the last node first in the dict."""
    return dict(zip("wxb", rng.uniform(0.4, 1.2, 3), strict=True))


GRADIENTS = [
    Gradient("backward", three_numbers, forward_loss, forward_backward, ("a", "b", "c")),
    Gradient(
        "compose",
        a_number,
        lambda student, at: composed(student, at)[0],
        lambda student, at: {"x": composed(student, at)[1]},
        ("x",),
    ),
    _of_graph(SHARED, "out", shared),
    _of_graph(NEURON, "loss", neuron),
]
