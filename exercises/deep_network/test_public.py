"""The public tests of deep_network: worked numbers of the text, shapes, and what is at the edge.

`grader check deep_network.py` runs them. Passing all of them is a good sign and no proof: the
grader has other depths and other numbers, and far smaller gradients.
"""

import math
from itertools import pairwise

import numpy as np

from grader.testing import Gradient, entries, expect, finite, pair, shaped

EXERCISE = "deep_network"

# The network of the text: one unit in each of two layers, no biases; one example, x = 0.
PARAMS = {
    "W1": np.array([[1.0]]),
    "b1": np.array([0.0]),
    "W2": np.array([[2.0]]),
    "b2": np.array([0.0]),
}
X = np.array([[0.0]])
Y = np.array([[1.0]])
Y_HAT = 1 / (1 + math.exp(-1))


def forward(student, params, X, activation):
    """What `forward` returns, as (y_hat, cache)."""
    got = student.forward(params, X, activation)
    return pair("what forward returns", got, "(y_hat, cache)")


def gradients(student, params, X, y, activation):
    """What `backward` makes of a forward of the student's own."""
    _, cache = forward(student, params, X, activation)
    got = student.backward(params, cache, y, activation)
    return entries("what backward returns", got, list(params))


def network(rng, widths, scale):
    """Params of a network with these widths, the inputs first."""
    params = {}
    for k, (n_in, n_out) in enumerate(pairwise(widths), 1):
        params[f"W{k}"] = scale * rng.standard_normal((n_out, n_in)) / np.sqrt(n_in)
        params[f"b{k}"] = 0.3 * rng.standard_normal(n_out)
    return params


def test_forward(student):
    """forward gives the number of the worked example: y_hat = 0.731."""
    y_hat, _ = forward(student, PARAMS, X, "sigmoid")
    expect("y_hat", y_hat, [[Y_HAT]])


def test_forward_activations(student):
    """forward uses tanh and relu; the last layer is always a sigmoid."""
    for activation, hidden in [("tanh", math.tanh(0.5)), ("relu", 0.5)]:
        y_hat, _ = forward(student, PARAMS, np.array([[0.5], [0.5]]), activation)
        wanted = 1 / (1 + math.exp(-2 * hidden))
        expect(f"y_hat with {activation} at x = 0.5, twice", y_hat, [[wanted], [wanted]])


def test_forward_one_layer(student):
    """forward works with a single layer, without a hidden one."""
    params = {"W1": np.array([[1.0, -1.0]]), "b1": np.array([0.0])}
    y_hat, _ = forward(student, params, np.array([[2.0, 1.0]]), "relu")
    expect("y_hat of one layer", y_hat, [[Y_HAT]])


def test_backward(student):
    """backward gives the worked example: -0.269, and -0.134 below it."""
    grads = gradients(student, PARAMS, X, Y, "sigmoid")
    expect("dL/db2", grads["b2"], [Y_HAT - 1])
    expect("dL/dW2", grads["W2"], [[(Y_HAT - 1) / 2]])
    expect("dL/db1", grads["b1"], [(Y_HAT - 1) / 2])
    expect("dL/dW1, where x = 0", grads["W1"], [[0]])


def test_backward_batch(student):
    """backward takes the mean: two equal examples have the gradient of one."""
    one = gradients(student, PARAMS, X + 0.5, Y, "tanh")
    two = gradients(student, PARAMS, np.full((2, 1), 0.5), np.ones((2, 1)), "tanh")
    for key in PARAMS:
        expect(f"dL/d{key} of two equal examples", two[key], one[key])


def test_keys_in_any_order(student):
    """Params may come in any order of keys, and W10 is the layer after W9."""
    params = network(np.random.default_rng(0), [2] * 11 + [1], 1.3)
    x, y = np.array([[0.5, -1.0]]), np.array([[1.0]])
    shuffled = dict(sorted(params.items(), key=lambda item: item[0][::-1]))
    first, _ = forward(student, params, x, "tanh")
    again, _ = forward(student, shuffled, x, "tanh")
    expect("y_hat, the keys in another order", again, finite("y_hat", first, (1, 1)))
    first, again = (gradients(student, p, x, y, "tanh") for p in (params, shuffled))
    for key, value in params.items():
        want = shaped(f"dL/d{key}", first[key], value.shape)
        expect(f"dL/d{key}, the keys in another order", again[key], want)


def test_two_forwards(student):
    """backward uses the cache it is given, not the latest forward."""
    _, cache = forward(student, PARAMS, X, "sigmoid")
    forward(student, PARAMS, X + 3, "tanh")
    grads = student.backward(PARAMS, cache, Y, "sigmoid")
    grads = entries("what backward returns", grads, list(PARAMS))
    expect("dL/db2, after another forward", grads["b2"], [Y_HAT - 1])


