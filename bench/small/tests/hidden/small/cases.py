"""The inputs of the six hidden tests; networks keep away from the corner of ReLU."""

import numpy as np

from grader.testing import Case, redrawn

CACHES = {"forward": ("X", "z1", "a1", "y_hat")}
STEP = 1e-5


def network(rng):
    """Return (params, X, y): three inputs, four hidden units, five examples."""
    return redrawn(lambda: _draw(rng), _telling)


def _draw(rng):
    params = {
        "W1": rng.uniform(-0.7, 0.7, (4, 3)),
        "b1": rng.uniform(-0.5, 0.5, 4),
        "W2": rng.choice([-1, 1], (1, 4)) * rng.uniform(0.3, 0.7, (1, 4)),
        "b2": rng.uniform(-0.5, 0.5, 1),
    }
    return params, rng.standard_normal((5, 3)), rng.permutation([0.0, 1.0, 0.0, 1.0, 1.0])[:, None]


def _telling(params, X, y):
    z1 = X @ params["W1"].T + params["b1"]
    on = z1 > 0
    return np.abs(z1).min() > 1e-2 and on.any(0).all() and not on.all(0).any()


def numbers(rng):
    """Three numbers, none of them 0, 1, -1 or 2."""
    return [float(rng.choice([-1, 1]) * rng.uniform(2.1, 2.9)) for _ in range(3)]


def expression_cases(rng, reference):
    for _ in range(3):
        yield Case("expression", *numbers(rng))


def expression_gradient_cases(rng, reference):
    for _ in range(3):
        yield Case("expression_gradient", *numbers(rng))


def forward_cases(rng, reference):
    for _ in range(3):
        params, X, _ = network(rng)
        yield Case("forward", params, X)


def loss_cases(rng, reference):
    for _ in range(3):
        yield Case("loss", *network(rng))


def backward_cases(rng, reference):
    for _ in range(3):
        params, X, y = network(rng)
        yield Case("backward", params, reference.forward(params, X)[1], y)


def by_number_cases(rng, reference):
    """One gradient, then the loss a step ahead and a step behind in every coordinate of params."""
    params, X, y = network(rng)
    yield Case("backward", params, reference.forward(params, X)[1], y)
    for name, array in params.items():
        for index in np.ndindex(array.shape):
            for step in (STEP, -STEP):
                moved = array.copy()
                moved[index] += step
                yield Case("loss", {**params, name: moved}, X, y)
