r"""Computation graphs, the chain rule, and backward differentiation

A network is a long formula, and its loss is one number at the end. A *computation graph* breaks
the formula into single operations, one node each. The **forward pass** walks along the arrows and
finds the value of every node; the **backward pass** walks against them and finds, for every node,
how fast the loss changes with it.

The running example is the one of the lecture,

$$L(a, b, c) = c\,(a + 2b), \qquad d = 2b, \quad e = a + d, \quad L = c\,e .$$

You write five functions:

| function | finds |
|---|---|
| `forward(a, b, c)` | the values of the running example, node by node |
| `backward(cache)` | the derivative of $L$ with respect to every node of it |
| `compose(names, x)` | value and derivative of functions applied one after the other |
| `evaluate(graph, inputs)` | the values of any graph |
| `differentiate(graph, inputs, output)` | the derivatives of one node with respect to all others |

The first two are done by hand, with pencil and paper. The last two do the same for a graph that
nobody has seen yet: they are, in small, what PyTorch does when you call `loss.backward()`.
"""

# %% [markdown]
# ## 1. The running example, by hand
#
# The forward pass for $a = 3,\ b = 1,\ c = -2$:
#
# $$d = 2b = 2, \qquad e = a + d = 5, \qquad L = c\,e = -10 .$$
#
# The backward pass starts at the end, where $\frac{\partial L}{\partial L} = 1$. Each node takes
# what flows back to it (the *upstream* gradient), multiplies it by its own slope (the *local*
# gradient), and hands the product on (the *downstream* gradient). Along one path the slopes
# multiply:
#
# $$\frac{\partial L}{\partial b} = \frac{\partial L}{\partial e}\,
#   \frac{\partial e}{\partial d}\,\frac{\partial d}{\partial b} .$$
#
# For the numbers above: $\frac{\partial L}{\partial a} = -2$, $\frac{\partial L}{\partial b} = -4$,
# $\frac{\partial L}{\partial c} = 5$.

# %%
import math

# The graph of this section, drawn in your feedback: each value, and how it is made.
GRAPH = {"d": "2 * b", "e": "a + d", "L": "c * e"}


def forward(a, b, c):
    """Evaluate L(a, b, c) = c (a + 2b), node by node: d = 2b, e = a + d, L = c e.

    Returns the float `L` and a cache: a dict of the values that `backward` will need, with the
    keys "a", "b", "c", "d" and "e". You may add keys, but `backward` must do without them.

    >>> L, cache = forward(3.0, 1.0, -2.0)
    >>> print(L, cache["d"], cache["e"])
    -10.0 2.0 5.0
    """
    # BEGIN SOLUTION
    d = 2 * b
    e = a + d
    L = c * e
    return L, {"a": a, "b": b, "c": c, "d": d, "e": e}
    # END SOLUTION


def backward(cache):
    """Find the derivative of L with respect to every node: {"a", "b", "c", "d", "e"}, floats.

    Find them by the chain rule: numeric differences are not exact enough.
    `cache` is the one that `forward` returned; only its keys "a", "b", "c", "d" and "e" are sure
    to be there. It is not modified.

    >>> _, cache = forward(3.0, 1.0, -2.0)
    >>> gradients = backward(cache)
    >>> print(gradients["a"], gradients["b"], gradients["c"])
    -2.0 -4.0 5.0
    """
    # BEGIN SOLUTION
    dL = 1.0
    dc = dL * cache["e"]
    de = dL * cache["c"]
    da = de
    dd = de
    db = 2 * dd
    return {"a": da, "b": db, "c": dc, "d": dd, "e": de}
    # END SOLUTION


# %% [markdown]
# ## 2. The chain rule
#
# For functions applied one after the other, $f(x) = u(v(x))$, the chain rule says
#
# $$\frac{df}{dx} = \frac{du}{dv}\,\frac{dv}{dx} = u'(v(x))\; v'(x),$$
#
# and $f(x) = u(v(w(x)))$ gets one factor more. In words: one factor for each function, and each
# slope is taken at the value that *its own* function receives.
#
# First double, then square, at $x = 3$: the doubled value is $6$ and the result $36$. The slopes
# are $2$ and $2 \cdot 6 = 12$, so the derivative is $24$. (Check: $(2x)^2 = 4x^2$ has the
# derivative $8x$.)
#
# The functions are given, each with its derivative.


