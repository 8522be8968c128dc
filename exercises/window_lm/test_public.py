"""The public tests of window_lm: worked numbers of the text, shapes, and what is at the edge.

`grader check window_lm.py` runs them. Passing all of them is a good sign and no proof: the grader
has other shapes and other numbers, and trains your model on a text with a grammar.
"""

import math

import numpy as np

from grader.testing import Cache, Gradient, entries, expect, finite, pair, shaped

EXERCISE = "window_lm"
DATA = ("stories.txt",)

PARAMS = ("E", "W1", "b1", "W2", "b2")
CACHE = ("contexts", "e", "z1", "a1", "z2")
# The network of the docstrings: two words, each its own embedding, and a hidden layer that is 0.
SMALL = {
    "E": np.eye(2),
    "W1": np.zeros((3, 4)),
    "b1": np.zeros(3),
    "W2": np.ones((2, 3)),
    "b2": np.zeros(2),
}
# That of `train`: all zero.
ZERO = {
    "E": np.zeros((2, 1)),
    "W1": np.zeros((1, 1)),
    "b1": np.zeros(1),
    "W2": np.zeros((2, 1)),
    "b2": np.zeros(2),
}
TOKENS = np.array([3, 0, 4, 1, 3, 3, 2, 0])


def forward(student, params, contexts):
    """What `forward` returns, as (probabilities, cache)."""
    got = student.forward(params, contexts)
    return pair("what forward returns", got, "(probabilities, cache)")


def backward(student, params, cache, targets):
    """What `backward` returns, when the cache has no keys but the listed ones."""
    listed = Cache(entries("the cache", cache, CACHE))
    return entries("what backward returns", student.backward(params, listed, targets), PARAMS)


def train(student, *args):
    """What `train` returns, as (params, losses)."""
    params, losses = pair("what train returns", student.train(*args), "(params, losses)")
    return entries("the trained params", params, PARAMS), losses


def windows(student, tokens, n):
    """What `make_windows` returns, as (contexts, targets)."""
    got = student.make_windows(np.array(tokens, int), n)
    return pair("what make_windows returns", got, "(contexts, targets)")


def test_make_windows(student):
    """make_windows gives the windows of the worked example."""
    contexts, targets = windows(student, [4, 7, 2, 5], 3)
    expect("contexts", contexts, [[4, 7], [7, 2]], integers=True)
    expect("targets", targets, [2, 5], integers=True)


def test_make_windows_small(student):
    """make_windows: a text of n words has one window, a shorter one none."""
    contexts, targets = windows(student, [6, 1], 2)
    expect("contexts of the text 6 1, n = 2,", contexts, [[6]], integers=True)
    expect("targets of the text 6 1, n = 2,", targets, [1], integers=True)
    contexts, targets = windows(student, [6, 1], 4)
    shaped("contexts of a text of 2 words, n = 4,", contexts, (0, 3))
    shaped("targets of a text of 2 words, n = 4,", targets, (0,))


def test_softmax(student):
    """softmax gives the worked example, each row by itself."""
    got = student.softmax(np.array([[1.0, 2.0, 3.0], [1e4, 1e4, -1e4], [-1e4, -1e4, -1e4]]))
    got = finite("softmax", got, (3, 3))
    expect("softmax of (1, 2, 3)", got[0], [0.0900306, 0.2447285, 0.6652410])
    expect("softmax of (1e4, 1e4, -1e4)", got[1], [0.5, 0.5, 0])
    expect("softmax of three times -1e4", got[2], [1 / 3] * 3)


def test_cross_entropy(student):
    """cross_entropy gives the worked example: the mean of 0.408 and ln 3."""
    logits, targets = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]), np.array([2, 0])
    first = -math.log(0.66524095577)
    expect("cross_entropy of (1, 2, 3)", student.cross_entropy(logits[:1], targets[:1]), first)
    got = student.cross_entropy(logits, targets)
    expect("cross_entropy of both", got, (first + math.log(3)) / 2)


