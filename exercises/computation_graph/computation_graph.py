# computation_graph: write your answers in this file.
# (Made by `grader build`; instructors edit reference/computation_graph/solution.py.)
r"""Computation graphs, the chain rule, and backward differentiation

A network is a long formula, and its loss is one number at the end. A *computation graph* breaks
the formula into single operations, one node each. The **forward pass** walks along the arrows and
finds the value of every node; the **backward pass** walks against them and finds, for every node,
how fast the loss changes with it.

The running example is the one of the lecture,

$$L(a, b, c) = c\,(a + 2b), \qquad d = 2b, \quad e = a + d, \quad L = c\,e .$$

![Graph of L at a = 3, b = 1, c = -2: b goes to d = 2b = 2, a and d to e = a + d = 5, c and e to
L = c e = -10. The gradients, from right to left: L 1, c 5, e -2, a -2, d -2, b -4](graph.svg)

You write five functions:

| function | finds |
|---|---|
| `forward(a, b, c)` | the values of the running example, node by node |
| `backward(cache)` | the derivative of $L$ with respect to every node of it |
| `compose(names, x)` | value and derivative of functions applied one after the other |
| `evaluate(graph, inputs)` | the values of any graph |
| `differentiate(graph, inputs, output)` | the derivatives of one node with respect to all others |

The first two are done by hand, with pencil and paper. The last two do the same for a graph that
you have not seen yet: they are, in small, what PyTorch does when you call `loss.backward()`. At
the end they draw the graph of any expression that you type.

**Builds on** nothing but derivatives and Python dicts. **Time**: about three hours, one of them for
`differentiate`. The numbered steps are practice and are not graded. The points of every check are
listed at the end.
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
# gradient), and hands the product on (the *downstream* gradient). For instance,
#
# $$\frac{\partial L}{\partial a} = \frac{\partial L}{\partial e}\,\frac{\partial e}{\partial a}
#   = c \cdot 1 = -2 .$$
#
# For $b$ you find the product yourself, in the steps below; the picture says that it is $-4$.
#
# **Why?** $\frac{\partial L}{\partial c} = 5$ says what happens to $L$ if $c$ grows a little.
# What happens to $L = -10$ if $c$ becomes $-1.9$?

# %%
import math

# The graph of this section, drawn in your feedback: each value, and how it is made.
GRAPH = {"d": "2 * b", "e": "a + d", "L": "c * e"}
# The same graph at our numbers, worked by hand: the picture above shows them.
GRAPH_VALUES = {"a": 3, "b": 1, "c": -2, "d": 2, "e": 5, "L": -10}
GRAPH_GRADIENTS = {"L": 1, "c": 5, "e": -2, "a": -2, "d": -2, "b": -4}

# %% [markdown]
# **Step by step.** One formula at a time: write it in place of the `...`, run the cell, and read
# what it says. A local gradient looks at one node alone, as if its operands were inputs.
#
# 1. $L = c\,e$: the two local gradients, $\frac{\partial L}{\partial c}$ and
#    $\frac{\partial L}{\partial e}$, as a pair.
# 2. $e = a + d$: the pair $\frac{\partial e}{\partial a}$, $\frac{\partial e}{\partial d}$.
# 3. $d = 2b$: $\frac{\partial d}{\partial b}$.
# 4. Along one path the local gradients multiply. What is $\frac{\partial L}{\partial b}$ as a
#    function of $c$?


# %% tags=["demo"]
def slopes_of_product(c, e):
    """Step 1: (dL/dc, dL/de) of L = c e."""
    return ...  # your formula


def slopes_of_sum(a, d):
    """Step 2: (de/da, de/dd) of e = a + d."""
    return ...  # your formula


def slope_of_double(b):
    """Step 3: dd/db of d = 2b."""
    return ...  # your formula


def slope_along_the_path(c):
    """Step 4: dL/db, from L over e and d to b."""
    return ...  # your formula


if __name__ == "__main__":
    from grader.selfcheck import step

    step("Step 1", slopes_of_product, [((-2, 5), (5, -2)), ((3, 4), (4, 3))],
         "Hold c still and move e by 1: by how much does L move?")  # fmt: skip
    step("Step 2", slopes_of_sum, [((3, 2), (1, 1))], "Move a by 1: by how much does e move?")
    step("Step 3", slope_of_double, [((1,), 2), ((7,), 2)], "Move b by 1: by how much does d move?")
    step("Step 4", slope_along_the_path, [((-2,), -4), ((5,), 10)],
         "Multiply dL/de, de/dd and dd/db: three factors, one for each arrow.")  # fmt: skip


# %%


def forward(a, b, c):
    """Evaluate L(a, b, c) = c (a + 2b), node by node: d = 2b, e = a + d, L = c e.

    Returns the float `L` and a cache: a dict of the values that `backward` will need, with the
    keys "a", "b", "c", "d" and "e". You may add keys, but `backward` must do without them.

    >>> L, cache = forward(3.0, 1.0, -2.0)
    >>> print(L, cache["d"], cache["e"])
    -10.0 2.0 5.0
    """
    raise NotImplementedError


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
    raise NotImplementedError


# %% [markdown]
# ## 2. The chain rule
#
# For functions applied one after the other, $f(x) = u(v(x))$, the graph is a chain. The derivative
# has one factor for each function, and each slope is taken at the value that *its own* function
# receives.
#
# First double, then square, at $x = 3$: the doubled value is $6$ and the result $36$. The slopes
# are $2$ and $2 \cdot 6 = 12$, so the derivative is $24$. (Check: $(2x)^2 = 4x^2$ has the
# derivative $8x$.)
#
# 5. $f(x) = (2 \sin x)^2$ has three functions: sine, double, square. Write $f'(x)$ as a product of
#    three slopes.
#
# **Why?** At $x = \frac{\pi}{2}$ step 5 is 0 although two of its factors are not. Which one is,
# and what does that mean for everything further in?
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


# %% tags=["demo"]
def slope_of_three(x):
    """Step 5: the derivative of (2 sin x)^2, one factor for each function."""
    return ...  # your formula


if __name__ == "__main__":
    from grader.selfcheck import step

    step("Step 5", slope_of_three, [((0.0,), 0.0), ((1.0,), 3.6372), ((2.0,), -3.0272)],
         "Square receives 2 sin x, double receives sin x, and sine receives x.")  # fmt: skip


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
    raise NotImplementedError


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
#
# **Why?** Python would run `d = 2 * b; e = a + d; L = c * e` in the order in which you write it.
# Why does a graph need no order?

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
    raise NotImplementedError


# %% [markdown]
# ## 4. Any graph: the backward pass
#
# Backward differentiation visits the nodes in the opposite order, starting with
# $\frac{\partial L}{\partial L} = 1$. A node may be used by several others. Each of these is a way
# for it to reach the output, so something flows back along each of them.
#
# A worked number: $s = x + 1$ and $y = s \cdot s$ at $x = 2$, where $s = 3$ and $y = 9$. The node
# $s$ is used twice by $y$: it receives $3$ as the left operand and $3$ as the right one, so
# $\frac{\partial y}{\partial s} = 6$ and $\frac{\partial y}{\partial x} = 6 \cdot 1 = 6$.
#
# 6. $y = x\,e^x$ as a graph: `u` is `exp(x)`, `y` is `mul(x, u)`. Two paths lead from $y$ back to
#    $x$. Write what flows back along each, and what $x$ makes of the two.
#
# **Why?** A node must wait for all its users before it hands anything on. What would go wrong with
# `s` above if it did not wait?


# %% tags=["demo"]
def slope_of_two_paths(x):
    """Step 6: dy/dx of y = x exp(x), from its two paths."""
    return ...  # your formula


if __name__ == "__main__":
    from grader.selfcheck import step

    step("Step 6", slope_of_two_paths, [((0.0,), 1.0), ((1.0,), 5.4366), ((-1.0,), 0.0)],
         "One path goes straight from y to x, the other through u.")  # fmt: skip


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
    raise NotImplementedError


# %% [markdown]
# ## 5. The graph of any expression
#
# Type an expression of `+ - * /`, `**2`, `exp`, `log`, `relu`, `sigmoid` and `tanh`, and a number
# for each of its names. Your `evaluate` finds the values above the arrows, your `differentiate` the
# gradients below them. Try `sigmoid(w * x + b)` with large and small weights, and an expression in
# which a name occurs three times.
#
# **Why?** In the last graph `x` is used twice. Along which of its two paths does more flow back,
# and for which `x` does that change?


# %% tags=["demo"]
def graph_of(expression):
    """Return the graph of an expression, its last node called L."""
    import ast

    signs = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}
    graph = {}

    def add(tree):
        match tree:
            case ast.Constant(value):
                return float(value)
            case ast.Name(name):
                return name
            case ast.UnaryOp(ast.USub(), operand):
                made = ("mul", (-1.0, add(operand)))
            case ast.BinOp(left, ast.Pow(), ast.Constant(2)):
                made = ("square", (add(left),))
            case ast.BinOp(left, sign, right) if type(sign) in signs:
                made = (signs[type(sign)], (add(left), add(right)))
            case ast.Call(ast.Name(name), operands) if name in OPS:
                made = (name, tuple(add(each) for each in operands))
            case _:
                raise ValueError(f"{ast.unparse(tree)!r} cannot be drawn")
        graph[f"n{len(graph) + 1}"] = made
        return f"n{len(graph)}"

    last = add(ast.parse(expression, mode="eval").body)
    graph["L"] = graph.pop(last)
    return graph


def draw_expression(expression, **numbers):
    """Show the graph of an expression, with values above the arrows and gradients below."""
    from grader.selfcheck import draw

    graph = graph_of(expression)
    values = evaluate(graph, {name: float(number) for name, number in numbers.items()})
    draw(graph, values, differentiate(graph, numbers, "L"), title=f"L = {expression}")
    print(f"L = {expression} = {values['L']:.4g}")


if __name__ == "__main__":
    from grader.selfcheck import ending

    with ending("The graph of an expression"):
        draw_expression("c * (a + 2 * b)", a=3, b=1, c=-2)
        draw_expression("(sigmoid(w * x + b) - y) ** 2", w=2, x=1, b=-1, y=1)
        draw_expression("x * exp(-x)", x=0.5)
