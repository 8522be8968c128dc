"""The inputs of the hidden tests of window_lm: each can show the mistakes it is there for.

Windows are of three words and more: with two, a context is a single word, and its order, its width
and its slots cannot be wrong. In a batch a word recurs within a context, within a slot and across
slots, and one is in no context at all. Weights stay within 0.7 but where the model talks; there it
says three different words at least, and each is the most probable by a margin.
"""

import numpy as np

from grader.testing import Case, Gradient, redrawn

from . import corpus

CACHES = {"forward": ("contexts", "e", "z1", "a1", "z2")}
PARAMS = ("E", "W1", "b1", "W2", "b2")
MARGIN = 1e-2


def network(rng, V, d, n, n_h, size=0.7):
    """Return params for V words of d numbers, windows of n and n_h hidden units."""
    shapes = {"E": (V, d), "W1": (n_h, (n - 1) * d), "b1": (n_h,), "W2": (V, n_h), "b2": (V,)}
    return {name: rng.uniform(-size, size, shape) for name, shape in shapes.items()}


# --- windows ----------------------------------------------------------------------------------


def words(rng, T):
    """A text of T different words, so that each place in it can be told."""
    return rng.permutation(40)[:T]


def window_cases(rng, reference):
    yield Case("make_windows", words(rng, 11), 3)
    yield Case("make_windows", words(rng, 9), 4)
    yield Case("make_windows", words(rng, 8), 2, note="n = 2")
    yield Case("make_windows", words(rng, 5), 5, note="one window")


def short_cases(rng, reference):
    yield Case("make_windows", words(rng, 2), 3, note="T = n - 1")
    yield Case("make_windows", words(rng, 1), 4, note="T = 1")


# --- softmax and loss -------------------------------------------------------------------------


def near(rng):
    """Batches of ordinary logits and their targets, one of a single example."""
    for m, V in [(4, 6), (5, 3), (1, 5)]:
        yield rng.uniform(-3, 3, (m, V)), rng.integers(V, size=m)


def exact_in_single(logits):
    """Logits that float32 holds too, at 10,000 as near 0: whoever computes in it is judged fairly."""
    return np.round(logits * 256) / 256


def tall(rng):
    """Rows of very different height; within a row the logits are ordinary."""
    for heights in ([1e4, -1e4, 0.0, 40.0], [-9e3, 8e3, -800.0]):
        rows = rng.permutation(heights).reshape(-1, 1) + rng.uniform(-3, 3, (len(heights), 5))
        yield exact_in_single(np.clip(rows, -1e4, 1e4)), rng.integers(5, size=len(heights))


def deep(rng):
    """Logits of very different size in one row; some targets far below the winner."""
    for size in (1e4, 2e3):
        logits = rng.uniform(-3, 3, (3, 4))
        logits[0] = rng.permutation([size, -size, 0.0, 1.0])
        logits[1] = rng.permutation([-size, 40.0, -40.0, 39.0])
        below = logits[:2].argmin(axis=1)
        yield logits, np.array([*below, rng.integers(4)])


def softmax_cases(rng, reference):
    for logits, _ in near(rng):
        yield Case("softmax", logits, note="one example" if len(logits) == 1 else "")


def far_softmax_cases(rng, reference):
    for logits, _ in [*tall(rng), *deep(rng)]:
        yield Case("softmax", logits)


def loss_cases(rng, reference):
    for logits, targets in near(rng):
        note = "one example" if len(logits) == 1 else ""
        yield Case("cross_entropy", logits, targets, note=note)


def far_loss_cases(rng, reference):
    for note, batches in [("rows of very different height", tall), ("targets far below", deep)]:
        for logits, targets in batches(rng):
            floor = 1e-12 * np.abs(logits).max()
            yield Case("cross_entropy", logits, targets, floor=floor, note=note)


# --- the network ------------------------------------------------------------------------------


