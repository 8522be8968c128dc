"""The public tests of two_layer_network: worked numbers of the text, shapes, and edges.

`grader check two_layer_network.py` runs them. Passing all of them is a good sign and no proof:
the grader has other shapes and other numbers.
"""

import math

import numpy as np

from grader.testing import Cache, Gradient, entries, expect, finite, pair, shaped

EXERCISE = "two_layer_network"

# The network of the text: two inputs, two hidden units, one output; one example.
PARAMS = {
    "W1": np.array([[1.0, 0.5], [-1.0, 0.25]]),
    "b1": np.array([0.0, 0.0]),
    "W2": np.array([[0.5, 1.0]]),
    "b2": np.array([-1.0]),
}
X = np.array([[1.0, 2.0]])
Y = np.array([[1.0]])
CACHE = {
    "X": X,
    "z1": np.array([[2.0, -0.5]]),
    "a1": np.array([[2.0, 0.0]]),
    "z2": np.array([[0.0]]),
    "a2": np.array([[0.5]]),
}
LABELS = np.array([[1.0], [0.0], [1.0], [1.0], [0.0]])
GRADS = ("z2", "W2", "b2", "a1", "z1", "W1", "b1")


def forward(student, params, X):
    """What `forward` returns, as (y_hat, cache)."""
    return pair("what forward returns", student.forward(params, X), "(y_hat, cache)")


def backward(student, params, cache, y):
    """What `backward` returns, when the cache has no keys but the listed ones."""
    listed = Cache(entries("the cache", cache, list(CACHE)))
    return entries("what backward returns", student.backward(params, listed, y), GRADS)


def test_relu(student):
    """relu sets negative values to 0 and keeps the others, in any shape."""
    expect("relu([-0.5, 0, 2])", student.relu(np.array([-0.5, 0.0, 2.0])), [0, 0, 2])
    z = np.array([[[1.5], [-3.0]]])
    expect("relu of an array of shape (1, 2, 1)", student.relu(z), [[[1.5], [0.0]]])


def test_relu_derivative(student):
    """relu_derivative is 0 below zero and 1 above; at zero it is 1."""
    slope = student.relu_derivative(np.array([-0.5, 0.0, 2.0]))
    expect("relu_derivative([-0.5, 0, 2])", slope, [0, 1, 1])


def test_sigmoid(student):
    """sigmoid is 0.5 at 0, and finite from -800 to 800."""
    expect("sigmoid([-800, 0, 800])", student.sigmoid(np.array([-800.0, 0.0, 800.0])), [0, 0.5, 1])
    z = np.array([[math.log(3.0), -math.log(3.0)]])
    expect("sigmoid([[ln 3, -ln 3]])", student.sigmoid(z), [[0.75, 0.25]])


def test_sigmoid_derivative(student):
    """sigmoid_derivative takes the sigmoid's input: at 0 it is 0.25."""
    slope = student.sigmoid_derivative(np.array([-800.0, 0.0, 800.0]))
    expect("sigmoid_derivative([-800, 0, 800])", slope, [0, 0.25, 0])


def test_loss(student):
    """loss is the mean over the batch: 0.5 where y = 1 costs ln 2."""
    expect("loss([[0.5]], [[1]])", student.loss(np.array([[0.5]]), Y), math.log(2))
    y_hat, y = np.array([[0.8], [0.3]]), np.array([[1.0], [0.0]])
    wanted = -(math.log(0.8) + math.log(0.7)) / 2
    expect("loss([[0.8], [0.3]], [[1], [0]])", student.loss(y_hat, y), wanted)


def test_loss_from_logits(student):
    """loss_from_logits is right even where sigmoid rounds to 0 or 1."""
    z, y = np.array([[800.0], [0.0]]), np.array([[0.0], [1.0]])
    wanted = (800 + math.log(2)) / 2
    got = student.loss_from_logits(z, y)
    expect("loss_from_logits([[800], [0]], [[0], [1]])", got, wanted, tolerance=1e-9)


def test_forward(student):
    """forward gives the worked example, and keeps it in the cache."""
    y_hat, cache = forward(student, PARAMS, X)
    expect("y_hat", y_hat, [[0.5]])
    for key, value in entries("the cache", cache, list(CACHE)).items():
        expect(f"cache[{key!r}]", value, CACHE[key])


