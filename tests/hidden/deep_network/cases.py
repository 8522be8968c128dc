"""The inputs of the hidden tests of deep_network: each can show the mistakes it is there for.

Networks are redrawn until no gradient is what is left of a sum that cancels, and no unit of ReLU
lies near its corner. Few layers come in order, and every ReLU unit is on for one example and off
for another; with many layers the keys of params are shuffled. Each array is judged on its own
scale, and each of the norms.
"""

import functools
from itertools import pairwise

import numpy as np

from grader.testing import Case, Gradient, Part, redrawn

CACHES = {"forward": ()}
SPREAD = {"sigmoid": 4.0, "tanh": 1.0, "relu": 1.4}
"""Of z in each layer; with these the gradient fades slowly, if at all."""


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


ACTIVATIONS = {
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * sigmoid(-z)),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "relu": (lambda z: np.maximum(z, 0.0), lambda z: 1.0 * (z >= 0)),
}


def layers(params, X, activation):
    """Return (z, a): what each layer sums up and what it answers, by number; a[0] is X."""
    K = len(params) // 2
    z, a = {}, {0: X}
    for k in range(1, K + 1):
        z[k] = a[k - 1] @ params[f"W{k}"].T + params[f"b{k}"]
        a[k] = ACTIVATIONS["sigmoid" if k == K else activation][0](z[k])
    return z, a


def draw(rng, widths, m, spread):
    """Return (params, X, y) of a network whose layers have these widths, the inputs' first."""
    params = {}
    for k, (n_in, n) in enumerate(pairwise(widths), start=1):
        params[f"W{k}"] = rng.standard_normal((n, n_in)) * spread / np.sqrt(n_in)
        params[f"b{k}"] = rng.uniform(-0.3, 0.3, n)
    return params, rng.standard_normal((m, widths[0])), rng.permutation(m).reshape(m, 1) % 2.0


def shuffled(rng, params):
    """The same parameters, their keys in another order."""
    names = list(params)
    return {names[i]: params[names[i]] for i in rng.permutation(len(names))}


def gradients(reference, params, X, y, activation):
    _, cache = reference.forward(params, X, activation)
    return reference.backward(params, cache, y, activation)


def centred(params, X, activation):
    """The same network with a last bias by which predictions lie on both sides of a half.

    That of a single example lies above it.
    """
    K = len(params) // 2
    z, _ = layers(params, X, activation)
    middle = (z[K].max() + z[K].min()) / 2 - 0.5 * (len(X) == 1)
    return {**params, f"b{K}": params[f"b{K}"] - middle}


def moderate(activation, params, X):
    """Whether hidden |z| keep the contract's limits, and the predictions stay away from 0 and 1."""
    z, _ = layers(params, X, activation)
    *hidden, last = z.values()
    limit = {"sigmoid": 20, "tanh": 12, "relu": np.inf}[activation]
    return np.abs(last).max() < 2.5 and all(np.abs(each).max() < limit for each in hidden)


def mixed(params, X, margin):
    """Whether ReLU units are on here and off there, with few layers each of them; none near 0."""
    z, _ = layers(params, X, "relu")
    *hidden, _ = z.values()
    if any(np.abs(each).min() < margin * np.abs(each).max() for each in hidden):
        return False
    few = len(hidden) <= 2 and len(X) > 1
    on = [(each > 0).mean(axis=0 if few else None) for each in hidden]
    return all(((share > 0) & (share < 1)).all() for share in on)


def margin(widths):
    """How far from the corner of ReLU a network of these widths keeps its units."""
    return 1e-2 if len(widths) <= 4 else 1e-4


