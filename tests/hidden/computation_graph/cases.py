"""The inputs of the hidden tests of computation_graph.

Values are never 0, 1, -1 or 2, where wrong rules look right. Every scalar is judged on its own
scale, so graphs are redrawn until no gradient is small beside the others: what is left of a sum
that cancels is rounding.

`EXACT` is how near the chain rule comes. All is float64 here: over 200 seeds right answers in 26
styles were off by 1.3e-14 at most in `compose`, numeric differences by 1e-12 or more (central ones by
9e-11), whatever the step. In `backward`, where L is a line in each number, right ones were exact, and
central differences off by 1.6e-13 or more for steps up to 1e-3. In the small graphs of `differentiate`
right answers were off by 1.8e-15 at most over 60 seeds, central differences by 2e-11 or more.
"""

from grader.testing import Case, Gradient, redrawn

EXACT = {"compose": 1e-12, "backward": 1e-13, "differentiate": 1e-12}
CACHES = {"forward": ("a", "b", "c", "d", "e")}


def value(rng):
    """A number whose size lies between 1.2 and 1.9 or 2.1 and 2.8, of either sign."""
    return float(rng.choice([-1, 1]) * (rng.uniform(1.2, 1.9) + rng.integers(2) * 0.9))


def shuffled(rng, graph):
    """The same graph, listed in another order."""
    names = list(graph)
    return {names[i]: graph[names[i]] for i in rng.permutation(len(names))}


def forward_cases(rng, reference):
    """Three times a, b and c; c and e, which the gradients are made of, take either sign.

    e is not near 0, where a + b + b in place of a + 2b would be off by more than `EXACT` allows.
    """

    def either_sign(*cases):
        ends = [(c, a + 2 * b) for a, b, c in (case.args for case in cases)]
        signs = ({value > 0 for value in values} for values in zip(*ends, strict=True))
        return all(len(both) == 2 for both in signs) and all(abs(e) > 0.3 for _, e in ends)

    def draw():
        return [Case("forward", value(rng), value(rng), value(rng)) for _ in range(3)]

    yield from redrawn(draw, either_sign)


def backward_cases(rng, reference):
    for case in forward_cases(rng, reference):
        cache = reference.forward(*case.args)[1]
        yield Case("backward", cache, tolerance=EXACT["backward"])


# What each gradient is, given the ones before it: (cache, own gradients) -> float.
LOCAL = {
    "a": lambda cache, own: own["e"],
    "b": lambda cache, own: 2 * own["d"],
    "d": lambda cache, own: own["e"],
}


def _point(rng):
    return {name: value(rng) for name in "abc"}


def _forward(module, at):
    return module.forward(*(float(at[name]) for name in "abc"))


def _loss(module, at):
    return _forward(module, at)[0]


def _backward(module, at):
    return module.backward(_forward(module, at)[1])


BACKWARD = Gradient("backward", _point, _loss, _backward, ("a", "b", "c"))


def _compose(names, x, note=""):
    return Case("compose", names, x, note=note, tolerance=EXACT["compose"])


def compose_cases(rng, reference):
    """Chains of every length, up to the longest; equal numbers of links differ in their order."""
    for names in (
        ["sin", "square"],
        ["double", "exp", "sigmoid"],
        ["square", "cos"],
        ["cube", "sigmoid", "sin", "negate"],
        ["sigmoid", "double", "cube"],
        ["negate", "exp", "double", "sin", "square"],
        ["square", "sin", "square", "square"],
    ):
        yield _compose(names, float(rng.uniform(0.3, 0.8)))
    yield _compose(["cube"], float(rng.uniform(0.3, 0.8)), note="one function")
    yield _compose([], value(rng), note="no function")
    yield _compose(*_longest(rng, reference), note="300 functions")


def _longest(rng, reference):
    """300 links, most of them a change of sign, and an x where the slope is not small or large."""
    few = ["double", "sin", "sigmoid", "cos", "exp", "square"]

    def draw():
        return rng.permutation([*few, *["negate"] * 294]).tolist(), float(rng.uniform(0.3, 0.8))

    return redrawn(draw, lambda names, x: 0.1 < abs(reference.compose(names, x)[1]) < 10)


def _inputs(rng):
    return {name: value(rng) for name in ("x", "y", "z")}


def tree_graphs(rng, reference):
    """Every node used once: L = c(a + 2b), listed from the output, and a deeper one, to it."""
    lecture = {"L": ("mul", ("c", "e")), "e": ("add", ("a", "d")), "d": ("mul", (2, "b"))}
    yield lecture, {name: value(rng) for name in "abc"}, "L"
    deeper = {
        "t": ("mul", ("y", "z")),
        "s": ("tanh", ("t",)),
        "r": ("mul", ("x", 1.5)),
        "q": ("add", ("r", "s")),
        "p": ("square", ("q",)),
    }
    yield deeper, {name: v / 2 for name, v in _inputs(rng).items()}, "p"


