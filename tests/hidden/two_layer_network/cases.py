"""The inputs of the hidden tests of two_layer_network: each can show the mistakes it is there for.

Networks are redrawn until no pre-activation lies near the corner of ReLU, every hidden unit is on
for one example and off for another, both labels occur, and no gradient is small beside the others.
"""

import numpy as np

from grader.testing import Case, Gradient, redrawn

CACHES = {"forward": ("X", "z1", "a1", "z2", "a2")}
GRADIENTS = ("z2", "W2", "b2", "a1", "z1", "W1", "b1")
MARGIN = 1e-2
COLUMN = "one column"


def draw(rng, n_x, n_h, m):
    """Return (params, X, y): weights within 0.7, answers far from 0 and 1."""
    params = {
        "W1": rng.uniform(-0.7, 0.7, (n_h, n_x)) * min(1.0, 6 / n_x),
        "b1": rng.uniform(-0.5, 0.5, n_h),
        "W2": rng.uniform(-0.7, 0.7, (1, n_h)) * min(1.0, 6 / n_h),
        "b2": rng.uniform(-0.5, 0.5, 1),
    }
    return params, rng.standard_normal((m, n_x)), rng.permutation(m).reshape(m, 1) % 2.0


def network(rng, reference, n_x, n_h, m):
    """Return (params, X, y) as the module's docstring says."""
    return redrawn(lambda: draw(rng, n_x, n_h, m), lambda *net: telling(reference, *net))


def telling(reference, params, X, y):
    """Whether mistakes can show on this network."""
    _, cache = reference.forward(params, X)
    z1, z2, on = cache["z1"], cache["z2"], cache["z1"] > 0
    if np.abs(z1).min() < MARGIN or not on.any() or on.all() or np.abs(z2).max() > 4:
        return False
    if len(X) > 1 and ((on.all(0) | ~on.any(0)).any() or (z2 > 0).all() or (z2 < 0).all()):
        return False
    sizes = [np.abs(grad).max() for grad in reference.backward(params, cache, y).values()]
    return min(sizes) >= 0.05 * max(sizes)


def networks(rng, reference):
    """A few examples, a square layer, and a single example."""
    yield network(rng, reference, 3, 4, 5), ""
    yield network(rng, reference, 5, 5, 4), "a square layer"
    yield network(rng, reference, 4, 6, 1), "one example"


def relu_cases(rng, reference):
    for shape in [(3, 4), (7,), (2, 3, 2)]:
        yield Case("relu", rng.standard_normal(shape) * 3)
    yield Case("relu", rng.uniform(7, 90, (2, 3)) * [1, -1, 1], note="far from 0")
    yield Case("relu", rng.standard_normal((5, 1)), note=COLUMN)


def slope_cases(rng, reference):
    yield Case("relu_derivative", rng.standard_normal((4, 3)))
    yield Case("relu_derivative", rng.standard_normal(6) - 1)
    yield Case("relu_derivative", rng.standard_normal((5, 1)), note=COLUMN)


def slope_at_zero_cases(rng, reference):
    z = rng.standard_normal((3, 4))
    z[1, 2] = z[2, 0] = 0.0
    yield Case("relu_derivative", z, note="at z = 0")
    yield Case("relu_derivative", np.array([0.0, -2.0, 2.0]) * rng.uniform(1, 2), note="at z = 0")


def _steep(function, rng):
    yield Case(function, rng.standard_normal((3, 4)) * 2)
    yield Case(function, rng.standard_normal(5))
    far = np.concatenate([rng.uniform(-4, 4, 4), [-40.0, 40.0, -800.0, 800.0]])
    yield Case(function, rng.permutation(far).reshape(4, 2), note="far from 0")


def sigmoid_cases(rng, reference):
    yield from _steep("sigmoid", rng)
    yield Case("sigmoid", rng.standard_normal((5, 1)) * 2, note=COLUMN)


def sigmoid_slope_cases(rng, reference):
    yield from _steep("sigmoid_derivative", rng)


