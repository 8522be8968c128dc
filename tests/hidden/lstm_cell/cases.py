"""The inputs of the hidden tests of lstm_cell: each can show the mistakes it is there for.

The memory is never empty, gradients arrive at both h and c, and no gradient is small beside the
others. Shapes differ from case to case; one has n_x = n_h, where a swapped pair of matrices fits.
In one step backward there are never more examples than inputs, so that what reached a gate can be
read off the student's own gradient of its W (see LOCAL).
"""

import numpy as np

from grader.testing import Case, Gradient, Part, redrawn

CACHES = {
    "cell_forward": ("x", "h_prev", "c_prev", "f", "i", "g", "o", "c"),
    "sequence_forward": (),
}
PARAMS = tuple(kind + k for k in "figo" for kind in "WUb")
STEP = ("c_prev", "x", "h_prev", *PARAMS)
SEQUENCE = ("xs", "h0", "c0", *PARAMS)


def weights(rng, n_x, n_h):
    """Parameters within 0.7."""
    params = {}
    for k in "figo":
        params["W" + k] = rng.uniform(-0.7, 0.7, (n_h, n_x)) * min(1.0, 6 / n_x)
        params["U" + k] = rng.uniform(-0.7, 0.7, (n_h, n_h)) * min(1.0, 6 / n_h)
        params["b" + k] = rng.uniform(-0.5, 0.5, n_h)
    return params


def states(rng, m, n_h):
    """A hidden state within 0.9 and a cell state of either sign, far from empty."""
    size = rng.uniform(0.4, 1.6, (m, n_h))
    return rng.uniform(-0.9, 0.9, (m, n_h)), size * rng.choice([-1, 1], (m, n_h))


def even(grads):
    """Whether no array of gradients is small beside the largest."""
    sizes = [np.abs(grad).max() for grad in grads.values()]
    return min(sizes) >= 0.03 * max(sizes)


def step(rng, n_x, n_h, m):
    """Return (params, x, h_prev, c_prev)."""
    return weights(rng, n_x, n_h), rng.standard_normal((m, n_x)), *states(rng, m, n_h)


def arriving(rng, reference, n_x, n_h, m):
    """Return (params, cache, dh, dc) of one step, its gradients of similar sizes."""

    def draw():
        given = step(rng, n_x, n_h, m)
        _, _, cache = reference.cell_forward(*given)
        return given[0], cache, rng.standard_normal((m, n_h)), rng.standard_normal((m, n_h))

    return redrawn(draw, lambda *args: even(reference.cell_backward(*args)))


def sequence(rng, T, n_x, n_h, m):
    """Return (params, xs, h0, c0)."""
    return weights(rng, n_x, n_h), rng.standard_normal((T, m, n_x)), *states(rng, m, n_h)


def remembering(params):
    """The same parameters with forget gates nearly open: what was long ago still matters."""
    return {**params, "bf": params["bf"] + 3.0}


def sequence_backward(rng, reference, shape, norm=0.9, note="", prepared=dict):
    """A case of sequence_backward: gradients of similar sizes, their ``norm`` together as said.

    Below 1, no limit at which people clip is reached. ``prepared`` makes parameters of those drawn.
    """
    T, _, n_h, m = shape

    def backward(given, dhs):
        _, cache = reference.sequence_forward(*given)
        return reference.sequence_backward(given[0], cache, dhs)

    def draw():
        params, *rest = sequence(rng, *shape)
        return (prepared(params), *rest), rng.standard_normal((T, m, n_h))

    given, dhs = redrawn(
        draw,
        lambda given, dhs: T == 0 or even(backward(given, dhs)),
    )
    if T:
        dhs *= norm / np.sqrt(sum(np.sum(grad**2) for grad in backward(given, dhs).values()))
    first = Case("sequence_forward", *given, note=note)
    shuffled = dict(reversed(given[0].items()))
    return Case("sequence_backward", shuffled, Part(first, 1), dhs, note=note)


def cell_forward_cases(rng, reference):
    yield Case("cell_forward", *step(rng, 3, 5, 4))
    yield Case("cell_forward", *step(rng, 5, 5, 3), note="n_x = n_h")
    yield Case("cell_forward", *step(rng, 4, 3, 1), note="one example")
    params, *rest = step(rng, 4, 6, 3)
    for k in "figo":
        params["b" + k][rng.permutation(6)[:2]] = -90.0, 90.0
    yield Case("cell_forward", params, *rest, note="|z| up to 95")


