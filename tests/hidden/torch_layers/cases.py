"""The inputs of the hidden tests of torch_layers: each can show the mistakes it is there for.

The classes are asked with arrays, as `grader.sandbox.guest.torch_bridge` says: inputs alone give the output,
inputs and an upstream gradient give gradients. Upstream gradients are random, never ones.
"""

import numpy as np

from grader.testing import Case, Gradient, redrawn

CACHES = {}
MARGIN = 1e-2


# --- ReLU -------------------------------------------------------------------------------------


def away_from_zero(rng, *shape):
    """Inputs of both signs, none near the corner."""
    z = rng.uniform(0.05, 3, shape) * rng.choice([-1, 1], shape)
    z.flat[:2] = np.abs(z.flat[0]), -np.abs(z.flat[1])
    return z


def relu_cases(rng, reference):
    for shape in [(3, 4), (7,), (2, 3, 2)]:
        yield Case("ReLU", {"z": away_from_zero(rng, *shape)})


def relu_gradient_cases(rng, reference):
    for shape in [(3, 4), (7,), (2, 3, 2)]:
        yield Case("ReLU", {"z": away_from_zero(rng, *shape)}, rng.standard_normal(shape))


def relu_at_zero_cases(rng, reference):
    for shape in [(3, 4), (6,)]:
        z = away_from_zero(rng, *shape)
        z.flat[2] = z.flat[4] = 0.0
        yield Case("ReLU", {"z": z}, rng.standard_normal(shape), note="at z = 0")


def relu_alive_cases(rng, reference):
    """Another forward before the backward: the same shape, signs of its own."""
    for shape in [(3, 4), (6,)]:
        z, other = away_from_zero(rng, *shape), away_from_zero(rng, *shape)[..., ::-1]
        yield Case("ReLU", {"z": z}, rng.standard_normal(shape), {"z": other.copy()})


# --- SigmoidBCE -------------------------------------------------------------------------------


def column(*numbers):
    return np.array(numbers, np.float64).reshape(-1, 1)


def near(rng):
    """Batches of (z, y) with logits of ordinary size, both labels, some sure and wrong."""
    for m in (5, 4):
        sides = rng.permutation(m) % 2
        z = rng.uniform(0.3, 4, m) * (2 * sides - 1)
        y = sides.astype(np.float64)
        wrong = rng.permutation(m)[:2]
        y[wrong[0]] = 1 - y[wrong[0]]
        yield column(*z), column(*y), ""
    yield column(rng.uniform(-3, 3)), column(1), "one example"


def far(rng):
    """Batches with large logits on both sides, and never sure and right ones only."""
    for size in (40.0, 800.0):
        small, note = rng.uniform(0.5, 3), f"logits of {size:.0f}"
        yield column(size, -size, small, -small / 2), column(0, 1, 1, 1), note
        yield column(-size, size, -small), column(0, 1, 1), note


def _losses(batches):
    for z, y, note in batches:
        floor = 1e-12 * np.abs(z).max()
        yield Case("SigmoidBCE", {"z": z, "y": y}, note=note, floor=floor)


def _slopes(rng, batches):
    for z, y, note in batches:
        yield Case("SigmoidBCE", {"z": z, "y": y}, float(rng.uniform(1.3, 3)), note=note)


def loss_cases(rng, reference):
    yield from _losses(near(rng))


def far_loss_cases(rng, reference):
    yield from _losses(far(rng))


def loss_gradient_cases(rng, reference):
    yield from _slopes(rng, near(rng))


def far_gradient_cases(rng, reference):
    yield from _slopes(rng, far(rng))


def loss_alive_cases(rng, reference):
    for (z, y, _), (other, label, _) in zip(near(rng), near(rng), strict=True):
        between = {"z": other, "y": label}
        yield Case("SigmoidBCE", {"z": z, "y": y}, float(rng.uniform(1.3, 3)), between)


# --- TwoLayer ---------------------------------------------------------------------------------


def draw_network(rng, n_x, n_h, m, bias=0.5):
    """Return (params, X, upstream); b1 lies within ``bias`` of 0."""
    params = {
        "W1": rng.uniform(-1, 1, (n_h, n_x)),
        "b1": rng.uniform(-bias, bias, n_h),
        "W2": rng.uniform(0.3, 1, (1, n_h)) * rng.choice([-1, 1], (1, n_h)),
        "b2": rng.uniform(0.3, 0.9, 1),
    }
    return params, rng.standard_normal((m, n_x)), rng.standard_normal((m, 1))


def telling(reference, sizes, params, X, upstream):
    """Whether mistakes can show: no unit near its corner, each on and off, nothing too small.

    The bias decides for one of them: without it that unit would be on for off, or off for on.
    """
    z1 = X @ params["W1"].T + params["b1"]
    z2 = reference.TwoLayer(sizes, params, {"X": X})
    on = z1 > 0
    if np.abs(z1).min() < MARGIN or np.abs(z2).min() < MARGIN or not on.any() or on.all():
        return False
    if len(X) > 1 and ((on.all(0) | ~on.any(0)).any() or (z2 > 0).all() or (z2 < 0).all()):
        return False
    if len(X) > 1 and params["b1"].any() and ((z1 - params["b1"] > 0) == on).all():
        return False
    gradients = reference.TwoLayer(sizes, params, {"X": X}, upstream)
    largest = [np.abs(gradient).max() for gradient in gradients.values()]
    return min(largest) >= 0.05 * max(largest)