def test_forward_shapes(student):
    """forward of three examples and four hidden units: y_hat (3, 1)."""
    at = five_examples(np.random.default_rng(0))
    y_hat, cache = forward(student, params_of(at), at["X"][:3])
    predictions = finite("y_hat", y_hat, (3, 1))
    assert ((predictions > 0) & (predictions < 1)).all(), "y_hat should lie between 0 and 1"
    cache = entries("the cache", cache, list(CACHE))
    for key, shape in {"X": (3, 3), "z1": (3, 4), "a1": (3, 4), "z2": (3, 1), "a2": (3, 1)}.items():
        finite(f"cache[{key!r}]", cache[key], shape)


def test_backward(student):
    """backward gives the numbers of the worked example."""
    grads = backward(student, PARAMS, CACHE, Y)
    expect("dL/dz2", grads["z2"], [[-0.5]])
    expect("dL/dW2", grads["W2"], [[-1, 0]])
    expect("dL/db2", grads["b2"], [-0.5])
    expect("dL/da1", grads["a1"], [[-0.25, -0.5]])
    expect("dL/dz1", grads["z1"], [[-0.25, 0]])
    expect("dL/dW1", grads["W1"], [[-0.25, -0.5], [0, 0]])


def test_backward_shapes(student):
    """backward gives each gradient the shape of its parameter."""
    at = five_examples(np.random.default_rng(0))
    _, cache = forward(student, params_of(at), at["X"])
    grads = backward(student, params_of(at), cache, at["y"])
    for key in ("z1", "a1"):
        finite(f"dL/d{key}", grads[key], (5, 4))
    finite("dL/dz2", grads["z2"], (5, 1))
    for key, value in params_of(at).items():
        finite(f"dL/d{key}", grads[key], value.shape)


def test_two_forwards(student):
    """backward uses the cache it is given, not the latest forward."""
    other = {key: 2 * value for key, value in PARAMS.items()}
    _, cache = forward(student, PARAMS, X)
    forward(student, other, 3 * X)
    expect("dL/dW2, after another forward", backward(student, PARAMS, cache, Y)["W2"], [[-1, 0]])


def test_update(student):
    """update steps downhill, and uses only the gradients of parameters."""
    grads = {key: np.full(value.shape, 2.0) for key, value in PARAMS.items()}
    grads |= {"z1": np.array([[7.0, 7.0]])}
    new = entries("what update returns", student.update(PARAMS, grads, 0.1), list(PARAMS))
    expect("W1 after the step", new["W1"], [[0.8, 0.3], [-1.2, 0.05]])
    expect("b2 after the step", new["b2"], [-1.2])


def test_train(student):
    """train gives the worked example, with learning rate 0.5."""
    params, losses = train(student, PARAMS, X, Y, 0.5, 2)
    expect("losses", losses, [math.log(2), math.log1p(math.exp(-2))])
    for key, value in PARAMS.items():
        shaped(f"the trained {key}", params[key], value.shape)
    params, _ = train(student, PARAMS, X, Y, 0.5, 1)
    expect("W2 after one step", params["W2"], [[1, 1]])
    expect("b2 after one step", params["b2"], [-0.75])


def test_train_nothing(student):
    """train with 0 epochs: the same params, and losses of shape (0,)."""
    params, losses = train(student, PARAMS, X, Y, 0.5, 0)
    shaped("losses", losses, (0,))
    for key, value in PARAMS.items():
        expect(f"{key} after no epoch", params[key], value)


def test_train_tuples(student):
    """train updates after each tuple: two tuples give two updates."""
    x, y = np.array([[1.0, 2.0], [2.0, -1.0]]), np.array([[1.0], [0.0]])
    both, losses = train(student, PARAMS, x, y, 0.5, 1)
    first, one = train(student, PARAMS, x[:1], y[:1], 0.5, 1)
    first = {key: finite(f"the trained {key}", first[key], PARAMS[key].shape) for key in PARAMS}
    second, two = train(student, first, x[1:], y[1:], 0.5, 1)
    each = [finite("losses", losses, (1,))[0] for losses in (one, two)]
    expect("the loss of an epoch of two tuples: the mean of theirs", losses, [sum(each) / 2])
    for key in PARAMS:
        expect(f"{key} after two tuples", both[key], second[key])


def test_train_learns(student):
    """train makes the loss fall on five examples."""
    at = five_examples(np.random.default_rng(0))
    _, losses = train(student, params_of(at), at["X"], at["y"], 0.1, 20)
    losses = finite("losses", losses, (20,))
    assert losses[-1] < losses[0], f"the loss does not fall: {losses[0]:.4f}, then {losses[-1]:.4f}"