def cell_backward_cases(rng, reference):
    """A few examples, n_x = n_h, and a single example."""
    for shape, note in [((5, 4, 3), ""), ((5, 5, 2), "n_x = n_h"), ((3, 6, 1), "one example")]:
        params, cache, dh, dc = arriving(rng, reference, *shape)
        yield Case("cell_backward", dict(reversed(params.items())), cache, dh, dc, note=note)


def sequence_forward_cases(rng, reference):
    yield Case("sequence_forward", *sequence(rng, 4, 3, 5, 2))
    yield Case("sequence_forward", *sequence(rng, 3, 4, 4, 3), note="n_x = n_h")
    yield Case("sequence_forward", *sequence(rng, 2, 5, 3, 4))
    yield Case("sequence_forward", *sequence(rng, 300, 2, 3, 2), note="300 steps")


def sequence_backward_cases(rng, reference):
    yield sequence_backward(rng, reference, (4, 3, 5, 2))
    yield sequence_backward(rng, reference, (3, 4, 4, 3), note="n_x = n_h")
    yield sequence_backward(rng, reference, (2, 5, 4, 3))


def large_cases(rng, reference):
    """Every gradient that is handed back in time lies beyond the limits at which people clip."""
    for shape in [(3, 4, 5, 2), (4, 5, 4, 3)]:
        yield sequence_backward(rng, reference, shape, norm=10_000.0, note="large dhs")


def long_cases(rng, reference):
    """Over thirty steps and over a hundred, through all of which the gradient lives."""
    for shape in [(110, 2, 4, 2), (33, 4, 5, 3)]:
        yield sequence_backward(rng, reference, shape, prepared=remembering, note="many steps")


def no_step_cases(rng, reference):
    yield Case("sequence_forward", *sequence(rng, 0, 3, 4, 2), note="T = 0")


def one_step_cases(rng, reference):
    yield Case("sequence_forward", *sequence(rng, 1, 3, 4, 2), note="T = 1")
    yield Case("sequence_forward", *sequence(rng, 1, 4, 5, 1), note="T = 1")


def no_step_backward_cases(rng, reference):
    yield sequence_backward(rng, reference, (0, 3, 4, 2), note="T = 0")


def one_step_backward_cases(rng, reference):
    yield sequence_backward(rng, reference, (1, 3, 4, 2), note="T = 1")
    yield sequence_backward(rng, reference, (1, 4, 5, 1), note="T = 1")


def timed_cell_cases(rng, reference):
    """Over 7,000 weights, one example: numbers in place of backpropagation take half a second."""
    for _ in range(6):
        given = step(rng, 30, 30, 1)
        _, _, cache = reference.cell_forward(*given)
        dh, dc = rng.standard_normal((2, 1, 30))
        yield Case("cell_backward", given[0], cache, dh, dc)


def timed_sequence_cases(rng, reference):
    """The same, smaller, through two steps."""
    for _ in range(6):
        given = sequence(rng, 2, 26, 26, 1)
        first = Case("sequence_forward", *given)
        dhs = rng.standard_normal((2, 1, 26))
        yield Case("sequence_backward", given[0], Part(first, 1), dhs)


# What each gradient of one step is, given others: (params, cache, dh, dc, own gradients) -> array.
# The gradient of c_prev tells what reached c, and that of W_k, by the inputs, what reached z_k.


def _at_gate(k, cache, own):
    return (own["W" + k] @ np.linalg.pinv(cache["x"])).T


def _weight(slope):
    def local(params, cache, dh, dc, own):
        return (own["c_prev"] / cache["f"] * slope(cache)).T @ cache["x"]

    return local


def _recurrent(k):
    return lambda params, cache, dh, dc, own: _at_gate(k, cache, own).T @ cache["h_prev"]


def _bias(k):
    return lambda params, cache, dh, dc, own: _at_gate(k, cache, own).sum(axis=0)


def _through(kind):
    def local(params, cache, dh, dc, own):
        return sum(_at_gate(k, cache, own) @ params[kind + k] for k in "figo")

    return local


