"""A beginner's way: go through the list again and again until nothing is left to do.

A naive grader assumes one line of thought per function and a fast one: this is right, has no helper
function at all, copies its code, and returns what `mul` gives on ints and bools as it comes.
"""

import math

FUNCTIONS = {
    "square": (lambda x: x**2, lambda x: 2 * x),
    "cube": (lambda x: x**3, lambda x: 3 * x**2),
    "exp": (lambda x: math.exp(x), lambda x: math.exp(x)),
    "sin": (lambda x: math.sin(x), lambda x: math.cos(x)),
    "cos": (lambda x: math.cos(x), lambda x: -math.sin(x)),
    "sigmoid": (
        lambda x: 1 / (1 + math.exp(-x)),
        lambda x: 1 / (1 + math.exp(-x)) * (1 - 1 / (1 + math.exp(-x))),
    ),
    "double": (lambda x: 2 * x, lambda x: 2),
    "negate": (lambda x: -x, lambda x: -1),
}


def forward(a, b, c):
    d = b + b
    e = a + d
    L = c * e
    cache = {}
    cache["a"] = a
    cache["b"] = b
    cache["c"] = c
    cache["d"] = d
    cache["e"] = e
    cache["L"] = L
    cache["comment"] = "L is not needed in backward"
    return L, cache


def backward(cache):
    grads = {}
    grads["a"] = cache["c"]
    grads["b"] = 2 * cache["c"]
    grads["c"] = cache["a"] + 2 * cache["b"]
    grads["d"] = cache["c"]
    grads["e"] = cache["c"]
    return grads


def compose(names, x):
    result = x
    total = 1
    i = 0
    while i < len(names):
        f = FUNCTIONS[names[i]][0]
        f_prime = FUNCTIONS[names[i]][1]
        total = f_prime(result) * total
        result = f(result)
        i = i + 1
    return [result, total]


def evaluate(graph, inputs):
    values = {}
    for name in inputs:
        values[name] = inputs[name]
    progress = True
    while progress:
        progress = False
        for name in graph:
            if name in values:
                continue
            op = graph[name][0]
            numbers = []
            for operand in graph[name][1]:
                if isinstance(operand, int | float):
                    numbers.append(operand)
                elif operand in values:
                    numbers.append(values[operand])
            if len(numbers) < len(graph[name][1]):
                continue
            x = numbers[0]
            y = numbers[-1]
            if op == "add":
                values[name] = x + y
            elif op == "sub":
                values[name] = x - y
            elif op == "mul":
                values[name] = x * y
            elif op == "div":
                values[name] = x / y
            elif op == "exp":
                values[name] = math.exp(x)
            elif op == "log":
                values[name] = math.log(x)
            elif op == "relu":
                values[name] = x if x > 0 else 0
            elif op == "sigmoid":
                values[name] = 1 / (1 + math.exp(-x))
            elif op == "tanh":
                values[name] = math.tanh(x)
            elif op == "square":
                values[name] = x * x
            progress = True
    for name in graph:
        if name not in values:
            raise ValueError("stuck at " + name)
    return values


def differentiate(graph, inputs, output):
    if output not in graph and output not in inputs:
        raise ValueError("no " + output)
    needed = {output}
    before = 0
    while len(needed) > before:
        before = len(needed)
        for name in list(graph)[::-1]:
            if name in needed:
                for operand in graph[name][1]:
                    if isinstance(operand, str):
                        needed.add(operand)
        for name in graph:
            if name in needed:
                for operand in graph[name][1]:
                    if isinstance(operand, str):
                        needed.add(operand)
    small = {}
    for name in graph:
        if name in needed:
            small[name] = graph[name]
    values = evaluate(small, inputs)
    grads = {}
    for name in graph:
        grads[name] = 0
    for name in inputs:
        grads[name] = 0
    grads[output] = 1

    waiting_for = {}
    for name in needed:
        waiting_for[name] = 0
    for name in small:
        for operand in small[name][1]:
            if isinstance(operand, str):
                waiting_for[operand] = waiting_for[operand] + 1
    finished = False
    while not finished:
        finished = True
        for name in small:
            if waiting_for[name] != 0:
                continue
            waiting_for[name] = -1
            finished = False
            op = small[name][0]
            operands = small[name][1]
            numbers = [values[o] if isinstance(o, str) else o for o in operands]
            x = numbers[0]
            y = numbers[-1]
            v = values[name]
            if op == "add":
                slopes = [1, 1]
            elif op == "sub":
                slopes = [1, -1]
            elif op == "mul":
                slopes = [y, x]
            elif op == "div":
                slopes = [1 / y, -v / y]
            elif op == "exp":
                slopes = [v]
            elif op == "log":
                slopes = [1 / x]
            elif op == "relu":
                slopes = [x >= 0]
            elif op == "sigmoid":
                slopes = [v * (1 - v)]
            elif op == "tanh":
                slopes = [1 - v**2]
            elif op == "square":
                slopes = [2 * x]
            for i in range(len(operands)):
                if isinstance(operands[i], str):
                    grads[operands[i]] = grads[operands[i]] + grads[name] * slopes[i]
                    waiting_for[operands[i]] = waiting_for[operands[i]] - 1
    return grads
