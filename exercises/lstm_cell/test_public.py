"""The public tests of lstm_cell: worked numbers of the text, shapes, and what is at the edge.

`grader check lstm_cell.py` runs them. Passing all of them is a good sign and no proof: the grader
has other shapes and other numbers.
"""

import math

import numpy as np

from grader.testing import Cache, Gradient, entries, expect, finite, pair, shaped

EXERCISE = "lstm_cell"

PARAMS = [letter + gate for letter in "WUb" for gate in "figo"]
CACHE = ("x", "h_prev", "c_prev", "f", "i", "g", "o", "c")


def zeros(n_x=1, n_h=1):
    """Params that are all zero: every gate is a half, and g is 0."""
    shapes = {"W": (n_h, n_x), "U": (n_h, n_h), "b": (n_h,)}
    return {name: np.zeros(shapes[name[0]]) for name in PARAMS}


def cell_forward(student, params, x, h_prev, c_prev):
    """What `cell_forward` returns, as (h, c, cache)."""
    got = student.cell_forward(params, x, h_prev, c_prev)
    assert isinstance(got, (tuple, list)), "cell_forward should return (h, c, cache)"
    assert len(got) == 3, f"cell_forward returns {len(got)} things; it should return (h, c, cache)"
    return got


def cell_backward(student, params, cache, dh, dc):
    """What `cell_backward` returns, when the cache has no keys but the listed ones."""
    listed = Cache(entries("the cache", cache, CACHE))
    got = student.cell_backward(params, listed, dh, dc)
    return entries("what cell_backward returns", got, ["x", "h_prev", "c_prev", *params])


def sequence_forward(student, params, xs, h0, c0):
    """What `sequence_forward` returns, as (hs, cache)."""
    got = student.sequence_forward(params, xs, h0, c0)
    return pair("what sequence_forward returns", got, "(hs, cache)")


def sequence_backward(student, params, cache, dhs):
    """What `sequence_backward` returns."""
    got = student.sequence_backward(params, cache, dhs)
    return entries("what sequence_backward returns", got, ["xs", "h0", "c0", *params])


def test_cell_forward(student):
    """cell_forward gives the worked example: c = 1 and h = 0.3808."""
    params = zeros() | {"bf": np.array([math.log(3)]), "bg": np.array([math.log(3) / 2])}
    one = np.ones((1, 1))
    h, c, cache = cell_forward(student, params, 0 * one, 0 * one, one)
    cache = entries("the cache", cache, CACHE)
    for key, value in {"f": 0.75, "i": 0.5, "g": 0.5, "o": 0.5, "c": 1.0, "c_prev": 1.0}.items():
        expect(f"cache[{key!r}]", cache[key], [[value]])
    expect("c", c, [[1]])
    expect("h", h, [[0.5 * math.tanh(1)]])


def test_cell_forward_gates(student):
    """cell_forward gives each gate its own W, U and b."""
    x, h_prev, c_prev = np.array([[2.0]]), np.array([[-3.0]]), np.array([[0.0]])
    for letter, sum_ in [("W", 2.0), ("U", -3.0), ("b", 1.0)]:
        for gate in "figo":
            params = zeros()
            params[letter + gate] = np.ones(params[letter + gate].shape)
            _, _, cache = cell_forward(student, params, x, h_prev, c_prev)
            want = math.tanh(sum_) if gate == "g" else 1 / (1 + math.exp(-sum_))
            cache = entries("the cache", cache, CACHE)
            what = f"cache[{gate!r}], when {letter}{gate} is 1 and all else 0,"
            expect(what, cache[gate], [[want]])


def test_cell_shapes(student):
    """cell_forward and cell_backward keep every shape."""
    at = three_examples(np.random.default_rng(0))
    params = params_of(at)
    h, c, cache = cell_forward(student, params, at["x"], at["h_prev"], at["c_prev"])
    finite("h", h, (3, 4))
    finite("c", c, (3, 4))
    grads = cell_backward(student, params, cache, at["dh"], at["dc"])
    for key in ("x", "h_prev", "c_prev", *params):
        finite(f"the gradient of {key}", grads[key], at[key].shape)