def test_cross_entropy_far(student):
    """cross_entropy does not clip: 20,000 below the maximum costs 20,000."""
    got = student.cross_entropy(np.array([[1e4, -1e4]]), np.array([1]))
    expect("cross_entropy of ((1e4, -1e4)) at target 1", got, 20_000)
    got = student.cross_entropy(np.array([[1e4, 0.0], [-1e4, -1e4]]), np.array([0, 1]))
    expect("cross_entropy of ((1e4, 0), (-1e4, -1e4)) at 0 and 1", got, math.log(2) / 2)


def test_forward(student):
    """forward concatenates the embeddings, the oldest word first."""
    probabilities, cache = forward(student, SMALL, np.array([[1, 0]]))
    expect("the probabilities", probabilities, [[0.5, 0.5]])
    cache = entries("the cache", cache, CACHE)
    expect("cache['contexts']", cache["contexts"], [[1, 0]])
    expect("cache['e']", cache["e"], [[0, 1, 1, 0]])


def test_forward_shapes(student):
    """forward takes five contexts, and each row sums to 1."""
    at = five_contexts(np.random.default_rng(0))
    probabilities, cache = forward(student, params_of(at), at["contexts"])
    expect("the sums of the rows", finite("it", probabilities, (5, 6)).sum(axis=1), np.ones(5))
    cache = entries("the cache", cache, CACHE)
    for key, shape in {"e": (5, 6), "z1": (5, 4), "a1": (5, 4), "z2": (5, 6)}.items():
        finite(f"cache[{key!r}]", cache[key], shape)


def test_backward(student):
    """backward gives the docstring's numbers: 0.5 and -0.5."""
    _, cache = forward(student, SMALL, np.array([[1, 0]]))
    grads = backward(student, SMALL, cache, np.array([1]))
    expect("dL/db2", grads["b2"], [0.5, -0.5])
    for key, value in SMALL.items():
        finite(f"dL/d{key}", grads[key], value.shape)


def test_backward_absent_words(student):
    """backward gives a row of zeros to a word that is in no context."""
    at = five_contexts(np.random.default_rng(0))
    _, cache = forward(student, params_of(at), at["contexts"])
    grads = backward(student, params_of(at), cache, at["targets"])
    dE = finite("dL/dE", grads["E"], (6, 3))
    expect("dL/dE of word 5, which is in no context,", dE[5], [0, 0, 0])


def test_two_forwards(student):
    """backward uses the cache it is given, not the latest forward."""
    _, cache = forward(student, SMALL, np.array([[1, 0]]))
    forward(student, {**SMALL, "b2": np.array([3.0, 0.0])}, np.array([[0, 0]]))
    grads = backward(student, SMALL, cache, np.array([1]))
    expect("dL/db2, after another forward", grads["b2"], [0.5, -0.5])


def test_perplexity(student):
    """perplexity of a model that knows nothing of its 7 words is 7."""
    params = {
        "E": np.zeros((7, 2)),
        "W1": np.zeros((3, 4)),
        "b1": np.zeros(3),
        "W2": np.zeros((7, 3)),
        "b2": np.zeros(7),
    }
    expect("perplexity", student.perplexity(params, np.array([4, 0, 2, 5]), 3), 7)
    params = {**SMALL, "b2": np.array([math.log(3), 0.0])}
    got = student.perplexity(params, np.array([0, 0, 1, 0]), 3)
    expect("perplexity, where a target has 1/4 and one has 3/4,", got, 4 / math.sqrt(3))


def test_train(student):
    """train gives the docstring's numbers; its last batch is short."""
    params, losses = train(student, ZERO, np.array([0, 1, 1, 1]), 2, 0.5, 2, 2)
    expect("losses", finite("losses", losses, (2,)).round(3), [0.62, 0.322])
    expect("b2", finite("b2", params["b2"], (2,)).round(3), [-0.704, 0.704])


def test_train_nothing(student):
    """train with 0 epochs: the same params, and losses of shape (0,)."""
    params, losses = train(student, SMALL, np.array([0, 1, 1]), 3, 0.5, 0, 2)
    shaped("losses", losses, (0,))
    for key, value in SMALL.items():
        expect(f"{key} after no epoch", params[key], value)