def batch(rng, reference, V, d, n, n_h, m):
    """Return (params, contexts, targets) as the module's docstring says."""
    return redrawn(
        lambda: (
            network(rng, V, d, n, n_h),
            rng.integers(V, size=(m, n - 1)),
            rng.integers(V, size=m),
        ),
        lambda *drawn: telling(reference, *drawn),
    )


def telling(reference, params, contexts, targets):
    """Whether mistakes can show on this batch."""
    if len(np.unique(contexts)) == len(params["E"]):
        return False
    if len(contexts) > 1 and not (recurs(contexts) and recurs(contexts.T) and crosses(contexts)):
        return False
    _, cache = reference.forward(params, contexts)
    if max(np.linalg.cond(cache[inputs]) for inputs in ("e", "a1")) > 1e4:  # see LOCAL
        return False
    sizes = [np.abs(grad).max() for grad in reference.backward(params, cache, targets).values()]
    return min(sizes) >= 0.05 * max(sizes) and len(set(targets)) == min(len(targets), 3)


def recurs(rows):
    """Whether a word is in one of the rows twice."""
    return any(len(set(row)) < len(row) for row in rows.tolist())


def crosses(contexts):
    """Whether a word is the first of one context and the last of another."""
    return bool(set(contexts[:, 0].tolist()) & set(contexts[:, -1].tolist()))


def batches(rng, reference):
    """A few examples, two batches with a square layer each, and a single example."""
    yield batch(rng, reference, 7, 3, 3, 5, 4), ""
    yield batch(rng, reference, 9, 2, 4, 6, 5), "W1 is square"
    yield batch(rng, reference, 8, 3, 4, 8, 3), "W2 is square"
    yield batch(rng, reference, 6, 3, 3, 4, 1), "one example"


def forward_cases(rng, reference):
    for (params, contexts, _), note in batches(rng, reference):
        yield Case("forward", params, contexts, note=note)


def backward_cases(rng, reference):
    for (params, contexts, targets), note in batches(rng, reference):
        _, cache = reference.forward(params, contexts)
        shuffled = dict(reversed(params.items()))
        yield Case("backward", shuffled, cache, targets, note=note)


def timed_cases(rng, reference):
    """Some 5,000 weights and three examples: numbers in place of backpropagation take seconds."""
    for _ in range(15):
        params = network(rng, 60, 10, 4, 50, size=0.2)
        _, cache = reference.forward(params, rng.integers(60, size=(3, 3)))
        yield Case("backward", params, cache, rng.integers(60, size=3))


# What each gradient is, given others: (params, cache, targets, own gradients) -> array. There are
# never more examples than hidden units or numbers in a context, so the gradient of a layer's weights,
# by the layer's inputs, tells what reached its sums.


def _at_sum(layer, inputs):
    return lambda cache, own: (own[layer] @ np.linalg.pinv(cache[inputs])).T


_at_z1, _at_z2 = _at_sum("W1", "e"), _at_sum("W2", "a1")


def _first_weights(params, cache, targets, own):
    dz1 = _at_z2(cache, own) @ params["W2"] * (1 - cache["a1"] ** 2)
    return dz1.T @ cache["e"]


def _embeddings(params, cache, targets, own):
    contexts, de = cache["contexts"], _at_z1(cache, own) @ params["W1"]
    dE = np.zeros_like(params["E"])
    np.add.at(dE, contexts, de.reshape(*contexts.shape, -1))
    return dE


LOCAL = {
    "b2": lambda params, cache, targets, own: _at_z2(cache, own).sum(axis=0),
    "W1": _first_weights,
    "b1": lambda params, cache, targets, own: _at_z1(cache, own).sum(axis=0),
    "E": _embeddings,
}


def _point(rng):
    def good(contexts):
        return recurs(contexts) and recurs(contexts.T)

    [contexts] = redrawn(lambda: [rng.integers(7, size=(4, 2))], good)
    return {**network(rng, 7, 3, 3, 5), "contexts": contexts, "targets": rng.integers(7, size=4)}