def test_cell_backward(student):
    """cell_backward gives the worked example: 0.5325, 0.1331, 0.2662."""
    one = np.ones((1, 1))
    params = zeros() | {letter + k: one for letter in "WU" for k in "figo"}
    gates = {"f": math.log(3), "i": 0, "g": math.log(3) / 2, "o": 0}
    params |= {"b" + k: np.array([z - 2.0]) for k, z in gates.items()}
    cache = {"x": 2 * one, "h_prev": 0 * one, "c_prev": one, "c": one}
    cache |= {"f": 0.75 * one, "i": 0.5 * one, "g": 0.5 * one, "o": 0.5 * one}
    grads = cell_backward(student, params, cache, one, 0.5 * one)
    expect("the gradient of c_prev", grads["c_prev"], [[0.5325]], tolerance=1e-4)
    expect("the gradient of bf", grads["bf"], [0.1331], tolerance=5e-4)
    expect("the gradient of Wf", grads["Wf"], [[0.2662]], tolerance=5e-4)


def test_cell_backward_both(student):
    """cell_backward uses dh and dc: if both are 0, all gradients are 0."""
    at = three_examples(np.random.default_rng(0))
    params, nothing = params_of(at), np.zeros((3, 4))
    _, _, cache = cell_forward(student, params, at["x"], at["h_prev"], at["c_prev"])
    none = cell_backward(student, params, cache, nothing, nothing)
    expect("the gradient of c_prev, when dh and dc are 0,", none["c_prev"], nothing)
    for dh, dc, said in [(at["dh"], nothing, "dh"), (nothing, at["dc"], "dc")]:
        some = cell_backward(student, params, cache, dh, dc)
        arrived = finite("the gradient of c_prev", some["c_prev"], (3, 4))
        assert arrived.all(), f"nothing reaches c_prev from {said} alone"


def test_sequence_forward(student):
    """sequence_forward gives the worked example: 0.4820, then 0.3808."""
    xs, h0, c0 = np.ones((2, 1, 1)), np.array([[0.0]]), np.array([[4.0]])
    hs, _ = sequence_forward(student, zeros(), xs, h0, c0)
    expect("hs", hs, [[[0.5 * math.tanh(2)]], [[0.5 * math.tanh(1)]]])


def test_sequence_is_cells(student):
    """sequence_forward over one step is cell_forward, and hs holds h."""
    at = three_examples(np.random.default_rng(0))
    h, _, _ = cell_forward(student, params_of(at), at["x"], at["h_prev"], at["c_prev"])
    xs = at["x"][np.newaxis]
    hs, _ = sequence_forward(student, params_of(at), xs, at["h_prev"], at["c_prev"])
    shaped("hs", hs, (1, 3, 4))
    expect("hs[0]", hs[0], finite("h", h, (3, 4)))


def test_sequence_backward(student):
    """sequence_backward gives the worked example: 0.0525 for c0."""
    xs, h0, c0 = np.ones((2, 1, 1)), np.array([[0.0]]), np.array([[4.0]])
    _, cache = sequence_forward(student, zeros(), xs, h0, c0)
    grads = sequence_backward(student, zeros(), cache, np.array([[[0.0]], [[1.0]]]))
    expect("the gradient of c0", grads["c0"], [[0.125 * (1 - math.tanh(1) ** 2)]])
    finite("the gradient of xs", grads["xs"], (2, 1, 1))


def test_no_steps(student):
    """A sequence of no steps: hs (0, m, n_h), and every gradient zero."""
    at = three_examples(np.random.default_rng(0))
    params, xs = params_of(at), np.zeros((0, 3, 2))
    hs, cache = sequence_forward(student, params, xs, at["h_prev"], at["c_prev"])
    shaped("hs", hs, (0, 3, 4))
    grads = sequence_backward(student, params, cache, np.zeros((0, 3, 4)))
    shaped("the gradient of xs", grads["xs"], (0, 3, 2))
    for key, shape in {"h0": (3, 4), "c0": (3, 4)}.items():
        expect(f"the gradient of {key}", grads[key], np.zeros(shape))
    for key, value in params.items():
        expect(f"the gradient of {key}", grads[key], np.zeros(value.shape))