def readable(activation, params, X):
    """Whether what reached a sum can be read off the gradient of its weights (see LOCAL)."""
    _, a = layers(params, X, activation)
    limit = 1e4 if len(a) <= 4 else 1e7
    return all(np.linalg.cond(a[k]) < limit for k in range(len(params) // 2))


def adding_up(reference, activation, params, X, y):
    """Whether in every gradient the examples add up to more than the rest of a cancellation."""
    whole = gradients(reference, params, X, y, activation)
    singles = [
        gradients(reference, params, X[i : i + 1], y[i : i + 1], activation) for i in range(len(X))
    ]
    return all(
        np.abs(grad).max() > 0.1 * max(np.abs(single[name]).max() for single in singles)
        for name, grad in whole.items()
    )


def network(rng, reference, activation, widths, m):
    """Return (params, X, y) as the module's docstring says."""

    def good(params, X, y):
        return (
            moderate(activation, params, X)
            and (activation != "relu" or mixed(params, X, margin(widths)))
            and readable(activation, params, X)
            and adding_up(reference, activation, params, X, y)
        )

    def drawn():
        params, X, y = draw(rng, widths, m, SPREAD[activation])
        return centred(params, X, activation), X, y

    return redrawn(drawn, good)


def visible(reference, activation, params, X, y):
    """Whether every gradient has a size at which rounding to ten decimals would not matter."""
    grads = gradients(reference, params, X, y, activation)
    return min(np.abs(grad).max() for grad in grads.values()) > 1e-4


def deep_network(rng, reference, activation, depth, m):
    """Return (params, X, y) of many layers whose gradients fade, but not far."""
    narrow = 8 if activation == "relu" else 5
    widths = [5, *(narrow + k % 2 for k in range(depth - 1)), 1]
    params, X, y = redrawn(
        lambda: network(rng, reference, activation, widths, m),
        lambda *net: visible(reference, activation, *net),
    )
    return shuffled(rng, params), X, y


def few_layers(rng, reference, activation):
    """Three layers with several examples, with a square layer, and with a single example."""
    yield network(rng, reference, activation, (6, 6, 8, 1), 5), ""
    yield network(rng, reference, activation, (8, 7, 7, 1), 5), "a square layer"
    yield network(rng, reference, activation, (3, 4, 5, 1), 1), "one example"


DEPTHS = {
    "sigmoid": ((10, 5), (12, 3)),
    "tanh": ((10, 5), (12, 3)),
    "relu": ((10, 3), (17, 3)),
}
"""How many layers, and for how many examples: in a layer of ReLU not so many can be told apart."""


def many_layers(rng, reference, activation):
    for depth, m in DEPTHS[activation]:
        yield deep_network(rng, reference, activation, depth, m), f"{depth} layers"


def vanishing(rng, reference):
    """Forty layers of sigmoids, in which the gradient falls below 1e-45 but not below 1e-100.

    In one network the first layer is saturated, where a rounded or clipped slope shows; in the other
    the predictions are sure and right, and what is left of y_hat - y has few digits in float32.
    """
    for depth, saturated in ((40, True), (38, False)):
        widths = [4, *(3 for _ in range(depth - 1)), 1]

        def drawn(widths=widths, depth=depth, saturated=saturated):
            params, X, y = draw(rng, widths, 3, 0.1)
            X = X * 20  # so that the slopes of the first layer differ
            if saturated:
                far = rng.uniform(14, 16, 3) * rng.choice([-1, 1], 3)
                return {**params, "b1": far}, X * 0.3, y
            z, _ = layers(params, X, "sigmoid")
            sure = params[f"b{depth}"] - z[depth].mean() + rng.uniform(8, 10)
            return {**params, f"b{depth}": sure}, X, np.ones_like(y)

        def good(params, X, y):
            z, _ = layers(params, X, "sigmoid")
            grads = gradients(reference, params, X, y, "sigmoid").items()
            sizes = {name: np.abs(grad).max() for name, grad in grads}
            faint = min(sizes.values()) > 1e-95 and max(sizes["W1"], sizes["b1"]) < 1e-45
            within = np.abs(z[1]).max() < 20
            return faint and within and adding_up(reference, "sigmoid", params, X, y)

        params, X, y = redrawn(drawn, good)
        yield (shuffled(rng, params), X, y), "gradients below 1e-45"


def tiny_inputs(rng, reference):
    """A layer of ReLU without biases: what goes in is tiny, and so are both gradients of W."""
    for widths in ((4, 5, 1), (6, 4, 1)):

        def drawn(widths=widths):
            params, X, y = draw(rng, widths, 5, SPREAD["relu"])
            return {**params, "b1": np.zeros(widths[1])}, X * 1e-25, y

        def good(params, X, y):
            return mixed(params, X, 1e-2) and adding_up(reference, "relu", params, X, y)

        yield redrawn(drawn, good), "tiny inputs"


def _forward(nets, activation):
    return [Case("forward", params, X, activation, note=note) for (params, X, _), note in nets]


def _backward(nets, activation):
    """An opaque cache: whoever answers makes it first, with equal params."""
    return [
        Case(
            "backward",
            params,
            Part(Case("forward", params, X, activation), 1),
            y,
            activation,
            note=note,
            own_scale=True,
        )
        for (params, X, y), note in nets
    ]


def _norms(nets, activation):
    return [
        Case("gradient_norms", params, X, y, activation, note=note, entrywise=True)
        for (params, X, y), note in nets
    ]


def sigmoid_forward_cases(rng, reference):
    return _forward(few_layers(rng, reference, "sigmoid"), "sigmoid")


def tanh_forward_cases(rng, reference):
    return _forward(few_layers(rng, reference, "tanh"), "tanh")


def relu_forward_cases(rng, reference):
    return _forward(few_layers(rng, reference, "relu"), "relu")


FORWARD = {
    "sigmoid": sigmoid_forward_cases,
    "tanh": tanh_forward_cases,
    "relu": relu_forward_cases,
}


def sigmoid_backward_cases(rng, reference):
    return _backward(few_layers(rng, reference, "sigmoid"), "sigmoid")


def tanh_backward_cases(rng, reference):
    return _backward(few_layers(rng, reference, "tanh"), "tanh")


def relu_backward_cases(rng, reference):
    return _backward(few_layers(rng, reference, "relu"), "relu")


BACKWARD = {
    "sigmoid": sigmoid_backward_cases,
    "tanh": tanh_backward_cases,
    "relu": relu_backward_cases,
}


def deep_sigmoid_cases(rng, reference):
    return _backward(many_layers(rng, reference, "sigmoid"), "sigmoid")


def deep_tanh_cases(rng, reference):
    return _backward(many_layers(rng, reference, "tanh"), "tanh")


def deep_relu_cases(rng, reference):
    return _backward(many_layers(rng, reference, "relu"), "relu")


DEEP_BACKWARD = {
    "sigmoid": deep_sigmoid_cases,
    "tanh": deep_tanh_cases,
    "relu": deep_relu_cases,
}


def vanishing_cases(rng, reference):
    return _backward(vanishing(rng, reference), "sigmoid")


def _one_layer(rng, reference):
    yield network(rng, reference, "tanh", (5, 1), 3), "no hidden layer"
    yield network(rng, reference, "tanh", (6, 1), 5), "no hidden layer"


def sure(params, X, y):
    """The same network with predictions close to 0 and to 1, where a clipped one shows."""
    K = len(params) // 2
    z, _ = layers(params, X, "tanh")
    louder = 12 / np.abs(z[K]).max()
    return params | {name: params[name] * louder for name in (f"W{K}", f"b{K}")}, X, y


def one_layer_forward_cases(rng, reference):
    (one, note), (other, _) = _one_layer(rng, reference)
    return _forward([(one, note), (sure(*other), "sure predictions")], "tanh")


def one_layer_backward_cases(rng, reference):
    return _backward(_one_layer(rng, reference), "tanh")


def saturated(params, X, y):
    """Scale the last layer until the output logits reach 40; make the largest prediction wrong."""
    K = len(params) // 2
    z, _ = layers(params, X, "tanh")
    louder = 40 / np.abs(z[K]).max()
    y = (z[K] > 0).astype(float)
    y[np.abs(z[K]).argmax()] = 1 - y[np.abs(z[K]).argmax()]
    return params | {name: params[name] * louder for name in (f"W{K}", f"b{K}")}, X, y


def saturated_backward_cases(rng, reference):
    """Predictions that round to 0 or 1, where a gradient that divides by y_hat (1 - y_hat) fails."""
    nets = (network(rng, reference, "tanh", widths, 4) for widths in ((6, 5, 4, 1), (5, 5, 1)))
    return _backward([(saturated(*net), "logits of 40") for net in nets], "tanh")


def many_forward_cases(rng, reference):
    for activation in ACTIVATIONS:
        yield from _forward(many_layers(rng, reference, activation), activation)


def renumbered(params, order):
    """The layers in the order of these keys, as a program takes them that loops over the keys."""
    numbers = [name[1:] for name in order if name.startswith("W")]
    return {
        f"{kind}{k}": params[f"{kind}{number}"]
        for k, number in enumerate(numbers, start=1)
        for kind in "Wb"
    }


def ordered_cases(rng, reference):
    """Chains of single units, where layers in a wrong order fit: the prediction tells it."""
    for depth, activation in ((11, "tanh"), (13, "sigmoid")):

        def drawn(depth=depth, activation=activation):
            params, X, _ = draw(rng, [1] * (depth + 1), 4, SPREAD[activation])
            return shuffled(rng, params), X

        def good(params, X, activation=activation):
            right, *others = (
                reference.forward(each, X, activation)[0]
                for each in (
                    params,
                    renumbered(params, params),
                    renumbered(params, sorted(params)),
                )
            )
            return all(np.abs(right - other).max() > 1e-2 for other in others)

        yield Case("forward", *redrawn(drawn, good), activation)


def with_large_inputs(params, X, y):
    """The same network in other units: its first norm, then above 1, is no zero as a whole number."""
    return {**params, "W1": params["W1"] / 1000}, X * 1000, y


def norms_cases(rng, reference):
    for activation in ACTIVATIONS:
        (one, note), (other, square), _ = few_layers(rng, reference, activation)
        yield from _norms([(one, note), (with_large_inputs(*other), square)], activation)


def many_norms_cases(rng, reference):
    for activation in ACTIVATIONS:
        yield from _norms(many_layers(rng, reference, activation), activation)


def tiny_norms_cases(rng, reference):
    yield from _norms(vanishing(rng, reference), "sigmoid")
    yield from _norms(tiny_inputs(rng, reference), "relu")


def _start(rng, widths):
    """Weights of every size whose mean is not zero, and biases that are not either."""
    params, _, _ = draw(rng, widths, 1, 1.0)
    for name in params:
        if name.startswith("W"):
            params[name] = rng.uniform(0.2, 5) * (params[name] + rng.uniform(0.5, 1))
    return params


def rescale_cases(rng, reference):
    for widths in ((6, 4, 3, 1), (3, 5, 8, 2)):
        yield Case("rescale", _start(rng, widths), own_scale=True)


def many_rescale_cases(rng, reference):
    for widths in ((3, *(4 + k % 3 for k in range(10)), 1), (7, 5, 5, 1)):
        yield Case("rescale", shuffled(rng, _start(rng, widths)), own_scale=True)


def timed_cases(rng, reference):
    """Over 5,000 weights and three examples: numbers in place of backpropagation take seconds."""
    for _ in range(15):
        nets = [(draw(rng, (45, 40, 40, 40, 1), 3, 1.0), "")]
        yield from _backward(nets, "tanh")


# What each gradient is, given others: (params, cache, y, activation, own gradients) -> array.
# The gradient of W_k, by the inputs of layer k, tells what reached z_k: there are never more
# examples than inputs. Far back in a vanishing network all examples look alike: there it tells what
# reached them together, and that is all that the layers below need.


@functools.lru_cache(maxsize=4)
def _layers_of(case):
    """The layers of one case, which every array of its answer is compared with."""
    return layers(*case.args)


def _at_sum(k, first, own):
    _, a = _layers_of(first.case)
    return (own[f"W{k}"] @ np.linalg.pinv(a[k - 1], rcond=1e-9)).T


def _bias(k):
    return lambda params, first, y, activation, own: _at_sum(k, first, own).sum(axis=0)


def _weight(k):
    def local(params, first, y, activation, own):
        z, a = _layers_of(first.case)
        slope = ACTIVATIONS[activation][1](z[k])
        return (_at_sum(k + 1, first, own) @ params[f"W{k + 1}"] * slope).T @ a[k - 1]

    return local


LOCAL = {
    f"{kind}{k}": step(k) for k in range(1, 41) for kind, step in (("W", _weight), ("b", _bias))
}
"""The last layer's W follows from nothing: its step finds no layer above."""
FAINT = ("W1",)
"""What tells whether digits are lost on the way through `vanishing_cases`."""


def _follow(activation, widths=(4, 5, 4, 1)):
    """How the gradients of layers are checked against a student's own forward: the first ones first."""
    arrays = tuple(f"{kind}{k}" for k in range(1, len(widths)) for kind in "Wb")

    def point(rng):
        params, X, y = redrawn(
            lambda: draw(rng, widths, 3, SPREAD[activation]),
            lambda params, X, y: activation != "relu" or mixed(params, X, margin(widths)),
        )
        return {**centred(params, X, activation), "X": X, "y": y}

    def loss(module, at):
        y_hat, _ = module.forward({name: at[name] for name in arrays}, at["X"], activation)
        return -np.mean(at["y"] * np.log(y_hat) + (1 - at["y"]) * np.log(1 - y_hat))

    def backward(module, at):
        params = {name: at[name] for name in arrays}
        _, cache = module.forward(params, at["X"], activation)
        return module.backward(params, cache, at["y"], activation)

    return Gradient("backward", point, loss, backward, arrays)


SIGMOID_BACKWARD = _follow("sigmoid")
TANH_BACKWARD = _follow("tanh")
RELU_BACKWARD = _follow("relu")
FOLLOW = {"sigmoid": SIGMOID_BACKWARD, "tanh": TANH_BACKWARD, "relu": RELU_BACKWARD}
ONE_LAYER = _follow("tanh", (4, 1))
DEEP_FOLLOW = {
    activation: _follow(activation, (5, *(5 + k % 2 for k in range(9)), 1))
    for activation in ACTIVATIONS
}


# --- what may be shown --------------------------------------------------------------------------


def chain(*numbers):
    """A network of single units: pairs of weight and bias, one for each layer."""
    params = {}
    for k, (weight, bias) in enumerate(numbers, start=1):
        params |= {f"W{k}": np.array([[weight]]), f"b{k}": np.array([bias])}
    return params


def demonstrations(rng, reference):
    """From small to large: no hidden layer, one hidden unit, two layers of them, two examples."""
    one = (np.array([[1.0]]), np.array([[0.0]]))
    two = (np.array([[1.0], [-2.0]]), np.array([[1.0], [0.0]]))
    wide = {
        "W1": np.array([[1.0, -0.5], [0.5, 1.5]]), "b1": np.array([0.5, -1.0]),
        "W2": np.array([[2.0, -1.0]]), "b2": np.array([-0.5]),
    }  # fmt: skip
    pair = (np.array([[1.0, 2.0], [-1.0, 0.5], [2.0, -1.0]]), np.array([[1.0], [0.0], [1.0]]))
    for params, (X, y) in (
        (chain((1.0, 0.0)), one),
        (chain((0.0, 0.0), (2.0, -1.0)), one),
        (chain((0.5, 0.5), (2.0, -1.0)), two),
        (chain((0.5, 0.5), (2.0, -1.0), (-1.5, 0.5)), two),
        (wide, pair),
    ):
        for activation in ACTIVATIONS:
            nets = [((params, X, y), "")]
            yield from _forward(nets, activation)
            yield from _backward(nets, activation)
            yield from _norms(nets, activation)
    for weight in ([[1.0, 3.0]], [[1.0, 3.0], [5.0, -2.0]]):
        params = {"W1": np.array(weight), "b1": np.ones(len(weight))}
        yield Case("rescale", params, own_scale=True)