def _params(at):
    return {name: at[name] for name in PARAMS}


def _loss(module, at):
    probabilities, _ = module.forward(_params(at), at["contexts"])
    return -np.mean(np.log(probabilities[np.arange(len(at["targets"])), at["targets"]]))


def _backward(module, at):
    _, cache = module.forward(_params(at), at["contexts"])
    return module.backward(_params(at), cache, at["targets"])


BACKWARD = Gradient("backward", _point, _loss, _backward, PARAMS)


# --- whole texts ------------------------------------------------------------------------------


def perplexity_cases(rng, reference):
    for V, n, T in [(7, 3, 12), (9, 4, 15), (6, 3, 4)]:
        yield Case("perplexity", network(rng, V, 3, n, 5), rng.integers(V, size=T), n)


def training(rng, reference, V, d, n, n_h, T, epochs, batch_size, note=""):
    """A case of train, on a text in which words recur within a context and within a slot."""

    def good(tokens):
        contexts, _ = reference.make_windows(tokens, n)
        return recurs(contexts) and recurs(contexts.T)

    [tokens] = redrawn(lambda: [rng.integers(V, size=T)], good)
    params = network(rng, V, d, n, n_h)
    return Case("train", params, tokens, n, 0.4, epochs, batch_size, note=note)


def train_cases(rng, reference):
    """12 windows in batches of 5, 5, 2; 10 in batches of 4, 4, 2; 7 in one short batch; 9 in 4, 4, 1."""
    yield training(rng, reference, 7, 3, 3, 5, T=14, epochs=2, batch_size=5)
    yield training(rng, reference, 6, 2, 4, 6, T=13, epochs=3, batch_size=4)
    yield training(rng, reference, 8, 2, 3, 4, T=9, epochs=2, batch_size=20, note="one short batch")
    over = training(rng, reference, 7, 3, 3, 5, T=11, epochs=2, batch_size=4)
    params, *rest = over.args
    yield Case("train", dict(reversed(params.items())), *rest, note="one window over")


def untrained_cases(rng, reference):
    yield training(rng, reference, 7, 3, 3, 5, T=14, epochs=0, batch_size=5, note="epochs = 0")


def talk(rng, reference, V, n, length, word):
    """A case of generate with three different words at least, each chosen by a margin, and ``word``
    among them: the first and the last id are words like others.
    """
    return Case(
        "generate",
        *redrawn(
            lambda: (network(rng, V, 3, n, 6, size=1.5), rng.integers(V, size=n - 1), length),
            lambda *drawn: wordy(reference, word, *drawn),
        ),
    )


def wordy(reference, word, params, context, length):
    """Whether the model says three words, this one too, and none by less than the margin."""
    said = reference.generate(params, context, length)
    if len(set(said)) < 3 or said[0] == said[1] or word not in said:
        return False
    contexts, _ = reference.make_windows(np.array([*context, *said]), len(context) + 1)
    ranked = np.sort(reference.forward(params, contexts)[0], axis=1)
    return (ranked[:, -1] - ranked[:, -2]).min() >= MARGIN


def generate_cases(rng, reference):
    """The first words are not all the same one: who only repeats them still says something."""

    def talks():
        yield talk(rng, reference, 7, 3, 8, word=0)
        yield talk(rng, reference, 9, 4, 7, word=8)
        yield talk(rng, reference, 8, 3, 6, word=0)

    def begin_differently(*cases):
        return len({reference.generate(*case.args)[0] for case in cases}) > 1

    return redrawn(lambda: tuple(talks()), begin_differently)


def deaf(rng, V, n, best, length, note):
    """A case of generate with W2 = 0: the probabilities are those of b2, exactly."""
    params = network(rng, V, 3, n, 5)
    params["W2"] = np.zeros_like(params["W2"])
    params["b2"][best] = 1.0
    return Case("generate", params, rng.integers(V, size=n - 1), length, note=note)