def test_two_forwards(student):
    """sequence_backward uses the cache it is given, not the latest forward."""
    xs, h0, c0 = np.ones((2, 1, 1)), np.array([[0.0]]), np.array([[4.0]])
    dhs = np.array([[[0.0]], [[1.0]]])
    _, cache = sequence_forward(student, zeros(), xs, h0, c0)
    sequence_forward(student, zeros(), 2 * xs, h0, -c0)
    first = sequence_backward(student, zeros(), cache, dhs)["c0"]
    want = [[0.125 * (1 - math.tanh(1) ** 2)]]
    expect("the gradient of c0, after another forward", first, want)


def test_sequence_backward_scales(student):
    """sequence_backward does not clip gradients, however large."""
    at = three_steps(np.random.default_rng(0))
    _, cache = sequence_forward(student, params_of(at), at["xs"], at["h0"], at["c0"])
    one = sequence_backward(student, params_of(at), cache, at["dhs"])
    _, cache = sequence_forward(student, params_of(at), at["xs"], at["h0"], at["c0"])
    many = sequence_backward(student, params_of(at), cache, 1000 * at["dhs"])
    for key, value in one.items():
        want = 1000 * finite(f"the gradient of {key}", value, at[key].shape)
        expect(f"the gradient of {key} for 1000 dhs", many[key], want)


def test_long_sequence(student):
    """sequence_forward and sequence_backward go through 300 steps."""
    params = zeros() | {"bf": np.array([5.0])}
    xs, start = np.ones((300, 1, 1)), np.ones((1, 1))
    hs, cache = sequence_forward(student, params, xs, start, start)
    finite("hs", hs, (300, 1, 1))
    grads = sequence_backward(student, params, cache, np.ones((300, 1, 1)))
    finite("the gradient of bf", grads["bf"], (1,))


# --- gradients, beside numeric ones -------------------------------------------------------------


def drawn(rng, n_x, n_h):
    shapes = {"W": (n_h, n_x), "U": (n_h, n_h), "b": (n_h,)}
    return {name: rng.uniform(-0.7, 0.7, shapes[name[0]]) for name in PARAMS}


def three_examples(rng):
    """Three examples, two inputs, four units, dh and dc."""
    states = {key: rng.standard_normal((3, 4)) for key in ("h_prev", "c_prev", "dh", "dc")}
    return {**drawn(rng, 2, 4), "x": rng.standard_normal((3, 2)), **states}


def params_of(at):
    return {name: at[name] for name in PARAMS}


def cell_loss(student, at):
    """The loss outside, of which dh and dc are the slopes at h and c."""
    h, c, _ = cell_forward(student, params_of(at), at["x"], at["h_prev"], at["c_prev"])
    return np.sum(at["dh"] * shaped("h", h, (3, 4))) + np.sum(at["dc"] * shaped("c", c, (3, 4)))


def cell_gradients(student, at):
    _, _, cache = cell_forward(student, params_of(at), at["x"], at["h_prev"], at["c_prev"])
    return student.cell_backward(params_of(at), cache, at["dh"], at["dc"])


def three_steps(rng):
    """Three steps, two examples, three inputs, four units."""
    states = {key: rng.standard_normal((2, 4)) for key in ("h0", "c0")}
    xs, dhs = rng.standard_normal((3, 2, 3)), rng.standard_normal((3, 2, 4))
    return {**drawn(rng, 3, 4), **states, "xs": xs, "dhs": dhs}


def sequence_loss(student, at):
    """The loss outside, of which dhs are the slopes at hs."""
    hs, _ = sequence_forward(student, params_of(at), at["xs"], at["h0"], at["c0"])
    return np.sum(at["dhs"] * shaped("hs", hs, at["dhs"].shape))


def sequence_gradients(student, at):
    _, cache = sequence_forward(student, params_of(at), at["xs"], at["h0"], at["c0"])
    return student.sequence_backward(params_of(at), cache, at["dhs"])


CELL = ("c_prev", "h_prev", "x", *PARAMS)
SEQUENCE = ("c0", "h0", "xs", *PARAMS)
GRADIENTS = [
    Gradient("cell_backward", three_examples, cell_loss, cell_gradients, CELL),
    Gradient("sequence_backward", three_steps, sequence_loss, sequence_gradients, SEQUENCE),
]