def loss_cases(rng, reference):
    for m in (5, 2, 1):
        y = (rng.permutation(m) % 2).astype(float).reshape(m, 1)
        y_hat = rng.uniform(0.05, 0.95, (m, 1))
        yield Case("loss", y_hat, y, note="one example" if m == 1 else "")
    yield Case("loss", np.array([[0.002], [0.9], [0.4]]), np.array([[1.0], [1.0], [0.0]]))


def logit_cases(rng, reference):
    """Logits of every size on both sides, never a batch of sure and right ones only."""

    def case(z, y, note=""):
        z, y = np.array(z, float).reshape(-1, 1), np.array(y, float).reshape(-1, 1)
        floor = 1e-12 * np.abs(z).max()
        return Case("loss_from_logits", z, y, note=note, tolerance=1e-9, floor=floor)

    near = rng.uniform(-4, 4, 4)
    yield case(near, [0, 1, 1, 0])
    yield case(near[:1], [1], "one example")
    for size in (40.0, 750.0, 800.0):
        small = rng.uniform(0.5, 3)
        note = f"logits of {size:.0f}"
        yield case([size, -size, small], [0, 1, 1], note)
        yield case([size, -size, -small], [1, 0, 1], note)
    yield case([18.0, -19.0, 0.3], [1, 0, 1], "logits of 18")
    # log(1 + e^z) is not z yet
    yield case([15.0, -16.0, 0.3], [0, 1, 1], "logits of 15")


def sure(reference, params, X):
    """The same parameters with predictions close to 0 and to 1, where a clipped one shows."""
    _, cache = reference.forward(params, X)
    louder = 12 / np.abs(cache["z2"]).max()
    return params | {name: params[name] * louder for name in ("W2", "b2")}


def forward_cases(rng, reference):
    for (params, X, _), note in networks(rng, reference):
        yield Case("forward", params, X, note=note)
    params, X, _ = network(rng, reference, 2, 5, 4)
    yield Case("forward", sure(reference, params, X), X, note="sure predictions")


def backward_cases(rng, reference):
    for (params, X, y), note in networks(rng, reference):
        _, cache = reference.forward(params, X)
        shuffled = dict(reversed(params.items()))
        yield Case("backward", shuffled, cache, y, note=note)


def saturated_backward_cases(rng, reference):
    """Predictions that are 0.0 or 1.0 to the last bit, some of them wrong, beside an ordinary one.

    A gradient that divides by y_hat (1 - y_hat) is NaN there, and with an epsilon it is 0.
    """
    for size in (45.0, 790.0):
        params, X, _ = network(rng, reference, 4, 5, 4)
        z2 = reference.forward(params, X)[1]["z2"]
        params = params | {name: params[name] * size / np.abs(z2).max() for name in ("W2", "b2")}
        _, cache = reference.forward(params, X)
        y = (cache["z2"] < 0).astype(float)
        largest = np.abs(cache["z2"]).argsort(axis=0)
        y[largest[1]] = 1 - y[largest[1]]
        yield Case("backward", params, cache, y, note=f"logits of {size:.0f}")


def update_cases(rng, reference):
    for (params, X, y), note in networks(rng, reference):
        _, cache = reference.forward(params, X)
        grads = reference.backward(params, cache, y)
        yield Case("update", params, grads, float(rng.uniform(0.1, 0.9)), note=note)


def steady(reference, params, X, y, rate, epochs):
    """Whether pre-activations keep their margin at every step of the training."""
    steps = [(X[i : i + 1], y[i : i + 1]) for i in range(len(X))] * epochs
    for x, target in steps:
        _, cache = reference.forward(params, x)
        params = reference.update(params, reference.backward(params, cache, target), rate)
        if np.abs(X @ params["W1"].T + params["b1"]).min() < MARGIN:
            return False
    return True


def train_cases(rng, reference):
    for n_x, n_h, m, epochs in [(3, 4, 4, 3), (2, 4, 5, 2)]:
        params, X, y = redrawn(
            lambda: network(rng, reference, n_x, n_h, m),  # noqa: B023  # drawn at once
            lambda *net: steady(reference, *net, 0.3, epochs),  # noqa: B023
        )
        yield Case("train", params, X, y, 0.3, epochs)
    params, X, y = network(rng, reference, 3, 4, 2)
    yield Case("train", params, X, y, 0.3, 0, note="epochs = 0")