# %%
def sigmoid(x):
    """The logistic function 1 / (1 + exp(-x)), for any float: no exponent here is positive."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def sigmoid_derivative(x):
    """The derivative sigmoid(x) (1 - sigmoid(x)), with the second factor written as sigmoid(-x)."""
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


# %%
def compose(names, x):
    """Apply functions one after the other to the float `x`: return (f(x), df/dx at x), floats.

    `names` lists keys of FUNCTIONS, the innermost first: ["double", "square"] is (2x)^2. There
    may be any number of them up to 300, and a name may repeat. An empty list is the identity:
    (x, 1.0). The list is not modified. Find the derivative by the chain rule: numeric differences
    are not exact enough.

    >>> value, derivative = compose(["double", "square"], 3.0)
    >>> print(value, derivative)
    36.0 24.0
    """
    # BEGIN SOLUTION
    value, derivative = x, 1.0
    for name in names:
        function, slope = FUNCTIONS[name]
        derivative *= slope(value)
        value = function(value)
    return value, derivative
    # END SOLUTION


# %% [markdown]
# ## 3. Any graph: the forward pass
#
# A graph is a dict with one entry `name: (op, operands)` for each node. `op` is a key of `OPS`;
# an operand is the name of another node, the name of an input, or a number. The running example
# is
#
# ```python
# graph = {"L": ("mul", ("c", "e")), "e": ("add", ("a", "d")), "d": ("mul", (2, "b"))}
# inputs = {"a": 3.0, "b": 1.0, "c": -2.0}
# ```
#
# A node can be computed only after its operands, and the dict need not list them in that order:
# here `L` comes first and must be computed last. An order that works is called *topological*.
# There is none if a name is unknown or if a node depends, through however many others, on itself.
#
# The operations are given. Next to each function stand its *partials*: one local derivative per
# operand. For $\mathrm{div}(x, y) = x / y$, for instance,
#
# $$\frac{\partial}{\partial x}\frac{x}{y} = \frac{1}{y}, \qquad
#   \frac{\partial}{\partial y}\frac{x}{y} = -\frac{x}{y^2} .$$
#
# The slope of ReLU at 0 is 1, as in the lecture.

# %%
# name: (function, partials)
OPS = {
    "add": (lambda x, y: x + y, lambda x, y: (1.0, 1.0)),
    "sub": (lambda x, y: x - y, lambda x, y: (1.0, -1.0)),
    "mul": (lambda x, y: x * y, lambda x, y: (y, x)),
    "div": (lambda x, y: x / y, lambda x, y: (1 / y, -x / (y * y))),
    "exp": (math.exp, lambda x: (math.exp(x),)),
    "log": (math.log, lambda x: (1 / x,)),
    "relu": (lambda x: x if x > 0 else 0.0, lambda x: (1.0 if x >= 0 else 0.0,)),
    "sigmoid": (sigmoid, lambda x: (sigmoid_derivative(x),)),
    "tanh": (math.tanh, lambda x: (1 - math.tanh(x) ** 2,)),
    "square": (lambda x: x * x, lambda x: (2 * x,)),
}


# %%
# BEGIN SOLUTION
def in_order(graph, inputs, targets):
    """List the nodes that `targets` depend on, themselves included, each after its operands.

    Depth first, with a stack of its own: a long chain does not meet Python's recursion limit.
    """
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


# END SOLUTION
def evaluate(graph, inputs):
    """Find the value of every node and input: a new dict {name: float}.

    `graph` is {name: (op, operands)}, its nodes in any order. `op` is a key of OPS, and there is
    one operand for each argument of its function: the name (a string) of a node or of an input,
    or a number. An operand may occur twice in one node, as in ("mul", ("x", "x")). Pairs may
    come as tuples or as lists, and chains of nodes may be 300 deep. `inputs` is {name: float}.
    Neither is modified.

    Raises ValueError (or a subclass) if an operand is neither a node, nor an input, nor a number,
    or if nodes depend on one another in a circle. Values outside an operation's domain, such as
    the logarithm of 0, are not asked for.

    >>> graph = {"y": ("mul", ("s", "s")), "s": ("add", ("x", 1))}
    >>> values = evaluate(graph, {"x": 2.0})
    >>> print(values["x"], values["s"], values["y"])
    2.0 3.0 9.0
    """
    # BEGIN SOLUTION
    values = dict(inputs)
    for name in in_order(graph, inputs, graph):
        op, operands = graph[name]
        function, _ = OPS[op]
        values[name] = function(*(values.get(each, each) for each in operands))
    return values
    # END SOLUTION


# %% [markdown]
# ## 4. Any graph: the backward pass
#
# Backward differentiation visits the nodes in the opposite order, starting with
# $\frac{\partial L}{\partial L} = 1$. A node $v$ may be used by several others, $u_1, \dots, u_k$.
# Each of these is a way for $v$ to reach the output, and what flows back along them is *summed*:
#
# $$\frac{\partial L}{\partial v} = \sum_{j=1}^{k} \frac{\partial L}{\partial u_j}\,
#   \frac{\partial u_j}{\partial v} .$$
#
# The sum must be complete before $v$ hands it on, so $v$ waits for all its users.
#
# A worked number: $s = x + 1$ and $y = s \cdot s$ at $x = 2$, where $s = 3$ and $y = 9$. The node
# $s$ is used twice by $y$: it receives $3$ as the left operand and $3$ as the right one, so
# $\frac{\partial y}{\partial s} = 6$ and $\frac{\partial y}{\partial x} = 6 \cdot 1 = 6$.


# %%
def differentiate(graph, inputs, output):
    """Find the derivative of `output` with respect to every node and input: {name: float}.

    `graph` and `inputs` are those of `evaluate`, and neither is modified; `output` is the name of
    a node or of an input. Every name of `graph` and of `inputs` is a key of the answer: 1.0 for
    `output` itself, 0.0 for what `output` does not depend on. A node that is used several times,
    by several nodes or twice by one, receives the sum of what flows back. Two calls with equal
    arguments give equal answers, whatever was called in between.

    By the chain rule: numeric differences are not exact enough. One walk through the graph finds
    every derivative; what takes over 1,500 times the time of one walk through a graph of 700 nodes
    loses the 3 points for speed.

    Raises ValueError (or a subclass) if `output` is unknown, or if there is an unknown operand or
    a circle among the nodes it depends on.

    >>> graph = {"y": ("mul", ("s", "s")), "s": ("add", ("x", 1))}
    >>> gradients = differentiate(graph, {"x": 2.0}, "y")
    >>> print(gradients["y"], gradients["s"], gradients["x"])
    1.0 6.0 6.0
    """
    # BEGIN SOLUTION
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
    # END SOLUTION