def network(rng, reference, sizes, m, bias=0.5):
    """Return (params, X, upstream) on which mistakes can show."""
    return redrawn(
        lambda: draw_network(rng, *sizes, m, bias),
        lambda *drawn: telling(reference, sizes, *drawn),
    )


def networks(rng, reference):
    for sizes, m, note in [([3, 4], 5, ""), ([4, 4], 5, "a square W1"), ([4, 5], 1, "one example")]:
        yield sizes, *network(rng, reference, sizes, m), note


def two_layer_params_cases(rng, reference):
    for n_x, n_h in [(3, 4), (5, 2), (4, 4)]:
        yield Case("TwoLayer", [n_x, n_h], draw_network(rng, n_x, n_h, 1)[0])


def two_layer_cases(rng, reference):
    for sizes, params, X, _, note in networks(rng, reference):
        yield Case("TwoLayer", sizes, params, {"X": X}, note=note)


def two_layer_gradient_cases(rng, reference):
    for sizes, params, X, upstream, note in networks(rng, reference):
        yield Case("TwoLayer", sizes, params, {"X": X}, upstream, note=note)


def two_layer_at_zero_cases(rng, reference):
    """A row of zeros and no bias: pre-activations of exactly 0, where torch.relu has slope 0."""
    for sizes in ([3, 4], [4, 4]):
        params, X, upstream = network(rng, reference, sizes, 5, bias=0.0)
        X = np.vstack([X, np.zeros_like(X[:1])])
        upstream = np.vstack([upstream, rng.uniform(0.5, 2, (1, 1))])
        yield Case("TwoLayer", sizes, params, {"X": X}, upstream, note="where z1 is exactly 0")


# --- WindowLM ---------------------------------------------------------------------------------


def draw_model(rng, V, d, n, n_h, m):
    """Return (params, contexts, upstream).

    Embeddings are longer than 1; the contexts hold word 0, and a word in two slots of one context.
    A single context has other words only.
    """
    width = (n - 1) * d
    E = rng.standard_normal((V, d))
    params = {
        "E": E * rng.uniform(1.2, 2, (V, 1)) / np.linalg.norm(E, axis=1, keepdims=True),
        "W1": rng.uniform(-1, 1, (n_h, width)) * min(1.0, 2 / np.sqrt(width)),
        "b1": rng.uniform(-0.5, 0.5, n_h),
        "W2": rng.uniform(-1, 1, (V, n_h)),
        "b2": rng.uniform(-0.5, 0.5, V),
    }
    contexts = rng.integers(0 if m > 1 else 1, V, (m, n - 1))
    if m > 1:
        contexts[0, 0] = 0
        contexts[1, :] = contexts[1, 0]
    return params, contexts, rng.standard_normal((m, V))


def speaking(reference, sizes, params, contexts, upstream):
    """Whether no unit is saturated and no gradient small beside the others."""
    logits = reference.WindowLM(sizes, params, {"contexts": contexts})
    gradients = reference.WindowLM(sizes, params, {"contexts": contexts}, upstream)
    largest = [np.abs(gradient).max() for gradient in gradients.values()]
    varied = contexts.shape[1] == 1 or (np.diff(contexts, axis=1) != 0).any()
    return varied and np.abs(logits).min() > 1e-3 and min(largest) >= 0.05 * max(largest)


def models(rng, reference):
    for V, d, n, n_h, m, note in [
        (7, 3, 4, 5, 6, ""),
        (7, 3, 4, 5, 6, "the same sizes, another text"),
        (8, 2, 3, 4, 5, "a square W1"),
        (6, 3, 2, 4, 4, "contexts of one word"),
        (6, 3, 2, 4, 1, "one context of one word"),
    ]:
        model = redrawn(
            lambda: draw_model(rng, V, d, n, n_h, m),  # noqa: B023  # drawn at once
            lambda *drawn: speaking(reference, [V, d, n, n_h], *drawn),  # noqa: B023
        )
        yield [V, d, n, n_h], *model, note


def window_params_cases(rng, reference):
    for sizes in [(7, 3, 4, 5), (5, 2, 3, 6), (6, 4, 2, 3)]:
        yield Case("WindowLM", list(sizes), draw_model(rng, *sizes, 1)[0])


def window_cases(rng, reference):
    for sizes, params, contexts, _, note in models(rng, reference):
        yield Case("WindowLM", sizes, params, {"contexts": contexts}, note=note)


def window_gradient_cases(rng, reference):
    for sizes, params, contexts, upstream, note in models(rng, reference):
        yield Case("WindowLM", sizes, params, {"contexts": contexts}, upstream, note=note)


# --- numeric gradients ------------------------------------------------------------------------