def test_train_batches(student):
    """train updates after each batch: five windows in batches of 2, 2, 1."""
    start = params_of(five_contexts(np.random.default_rng(0)))
    whole, losses = train(student, start, TOKENS[:7], 3, 0.3, 1, 2)
    parts, total = start, 0.0
    for first, last in [(0, 4), (2, 6), (4, 7)]:
        tokens = TOKENS[first:last]
        parts, loss = train(student, parts, tokens, 3, 0.3, 1, 2)
        parts = {key: finite(f"the trained {key}", parts[key], start[key].shape) for key in PARAMS}
        total += (len(tokens) - 2) * finite("losses", loss, (1,))[0]
    expect("the loss of the epoch: the mean over all windows", losses, [total / 5])
    for key in PARAMS:
        expect(f"{key} after three batches", whole[key], parts[key])


def test_train_learns(student):
    """train makes the loss fall."""
    start = params_of(five_contexts(np.random.default_rng(0)))
    _, losses = train(student, start, TOKENS, 3, 0.3, 20, 4)
    losses = finite("losses", losses, (20,))
    assert losses[-1] < losses[0], f"the loss does not fall: {losses[0]:.4f}, then {losses[-1]:.4f}"


def test_generate(student):
    """generate moves its window on: the docstring's model says 1, 2, 0, 1."""
    params = {"E": np.eye(3), "W1": np.eye(3), "b1": np.zeros(3)}
    params |= {"W2": np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]]), "b2": np.zeros(3)}
    expect("generate", student.generate(params, np.array([0]), 4), [1, 2, 0, 1], integers=True)
    params = {"E": np.eye(3), "W1": np.eye(6), "b1": np.zeros(6), "b2": np.zeros(3)}
    params |= {"W2": np.array([[0.0, 2, 0, 0, 0, 1], [0, 0, 2, 0, 0, 0], [2, 0, 0, 0, 0, 0]])}
    got = student.generate(params, np.array([0, 1]), 4)
    expect("generate, where the older word says what comes,", got, [2, 0, 1, 2], integers=True)
    shaped("generate of length 0", student.generate(params, np.array([0]), 0), (0,))


def test_generate_tie(student):
    """generate takes the smaller of two equally probable ids."""
    params = {**SMALL, "W2": np.zeros((2, 3))}
    expect("generate", student.generate(params, np.array([1, 1]), 2), [0, 0], integers=True)


# --- gradients, beside numeric ones -------------------------------------------------------------


def five_contexts(rng):
    """Five contexts of two words, some words twice."""
    shapes = {"E": (6, 3), "W1": (4, 6), "b1": (4,), "W2": (6, 4), "b2": (6,)}
    params = {name: rng.uniform(-0.7, 0.7, shape) for name, shape in shapes.items()}
    contexts = np.array([[2, 2], [0, 2], [4, 1], [1, 0], [3, 2]])
    return {**params, "contexts": contexts, "targets": np.array([1, 5, 0, 2, 2])}


def one_context(rng):
    """One context of two words."""
    at = five_contexts(rng)
    return {**at, "contexts": at["contexts"][2:3], "targets": at["targets"][2:3]}


def params_of(at):
    return {name: at[name] for name in PARAMS}


def mean_loss(student, at):
    probabilities, _ = forward(student, params_of(at), at["contexts"])
    m = len(at["targets"])
    probabilities = shaped("the probabilities", probabilities, (m, 6))
    return -np.mean(np.log(probabilities[np.arange(m), at["targets"]]))


def gradients(student, at):
    _, cache = forward(student, params_of(at), at["contexts"])
    return student.backward(params_of(at), cache, at["targets"])


ORDER = ("b2", "W2", "b1", "W1", "E")
GRADIENTS = [
    Gradient("backward", five_contexts, mean_loss, gradients, ORDER),
    Gradient("backward", one_context, mean_loss, gradients, ORDER),
]