def length_cases(rng, reference):
    """The same word again and again: only how many of them counts."""
    yield deaf(rng, 6, 4, [4], 2, note="length 2 after 3 words")
    yield deaf(rng, 8, 3, [3], 5, note="length 5 after 2 words")
    yield deaf(rng, 7, 3, [6], 0, note="length 0")
    yield deaf(rng, 7, 3, [5], 60, note="length 60 after 2 words")


def tie_cases(rng, reference):
    """Two or three words share the first place."""
    yield deaf(rng, 7, 3, [2, 5], 3, note="a tie of two")
    yield deaf(rng, 9, 4, [3, 6, 7], 3, note="a tie of three")
    yield deaf(rng, 8, 3, [4, 7], 3, note="a tie of two")


# --- learning ---------------------------------------------------------------------------------

N = 3


def start():
    """The same parameters in every run: how far a wrong gradient gets must not be a lottery."""
    rng = np.random.default_rng(845)
    V, d, n_h = len(corpus.WORDS), 6, 12
    E, W1 = rng.normal(size=(V, d)) * 0.5, rng.normal(size=(n_h, (N - 1) * d)) * 0.5
    W2 = rng.normal(size=(V, n_h)) * 0.3
    return {"E": E, "W1": W1, "b1": np.zeros(n_h), "W2": W2, "b2": np.zeros(V)}


def lesson(rng, reference):
    """Training on 1,200 words of the grammar, and the perplexity of another 1,500 before it."""
    params = start()
    learnt = corpus.text(rng, sentences=400)
    yield Case("train", params, learnt, N, 0.25, 5, 25, cpu=10.0)
    yield Case("perplexity", params, corpus.text(rng, sentences=500), N)


# --- what may be shown --------------------------------------------------------------------------


def demonstrations(rng, reference):
    """From small to large: a few words, one hidden unit, one context, then several."""
    for tokens, n in (([5, 6, 7], 2), ([5, 6, 7], 3), ([5, 6, 7, 8], 3), ([5], 2)):
        yield Case("make_windows", np.array(tokens), n)
    for logits, targets in (
        ([[1.0, 2.0]], [0]), ([[1.0, 2.0], [0.0, -1.0]], [0, 1]),
        ([[1.0, 2.0, 0.0], [0.5, -1.0, 3.0]], [2, 0]), ([[1000.0, 0.0]], [1]), ([[-1000.0, 0.0]], [0]),
    ):  # fmt: skip
        yield Case("softmax", np.array(logits))
        yield Case("cross_entropy", np.array(logits), np.array(targets))
    single = {
        "E": np.array([[0.0], [1.0]]), "W1": np.array([[1.0]]), "b1": np.array([0.0]),
        "W2": np.array([[0.0], [2.0]]), "b2": np.array([0.0, 0.5]),
    }  # fmt: skip
    double = {
        "E": np.array([[0.5], [1.0], [-1.0]]), "W1": np.array([[1.0, -0.5]]), "b1": np.array([0.5]),
        "W2": np.array([[1.0], [-1.0], [0.5]]), "b2": np.array([0.5, 0.0, -0.5]),
    }  # fmt: skip
    for params, contexts, targets in (
        (single, [[1]], [0]),
        (single, [[1], [0]], [0, 1]),
        (double, [[0, 1]], [2]),
        (double, [[1, 1]], [2]),
        (double, [[0, 1], [1, 2], [2, 2]], [2, 0, 1]),
    ):
        contexts, targets = np.array(contexts), np.array(targets)
        yield Case("forward", params, contexts)
        yield Case("backward", params, reference.forward(params, contexts)[1], targets)
    for params, tokens, n in ((single, [0, 1, 1], 2), (double, [0, 1, 2, 2, 1], 3)):
        tokens = np.array(tokens)
        yield Case("perplexity", params, tokens, n)
        for batch_size in (1, 2):
            yield Case("train", params, tokens, n, 0.5, 2, batch_size)
        for length in (1, 3):
            yield Case("generate", params, tokens[: n - 1], length)