def shared_graphs(rng, reference):
    """Nodes with several roads to the output, short and long: three users, one user twice."""
    graph = {
        "out": ("add", ("k", "m")),
        "k": ("mul", ("s", "q")),
        "q": ("add", ("t", "u")),
        "m": ("mul", ("s", "v")),
        "t": ("mul", ("s", "s")),
        "u": ("sigmoid", ("s",)),
        "v": ("add", ("x", "w")),
        "w": ("mul", ("x", "x")),
        "s": ("add", ("x", "y")),
    }
    for _ in range(2):
        yield _telling(rng, reference, graph, _inputs, "out")
    yield {"y": ("mul", ("x", "x"))}, {"x": value(rng)}, "y"


def operation_graphs(rng, reference):
    """sub, div, log, exp, relu, square: second operands, inner slopes, and a silent relu count."""
    graph = {
        "out": ("add", ("g", "silent")),
        "g": ("sub", ("h", "k")),
        "h": ("div", ("p", "q")),
        "k": ("log", ("r",)),
        "p": ("sub", ("x", "y")),
        "q": ("exp", ("z",)),
        "r": ("add", ("s", 3)),
        "s": ("relu", ("t",)),
        "t": ("sub", (4, "w")),
        "w": ("div", (1.5, "x")),
        "silent": ("relu", ("below",)),
        "below": ("sub", ("w", 9)),
    }
    for _ in range(3):
        yield _telling(rng, reference, graph, _inputs, "out")


def _telling(rng, reference, graph, inputs, output):
    """Redraw the inputs until no gradient is small beside the largest."""

    def good(given):
        try:
            found = reference.differentiate(graph, given, output).values()
        except (ValueError, OverflowError, ZeroDivisionError):
            return False
        sizes = [abs(gradient) for gradient in found if gradient]
        return min(sizes) > 1e-2 * max(sizes)

    [given] = redrawn(lambda: [inputs(rng)], good)
    return shuffled(rng, graph), given, output


def long_graphs(rng, reference):
    """Chains of 300 nodes, listed from the end, from the start and shuffled; no node used twice."""
    steps = [("mul", 1.01), ("div", 1.02), ("sub", 0.29), ("add", "x")]
    chain = {"n0": ("mul", ("x", 1.1))}
    for i in range(1, 300):
        op, other = steps[i % 4]
        chain[f"n{i}"] = (op, (f"n{i - 1}", f"x{i}" if other == "x" else other))
    backwards = dict(reversed(chain.items()))
    for graph in (backwards, chain, shuffled(rng, chain)):
        names = ["x", *(f"x{i}" for i in range(3, 300, 4))]
        yield graph, {name: value(rng) for name in names}, "n299"


def numbers_alone(rng):
    """A node that waits for nothing, and is reached from no input."""
    graph = {"y": ("mul", ("k", "x")), "k": ("div", (1.5, 4))}
    return graph, {"x": value(rng)}, "y"


def _evaluate(graphs, note=""):
    return [Case("evaluate", graph, inputs, note=note) for graph, inputs, _ in graphs]


def _differentiate(graphs, note=""):
    tolerance = EXACT["differentiate"]
    return [Case("differentiate", *each, note=note, tolerance=tolerance) for each in graphs]


def evaluate_cases(rng, reference):
    for graphs in (tree_graphs, shared_graphs, operation_graphs):
        yield from _evaluate(graphs(rng, reference))
    yield from _evaluate([numbers_alone(rng)], note="a node of numbers alone")
    yield Case("evaluate", {}, {"x": value(rng)}, note="a graph without nodes")


def evaluate_long_cases(rng, reference):
    yield from _evaluate(long_graphs(rng, reference))


def tree_cases(rng, reference):
    yield from _differentiate(tree_graphs(rng, reference))
    yield from _differentiate([numbers_alone(rng)], note="a node of numbers alone")


def shared_cases(rng, reference):
    yield from _differentiate(shared_graphs(rng, reference))


def operation_cases(rng, reference):
    yield from _differentiate(operation_graphs(rng, reference))


def long_cases(rng, reference):
    yield from (Case("differentiate", *each) for each in long_graphs(rng, reference))