def train(student, *args):
    """What `train` returns, as (params, losses)."""
    params, losses = pair("what train returns", student.train(*args), "(params, losses)")
    return entries("the trained params", params, list(PARAMS)), losses


# --- gradients, beside numeric ones -------------------------------------------------------------


def five_examples(rng):
    """Five examples, three inputs, four hidden units."""
    while True:
        W1, b1 = rng.uniform(-0.7, 0.7, (4, 3)), rng.uniform(-0.5, 0.5, 4)
        X = rng.standard_normal((5, 3))
        z1 = X @ W1.T + b1
        on = (z1 > 0).mean(axis=0)
        if np.abs(z1).min() > 0.05 and on.min() > 0 and on.max() < 1:
            W2, b2 = rng.uniform(0.3, 0.7, (1, 4)) * [1, -1, 1, -1], rng.uniform(-0.5, 0.5, 1)
            return {"W1": W1, "b1": b1, "W2": W2, "b2": b2, "X": X, "y": LABELS}


def one_example(rng):
    """One example, three inputs, four hidden units."""
    at = five_examples(rng)
    on = (at["X"] @ at["W1"].T + at["b1"] > 0).sum(axis=1)
    some = slice(best := int(np.abs(on - 2).argmin()), best + 1)  # some units on, some off
    return {**at, "X": at["X"][some], "y": at["y"][some]}


def params_of(at):
    return {name: at[name] for name in PARAMS}


def mean_loss(student, at):
    y_hat, _ = forward(student, params_of(at), at["X"])
    y_hat = shaped("y_hat", y_hat, at["y"].shape)
    return -np.mean(np.log(np.where(at["y"] == 1, y_hat, 1 - y_hat)))


def gradients(student, at):
    _, cache = forward(student, params_of(at), at["X"])
    return student.backward(params_of(at), cache, at["y"])


def points(rng):
    """Points on both sides of 0."""
    z = rng.uniform(0.3, 3.0, (3, 4)) * rng.permutation(np.resize([1, -1], 12)).reshape(3, 4)
    return {"z": z, "weights": rng.uniform(0.5, 2.0, (3, 4))}


def slope_of(function):
    """Set `function`_derivative beside the numeric slope of `function`."""
    return Gradient(
        f"{function}_derivative",
        at=points,
        loss=lambda student, at: np.sum(
            at["weights"] * shaped(function, getattr(student, function)(at["z"]), (3, 4))
        ),
        backward=lambda student, at: {
            "z": at["weights"]
            * shaped("the slope", getattr(student, f"{function}_derivative")(at["z"]), (3, 4))
        },
        wrt=("z",),
    )


def hands_on(X, W2, b2):
    """A network whose first layer hands its input on as it is: what goes in is z1."""
    n = X.shape[1]
    return {"W1": np.eye(n), "b1": np.zeros(n), "W2": W2, "b2": b2, "X": X, "y": LABELS}


def pre_activations(rng):
    """Five examples at z1, units on and off."""
    z1 = rng.uniform(0.3, 2.0, (5, 3)) * rng.permutation(np.resize([1, -1], 15)).reshape(5, 3)
    return {"z1": z1}


def activations(rng):
    """Five examples at a1, all units on."""
    return {"a1": np.abs(pre_activations(rng)["z1"])}


def logits(rng):
    """Five examples at z2."""
    return {"z2": rng.uniform(-2, 2, (5, 1))}


def inner(name, at):
    """Set dL/dz2, dL/da1 or dL/dz1 beside numbers."""

    def whole(at):
        if name == "z2":
            return hands_on(at[name] + 3, np.array([[1.0]]), np.array([-3.0]))
        return hands_on(at[name], np.array([[0.5, -0.6, 0.4]]), np.array([0.1]))

    return Gradient(
        "backward",
        at=at,
        loss=lambda student, at: mean_loss(student, whole(at)),
        backward=lambda student, at: gradients(student, whole(at)),
        wrt=(name,),
    )


GRADIENTS = [
    slope_of("relu"),
    slope_of("sigmoid"),
    inner("z2", logits),
    inner("a1", activations),
    inner("z1", pre_activations),
    Gradient("backward", five_examples, mean_loss, gradients, ("W2", "b2", "W1", "b1")),
    Gradient("backward", one_example, mean_loss, gradients, ("W2", "b2", "W1", "b1")),
]