def timed_cases(rng, reference):
    """Some 5,000 weights and three examples: numbers in place of backpropagation take seconds."""
    for _ in range(15):
        params, X, y = draw(rng, 72, 70, 3)
        _, cache = reference.forward(params, X)
        yield Case("backward", params, cache, y)


# What each gradient is, given the ones before it: (params, cache, y, own gradients) -> array.
LOCAL = {
    "W2": lambda params, cache, y, own: own["z2"].T @ cache["a1"],
    "b2": lambda params, cache, y, own: own["z2"].sum(axis=0),
    "a1": lambda params, cache, y, own: own["z2"] @ params["W2"],
    "z1": lambda params, cache, y, own: own["a1"] * (cache["z1"] >= 0),
    "W1": lambda params, cache, y, own: own["z1"].T @ cache["X"],
    "b1": lambda params, cache, y, own: own["z1"].sum(axis=0),
}


def _point(rng):
    params, X, y = redrawn(
        lambda: draw(rng, 3, 4, 5), lambda p, X, y: np.abs(X @ p["W1"].T + p["b1"]).min() > MARGIN
    )
    return {**params, "X": X, "y": y}


def _params(at):
    return {name: at[name] for name in ("W1", "b1", "W2", "b2")}


def _loss(module, at):
    y_hat, _ = module.forward(_params(at), at["X"])
    return -np.mean(at["y"] * np.log(y_hat) + (1 - at["y"]) * np.log(1 - y_hat))


def _backward(module, at):
    _, cache = module.forward(_params(at), at["X"])
    return module.backward(_params(at), cache, at["y"])


BACKWARD = Gradient("backward", _point, _loss, _backward, ("W1", "b1", "W2", "b2"))


# --- what may be shown --------------------------------------------------------------------------

SMALL = (
    ([[1.0]], [0.5], [[2.0]], [-1.0], [[1.0]], [[1.0]]),
    ([[1.0], [-0.5]], [0.5, 0.5], [[2.0, -1.0]], [-0.5], [[2.0]], [[0.0]]),
    (
        [[1.0, -0.5]],
        [0.5],
        [[1.5]],
        [-1.0],
        [[1.0, 0.5], [-2.0, 1.0], [0.5, 1.0]],
        [[1.0], [0.0], [0.0]],
    ),
)
"""W1, b1, W2, b2, X and y of networks from one unit and one example on, in halves."""


def demonstrations(rng, reference):
    """From small to large: one number, one example, then several."""
    for z in (np.array([-1.0, 2.0]), np.array([[0.5, -2.0], [1.5, -0.5]])):
        for function in ("relu", "relu_derivative", "sigmoid", "sigmoid_derivative"):
            yield Case(function, z)
    yield Case("relu_derivative", np.array([0.0, 1.0]), note="at z = 0")
    for function in ("sigmoid", "sigmoid_derivative"):
        yield Case(function, np.array([-800.0, 800.0]), note="far from 0")
    for y_hat, y in (([[0.5]], [[1.0]]), ([[0.5], [0.75]], [[1.0], [0.0]])):
        yield Case("loss", np.array(y_hat), np.array(y))
        yield Case("loss_from_logits", np.array(y_hat) * 2, np.array(y), tolerance=1e-9)
    yield Case(
        "loss_from_logits", np.array([[800.0], [1.0]]), np.array([[0.0], [1.0]]), tolerance=1e-9
    )
    for W1, b1, W2, b2, X, y in SMALL:
        params = dict(zip(("W1", "b1", "W2", "b2"), map(np.array, (W1, b1, W2, b2)), strict=True))
        X, y = np.array(X), np.array(y)
        _, cache = reference.forward(params, X)
        yield Case("forward", params, X)
        yield Case("backward", params, cache, y)
        yield Case(
            "update", params, {name: np.ones_like(value) for name, value in params.items()}, 0.5
        )
        yield Case("train", params, X, y, 0.5, 2)