def apart_cases(rng, reference):
    """Nodes and inputs without a path to the output; an output that is an input or in the middle."""
    for graph, inputs, _ in tree_graphs(rng, reference):
        middle = "e" if "e" in graph else "q"
        yield Case("differentiate", graph, inputs, middle, note="an output in the middle")
        yield Case(
            "differentiate", graph, inputs, next(iter(inputs)), note="the output is an input"
        )


# Three nodes in a circle, beside one that can be computed: not every look for a circle goes that far.
RING = {
    "p": ("add", ("r", 1)),
    "w": ("square", ("x",)),
    "q": ("mul", ("p", "w")),
    "r": ("sub", ("q", "x")),
}


def bad_evaluate_cases(rng, reference):
    x = {"x": value(rng)}
    yield Case("evaluate", {"y": ("exp", ("nobody",))}, x, note="an unknown operand")
    yield Case("evaluate", RING, x, note="a cycle")
    yield Case("evaluate", {"y": ("add", ("y", "x"))}, x, note="a node of itself")


def bad_differentiate_cases(rng, reference):
    x = {"x": value(rng)}
    ring = RING | {"out": ("exp", ("q",))}
    good = {"y": ("mul", ("x", "x"))}
    yield Case("differentiate", good, x, "nobody", note="an unknown output")
    yield Case("differentiate", {"y": ("add", ("x", "nobody"))}, x, "y", note="an unknown operand")
    yield Case("differentiate", ring, x, "out", note="a cycle")


def timed_cases(rng, reference):
    """Some 700 nodes, 26 deep, 27 wide: 700 steps, but some 60 million paths.

    A walk along every path takes minutes. All slopes are positive, so that nothing cancels. Numeric
    differences are told by their values: some take less time than slow right answers.
    """
    for _ in range(15):
        inputs = {f"x{i}": abs(value(rng)) / 4 for i in range(27)}
        graph, last = {}, list(inputs)
        for depth in range(26):
            layer = [f"n{depth}_{i}" for i in range(27)]
            for name in layer:
                one, other = rng.choice(last, 2, replace=False)
                op = "mul" if depth % 8 == 1 else "add"
                graph[name] = (op, (str(one), str(other)))
            last = layer
        graph["out"] = ("add", (last[0], last[1]))
        yield from _differentiate([(shuffled(rng, graph), inputs, "out")])


# --- what may be shown --------------------------------------------------------------------------


def demonstrations(rng, reference):
    """From small to large: three numbers, one function, one operation, then a few nodes."""
    for given in ((3.0, 4.0, 5.0), (1.5, -3.0, 0.5)):
        yield Case("forward", *given)
        yield Case("backward", reference.forward(*given)[1], tolerance=EXACT["backward"])
    for names, x in (
        ([], 3.0), (["double"], 3.0), (["square"], 3.0), (["cube"], 0.5), (["double", "square"], 3.0),
        (["square", "double"], 3.0), (["negate", "exp"], 0.5), (["square", "cube", "double"], 0.5),
    ):  # fmt: skip
        yield _compose(names, x)
    for graph, inputs, note in SMALL_GRAPHS:
        output = next(iter(graph))
        yield Case("evaluate", graph, inputs, note=note)
        yield Case(
            "differentiate", graph, inputs, output, note=note, tolerance=EXACT["differentiate"]
        )
    unused = {"y": ("mul", ("x", 3.0))}
    yield Case("differentiate", unused, {"x": 2.0, "z": 5.0}, "y", note="an input that is not used")
    yield Case("differentiate", unused, {"x": 2.0}, "x", note="the output is an input")


SMALL_GRAPHS = (
    *(({"y": (op, ("x", "w"))}, {"x": 3.0, "w": 4.0}, op) for op in ("add", "sub", "mul", "div")),
    *(({"y": (op, ("x",))}, {"x": 0.5}, op) for op in ("square", "exp", "log", "sigmoid", "tanh")),
    ({"y": ("relu", ("x",))}, {"x": 3.0}, "relu of a positive number"),
    ({"y": ("relu", ("x",))}, {"x": -3.0}, "relu of a negative number"),
    ({"y": ("mul", ("x", "x"))}, {"x": 3.0}, "one node, twice the same operand"),
    ({"y": ("mul", ("d", 5.0)), "d": ("add", ("x", 3.0))}, {"x": 4.0}, "two nodes in a row"),
    (
        {"y": ("add", ("d", "x")), "d": ("mul", ("x", 3.0))},
        {"x": 4.0},
        "a number that is used by two nodes",
    ),
    (
        {"y": ("mul", ("s", "d")), "d": ("mul", ("s", 3.0)), "s": ("add", ("x", 1.0))},
        {"x": 4.0},
        "a node that is used by two nodes",
    ),
)
"""Graphs from one operation on, the output first."""