def test_gradient_norms(student):
    """gradient_norms is the Frobenius norm: of the gradient (1.5, 2) it is 2.5."""
    params = {"W1": np.array([[0.0, 0.0]]), "b1": np.array([0.0])}
    norms = student.gradient_norms(params, np.array([[3.0, 4.0]]), np.array([[0.0]]), "tanh")
    expect("gradient_norms", norms, [2.5])


def test_gradient_norms_layers(student):
    """gradient_norms has a number for each layer, from first to last."""
    norms = student.gradient_norms(PARAMS, X + 0.5, Y, "sigmoid")
    grads = gradients(student, PARAMS, X + 0.5, Y, "sigmoid")
    wanted = [np.abs(shaped(f"dL/d{key}", grads[key], (1, 1))).item() for key in ("W1", "W2")]
    expect("gradient_norms, with weights of one entry: their sizes", norms, wanted)
    params = network(np.random.default_rng(0), [1] * 13, 1.5)
    norms = student.gradient_norms(params, X + 0.5, Y, "tanh")
    grads = gradients(student, params, X + 0.5, Y, "tanh")
    wanted = [np.abs(shaped("dL/dW", grads[f"W{k}"], (1, 1))).item() for k in range(1, 13)]
    expect("gradient_norms of 12 layers of one unit", norms, wanted)


def test_gradients_vanish(student):
    """Thirty layers of sigmoids: the first gradient is tiny, and not 0."""
    params = network(np.random.default_rng(0), [4] * 30 + [1], 1.0)
    x = np.random.default_rng(1).standard_normal((2, 4))
    norms = student.gradient_norms(params, x, np.array([[1.0], [0.0]]), "sigmoid")
    norms = finite("gradient_norms", norms, (30,))
    assert (norms > 0).all(), f"{int((norms <= 0).sum())} of 30 gradients are exactly 0"
    assert norms[0] < 1e-12, f"the first gradient should be under 1e-12; its norm is {norms[0]:.1e}"


def test_rescale(student):
    """rescale brings (10, 30) to (1, 3), and the biases to 0."""
    new = student.rescale({"W1": np.array([[10.0, 30.0]]), "b1": np.array([7.0])})
    new = entries("what rescale returns", new, ["W1", "b1"])
    expect("W1", new["W1"], [[1, 3]])
    expect("b1", new["b1"], [0])


def test_rescale_shapes(student):
    """rescale brings each weight matrix to variance 2 / fan_in."""
    params = network(np.random.default_rng(0), [3, 8, 2, 1], 5.0)
    new = entries("what rescale returns", student.rescale(params), list(params))
    for k, fan_in in [(1, 3), (2, 8), (3, 2)]:
        weights = finite(f"W{k}", new[f"W{k}"], params[f"W{k}"].shape)
        expect(f"the variance of W{k}, which has fan-in {fan_in}", weights.var(), 2 / fan_in)
        expect(f"b{k}", new[f"b{k}"], np.zeros(params[f"b{k}"].shape))


# --- gradients, beside numeric ones -------------------------------------------------------------


def _of(activation, draw):
    """Set `backward` beside the numeric gradient of the student's own `forward`."""

    def params_of(at):
        return {name: value for name, value in at.items() if name[0] in "Wb"}

    def loss(student, at):
        y_hat, _ = forward(student, params_of(at), at["X"], activation)
        y_hat = shaped("y_hat", y_hat, at["y"].shape)
        return -np.mean(np.log(np.where(at["y"] == 1, y_hat, 1 - y_hat)))

    def backward(student, at):
        _, cache = forward(student, params_of(at), at["X"], activation)
        return student.backward(params_of(at), cache, at["y"], activation)

    names = tuple(params_of(draw(np.random.default_rng(0))))
    return Gradient("backward", draw, loss, backward, names)


def _draw(rng, widths, m, scale):
    y = np.resize([1.0, 0.0, 1.0], m).reshape(m, 1)
    return {**network(rng, widths, scale), "X": rng.standard_normal((m, widths[0])), "y": y}


def relu_layers(rng):
    """Three layers with relu, five examples."""
    return _draw(rng, [3, 4, 4, 1], 5, 1.4)


def sigmoid_layers(rng):
    """Three layers with sigmoid, five examples."""
    return _draw(rng, [4, 3, 2, 1], 5, 2.5)


def many_layers(rng):
    """Eleven layers with tanh, three examples."""
    return _draw(rng, [2] * 11 + [1], 3, 1.4)


def one_layer(rng):
    """A single layer, one example."""
    return _draw(rng, [3, 1], 1, 1.0)


GRADIENTS = [
    _of("sigmoid", sigmoid_layers),
    _of("relu", relu_layers),
    _of("tanh", many_layers),
    _of("tanh", one_layer),
]