def _relu(between=False):
    def point(rng):
        others = [{"z": away_from_zero(rng, 3, 4)}] if between else []
        upstream = rng.standard_normal((3, 4))
        return {"z": away_from_zero(rng, 3, 4), "upstream": upstream, "between": others}

    return Gradient(
        "ReLU",
        point,
        lambda module, at: np.sum(at["upstream"] * module.ReLU({"z": at["z"]})),
        lambda module, at: module.ReLU({"z": at["z"]}, at["upstream"], *at["between"]),
        ("z",),
    )


def _loss(batches, between=False):
    def point(rng):
        [(z, y, _), (other, label, _), *_] = batches(rng)
        others = [{"z": other, "y": label}] if between else []
        return {"z": z, "y": y, "upstream": float(rng.uniform(1.3, 3)), "between": others}

    return Gradient(
        "SigmoidBCE",
        point,
        lambda module, at: at["upstream"] * module.SigmoidBCE({"z": at["z"], "y": at["y"]}),
        lambda module, at: module.SigmoidBCE(
            {"z": at["z"], "y": at["y"]}, at["upstream"], *at["between"]
        ),
        ("z",),
    )


RELU, RELU_ALIVE = _relu(), _relu(between=True)
LOSS, LOSS_ALIVE = _loss(near), _loss(near, between=True)
LOSS_FAR = _loss(lambda rng: reversed(list(far(rng))))

PARAMS = ("W1", "b1", "W2", "b2")


def _network_point(rng):
    params, X, upstream = redrawn(
        lambda: draw_network(rng, 3, 4, 5),
        lambda params, X, _: np.abs(X @ params["W1"].T + params["b1"]).min() > MARGIN,
    )
    return {**params, "X": X, "upstream": upstream}


def _network_asked(module, at, *upstream):
    params = {name: at[name] for name in PARAMS}
    return module.TwoLayer([3, 4], params, {"X": at["X"]}, *upstream)


NETWORK = Gradient(
    "TwoLayer",
    _network_point,
    lambda module, at: np.sum(at["upstream"] * _network_asked(module, at)),
    lambda module, at: _network_asked(module, at, at["upstream"]),
    (*PARAMS, "X"),
)


def _model_point(rng):
    params, contexts, upstream = draw_model(rng, 7, 3, 4, 5, 6)
    return {**params, "contexts": contexts, "upstream": upstream}


def _model_asked(module, at, *upstream):
    params = {name: at[name] for name in ("E", *PARAMS)}
    return module.WindowLM([7, 3, 4, 5], params, {"contexts": at["contexts"]}, *upstream)


MODEL = Gradient(
    "WindowLM",
    _model_point,
    lambda module, at: np.sum(at["upstream"] * _model_asked(module, at)),
    lambda module, at: _model_asked(module, at, at["upstream"]),
    ("E", *PARAMS),
)


# --- what may be shown --------------------------------------------------------------------------


def demonstrations(rng, reference):
    """From small to large: one number, one example and one unit, then two."""
    for z in ([-1.0, 2.0], [[0.5, -2.0], [1.5, -0.5]]):
        z = np.array(z)
        yield Case("ReLU", {"z": z})
        yield Case("ReLU", {"z": z}, 3 * np.ones_like(z))
    yield Case("ReLU", {"z": np.array([0.0, 1.0])}, np.array([3.0, 2.0]), note="at z = 0")
    for z, y in (
        ([[1.0]], [[0.0]]),
        ([[1.0], [-2.0]], [[0.0], [1.0]]),
        ([[800.0], [1.0]], [[0.0], [1.0]]),
    ):
        given = {"z": np.array(z), "y": np.array(y)}
        note = "logits of 800" if z[0][0] > 9 else ""
        yield Case("SigmoidBCE", given, note=note)
        yield Case("SigmoidBCE", given, 3.0, note=note)
    for sizes, W1, b1, W2, X in (
        ([1, 1], [[1.0]], [0.5], [[2.0]], [[1.0]]),
        ([1, 1], [[1.0]], [0.5], [[2.0]], [[-1.0]]),
        ([2, 2], [[1.0, -0.5], [0.5, 1.5]], [0.5, -1.0], [[2.0, -1.0]], [[1.0, 2.0], [-1.0, 0.5]]),
    ):
        params = {
            "W1": np.array(W1),
            "b1": np.array(b1),
            "W2": np.array(W2),
            "b2": np.array([-0.5]),
        }
        yield Case("TwoLayer", sizes, params, {"X": np.array(X)})
        yield Case("TwoLayer", sizes, params, {"X": np.array(X)}, np.ones((len(X), 1)))
    params = {
        "E": np.array([[0.5], [1.0]]), "W1": np.array([[1.0]]), "b1": np.array([0.5]),
        "W2": np.array([[1.0], [-1.0]]), "b2": np.array([0.5, 0.0]),
    }  # fmt: skip
    for contexts in ([[0]], [[0], [1]]):
        given = {"contexts": np.array(contexts)}
        yield Case("WindowLM", [2, 1, 2, 1], params, given)
        yield Case("WindowLM", [2, 1, 2, 1], params, given, np.array([[1.0, 2.0]] * len(contexts)))