LOCAL = {
    "x": _through("W"),
    "h_prev": _through("U"),
    "Wf": _weight(lambda cache: cache["c_prev"] * cache["f"] * (1 - cache["f"])),
    "Wi": _weight(lambda cache: cache["g"] * cache["i"] * (1 - cache["i"])),
    "Wg": _weight(lambda cache: cache["i"] * (1 - cache["g"] ** 2)),
    **{"U" + k: _recurrent(k) for k in "figo"},
    **{"b" + k: _bias(k) for k in "figo"},
}


def _params(at):
    return {name: at[name] for name in PARAMS}


def _step_point(rng):
    params, x, h_prev, c_prev = step(rng, 3, 4, 2)
    dh, dc = rng.standard_normal((2, 2, 4))
    return {**params, "x": x, "h_prev": h_prev, "c_prev": c_prev, "dh": dh, "dc": dc}


def _step_loss(module, at):
    h, c, _ = module.cell_forward(_params(at), at["x"], at["h_prev"], at["c_prev"])
    return np.sum(at["dh"] * h) + np.sum(at["dc"] * c)


def _step_backward(module, at):
    _, _, cache = module.cell_forward(_params(at), at["x"], at["h_prev"], at["c_prev"])
    return module.cell_backward(_params(at), cache, at["dh"], at["dc"])


def _sequence_point(rng):
    params, xs, h0, c0 = sequence(rng, 3, 3, 4, 2)
    return {**params, "xs": xs, "h0": h0, "c0": c0, "dhs": rng.standard_normal((3, 2, 4))}


def _sequence_loss(module, at):
    hs, _ = module.sequence_forward(_params(at), at["xs"], at["h0"], at["c0"])
    return np.sum(at["dhs"] * hs)


def _sequence_backward(module, at):
    _, cache = module.sequence_forward(_params(at), at["xs"], at["h0"], at["c0"])
    return module.sequence_backward(_params(at), cache, at["dhs"])


CELL_BACKWARD = Gradient("cell_backward", _step_point, _step_loss, _step_backward, STEP)
SEQUENCE_BACKWARD = Gradient(
    "sequence_backward", _sequence_point, _sequence_loss, _sequence_backward, SEQUENCE
)


# --- what may be shown --------------------------------------------------------------------------


def small(rng, n_x, n_h):
    """Parameters in halves."""
    return {name: np.round(2 * value) / 2 for name, value in weights(rng, n_x, n_h).items()}


def bare(**changed):
    """Parameters of one unit, zero but for those in ``changed``."""
    params = {kind + k: np.zeros((1, 1)) for kind in "WU" for k in "figo"}
    params |= {"b" + k: np.zeros(1) for k in "figo"}
    return params | {name: np.full_like(params[name], value) for name, value in changed.items()}


def demonstrations(rng, reference):
    """From small to large: one unit whose parameters are zero, then others, then two examples."""
    one, half = np.ones((1, 1)), np.full((1, 1), 0.5)
    plain = [
        (bare(), 0 * one, 0 * one, 2 * one),
        (bare(bg=1.0, bf=1.0, bi=-1.0, bo=2.0), one, half, 2 * one),
        (
            bare(Wf=1.0, Wi=-1.0, Wg=0.5, Wo=1.5, Uf=0.5, Ui=1.0, Ug=-1.0, Uo=1.0),
            2 * one,
            half,
            -one,
        ),
        (
            small(rng, 2, 1),
            np.array([[1.0, -0.5], [2.0, 0.5]]),
            np.array([[0.5], [-0.5]]),
            np.array([[1.0], [-2.0]]),
        ),
    ]
    for params, x, h, c in plain:
        yield Case("cell_forward", params, x, h, c)
        _, _, cache = reference.cell_forward(params, x, h, c)
        dh, dc = np.ones_like(h), 0.5 * np.ones_like(c)
        for pair in ((dh, 0 * dc), (0 * dh, dc), (dh, dc)):
            yield Case("cell_backward", params, cache, *pair)
        for T in (1, 2, 3):
            xs = np.stack([(1 + t) * x + 0.5 for t in range(T)])
            first = Case("sequence_forward", params, xs, h, c)
            dhs = np.stack([(1 + t) * dh for t in range(T)])
            yield first
            yield Case("sequence_backward", params, Part(first, 1), dhs)
