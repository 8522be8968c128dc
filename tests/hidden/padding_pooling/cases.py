"""The inputs of the hidden tests of padding_pooling, one set for each thing that can go wrong.

- ``plain``: zeros as padding, every maximum above zero, no zero among the real values;
- ``garbage``: padding that holds other numbers, some above every maximum, and some zeros;
- ``zeros``: real vectors of zeros, which are the maximum in all texts but one, in all dimensions but
  the last;
- ``empties``: texts of length 0;
- ``negative``: real values below zero beside zeros as padding;
- ``low``: real values below -1e9, and so below many a stand-in for minus infinity;
- ``twins``: padding that equals the maximum.

Whether other texts of the batch have a say shows where the longest text is shorter than L.
"""

import numpy as np

from grader.testing import Case, Gradient, Part

CACHES = {"mean_pool": (), "max_pool": ()}


# --- padding ---


def sequences(rng, sizes, d):
    return [rng.standard_normal((n, d)) for n in rng.permutation(sizes)]


def longest_cases(rng, reference):
    yield Case("pad_or_truncate", sequences(rng, [2, 5, 1, 3], 3))
    yield Case("pad_or_truncate", sequences(rng, [4, 1, 6], 2))
    yield Case("pad_or_truncate", sequences(rng, [3], 4), note="one text")


def cut_cases(rng, reference):
    for L, d in [(4, 3), (3, 2)]:
        sizes = [1, L - 1, L, L + 1, 3 * L]
        yield Case("pad_or_truncate", sequences(rng, sizes, d), L)


def wide_cases(rng, reference):
    yield Case("pad_or_truncate", sequences(rng, [2, 3, 1], 2), 6)
    yield Case("pad_or_truncate", sequences(rng, [4, 2, 3, 1], 3), 5)


def empty_text_cases(rng, reference):
    yield Case("pad_or_truncate", sequences(rng, [0, 3, 2, 0], 3))
    yield Case("pad_or_truncate", sequences(rng, [0, 1, 4, 6], 2), 4)
    yield Case("pad_or_truncate", sequences(rng, [0], 2), 3, note="one text")


def zero_vector_cases(rng, reference):
    """Texts that begin and end with vectors of zeros: their lengths are not known by value."""
    for length in (None, 4):
        texts = sequences(rng, [2, 3, 5], 3)
        for text in texts:
            text[[0, -1]] = 0.0
        yield Case("pad_or_truncate", texts, length)


def bad_no_text_cases(rng, reference):
    yield Case("pad_or_truncate", [], note="an empty list")
    yield Case("pad_or_truncate", [], 3, note="an empty list, and a length")


# --- pooling ---


def is_real(batch, lengths):
    return np.arange(batch.shape[1]) < lengths[:, None]


def texts(rng, lengths, L, d):
    """Return (batch, lengths): of either sign, with a maximum above zero in every dimension.

    In the next dimension another vector has the maximum. The largest magnitude is negative, but not
    in the first dimension, where it is the maximum: the smallest value is not the one that is there.
    """
    lengths = rng.permutation(lengths)
    batch = rng.uniform(0.3, 3.0, (len(lengths), L, d)) * rng.choice([-1, 1], (len(lengths), L, d))
    for text, n in zip(batch, lengths, strict=True):
        if n:
            best = (rng.integers(n) + np.arange(d)) % n
            text[(best + 1) % n, np.arange(d)] = rng.uniform(-5.0, -4.2, d)
            text[(best[0] + 1) % n, 0] = rng.uniform(-3.1, -3.0)
            text[best, np.arange(d)] = rng.uniform(3.2, 4.0, d)
        text[n:] = 0.0
    return batch, lengths


def plain(rng):
    yield *texts(rng, [1, 3, 5, 2], 5, 3), ""
    yield *texts(rng, [2, 4, 3], 6, 4), "the longest text shorter than L"
    yield *texts(rng, [3], 4, 5), "one text"


def garbage(rng):
    for lengths, L, d in [([1, 3, 4, 2], 6, 3), ([2, 5, 3], 5, 4)]:
        batch, lengths = texts(rng, lengths, L, d)
        for text, n in zip(batch, lengths, strict=True):
            text[n:] = rng.uniform(5, 9, (L - n, d)) * rng.choice([-1, 1], (L - n, d))
            text[n : n + 1] = rng.uniform(5, 9, d)
            text[n + 1 : n + 2] = 0.0
        yield batch, lengths, "other numbers than zeros as padding"


def zeros(rng):
    for lengths, L, d in [([2, 4, 3], 5, 3), ([3, 2, 5, 4], 6, 2)]:
        batch, lengths = texts(rng, lengths, L, d)
        for text, n in zip(batch[1:], lengths[1:], strict=True):
            text[:n, :-1] = -np.abs(text[:n, :-1])
            text[text[:n, -1].argmin()] = 0.0
        yield batch, lengths, "a real vector of zeros"


def empties(rng):
    """Texts of length 0; the padding of one begins with another number than zero.

    A text of length 0 that is pooled as if it had one word shows only there.
    """
    batch, lengths = texts(rng, [0, 3, 0, 4], 4, 3)
    batch[lengths.argmin(), 0] = rng.uniform(2.0, 3.0, 3)
    yield batch, lengths, "a text of length 0"
    yield *texts(rng, [2, 0, 3], 5, 2), "a text of length 0"


def negative(rng):
    """Padding begins with a low vector: zeros further on are what must not win."""
    for lengths, L, d in [([1, 3, 2, 5], 5, 3), ([4, 2, 3], 6, 4)]:
        batch, lengths = texts(rng, lengths, L, d)
        batch = -np.abs(batch)
        for text, n in zip(batch, lengths, strict=True):
            text[n : n + 1] = -9.0
        yield batch, lengths, "all real values negative"


def low(rng):
    """Padding is above all real values, far below, and a little above."""
    for lengths, L, d in [([1, 3, 2, 4], 4, 3), ([4, 2, 5, 3], 5, 4)]:
        batch, lengths = texts(rng, lengths, L, d)
        paddings = iter((0.0, -8e9, -1.9e9))
        for text, n in zip(batch, lengths, strict=True):
            text[:n] = -1e9 * rng.uniform(2.0, 2.5, (n, d))
            if n < L:
                text[n:] = next(paddings)
        yield batch, lengths, "real values below -1e9"


def twins(rng):
    for lengths, L, d in [([1, 3, 2, 4], 5, 3), ([4, 2, 3], 6, 4)]:
        batch, lengths = texts(rng, lengths, L, d)
        for text, n in zip(batch, lengths, strict=True):
            text[n:] = text[:n].max(axis=0)
        yield batch, lengths, "padding equal to the maximum"


def tied(rng):
    """Two and three equal maxima in a dimension, and padding that equals them.

    A word that stands twice in a text ties in every dimension. The first real position of one text
    and the last of another win alone: who leaves them out is found by any seed.
    """
    for lengths, L, d in [([3, 5, 4], 6, 4), ([4, 3, 3, 5], 5, 3)]:
        batch, lengths = texts(rng, lengths, L, d)
        for text, n in zip(batch, lengths, strict=True):
            text[rng.permutation(n)[:3], 0] = 6.0
            text[rng.permutation(n)[:2], 1] = 6.0
            text[n:] = text[:n].max(axis=0)
        batch[0, 1] = batch[0, 0] = 7.0
        for text, t in zip(batch[1:], (0, lengths[2] - 1), strict=False):
            text[t, 2] = 8.0
        yield batch, lengths


def _pool(function, inputs):
    return [Case(function, batch, lengths, note=note) for batch, lengths, note in inputs]


def _backward(function, rng, inputs):
    """An opaque cache: whoever answers makes it first."""
    cases = []
    for batch, lengths, note in inputs:
        first = Case(function.removesuffix("_backward"), batch, lengths)
        dpooled = upstream(rng, batch[:, 0].shape)
        cases.append(Case(function, dpooled, Part(first, 1), note=note))
    return cases


def upstream(rng, shape):
    """Gradients of either sign, none near zero."""
    return rng.uniform(0.3, 2.0, shape) * rng.choice([-1, 1], shape)


def mean_plain_cases(rng, reference):
    return _pool("mean_pool", plain(rng))


def mean_garbage_cases(rng, reference):
    return _pool("mean_pool", garbage(rng))


def mean_zeros_cases(rng, reference):
    return _pool("mean_pool", zeros(rng))


def mean_empties_cases(rng, reference):
    return _pool("mean_pool", empties(rng))


def mean_backward_plain_cases(rng, reference):
    return _backward("mean_pool_backward", rng, plain(rng))


def mean_backward_zeros_cases(rng, reference):
    return _backward("mean_pool_backward", rng, zeros(rng))


def mean_backward_empties_cases(rng, reference):
    return _backward("mean_pool_backward", rng, empties(rng))


def max_plain_cases(rng, reference):
    return _pool("max_pool", plain(rng))


def max_negative_cases(rng, reference):
    return _pool("max_pool", negative(rng))


def max_garbage_cases(rng, reference):
    return _pool("max_pool", garbage(rng))


def max_zeros_cases(rng, reference):
    return _pool("max_pool", zeros(rng))


def max_low_cases(rng, reference):
    return _pool("max_pool", low(rng))


def max_empties_cases(rng, reference):
    return _pool("max_pool", empties(rng))


def max_backward_plain_cases(rng, reference):
    return _backward("max_pool_backward", rng, plain(rng))


def max_backward_negative_cases(rng, reference):
    return _backward("max_pool_backward", rng, negative(rng))


def max_backward_garbage_cases(rng, reference):
    return _backward("max_pool_backward", rng, garbage(rng))


def max_backward_twins_cases(rng, reference):
    return _backward("max_pool_backward", rng, twins(rng))


def max_backward_zeros_cases(rng, reference):
    return _backward("max_pool_backward", rng, zeros(rng))


def max_backward_low_cases(rng, reference):
    return _backward("max_pool_backward", rng, low(rng))


def max_backward_empties_cases(rng, reference):
    return _backward("max_pool_backward", rng, empties(rng))


def _timed(function, rng):
    """Over 5,000 numbers in three texts: numbers in place of the chain rule take seconds."""
    for _ in range(15):
        batch, lengths = texts(rng, [10, 17, 14], 17, 100)
        yield from _backward(function, rng, [(batch, lengths, "")])


def timed_mean_cases(rng, reference):
    return _timed("mean_pool_backward", rng)


def timed_max_cases(rng, reference):
    return _timed("max_pool_backward", rng)


def _gradient(function, point):
    """How a gradient is checked by numbers, at a point that holds batch, lengths and dpooled."""
    pool = function.removesuffix("_backward")

    def loss(module, at):
        pooled, _ = getattr(module, pool)(at["batch"], at["lengths"])
        return np.sum(at["dpooled"] * pooled)

    def backward(module, at):
        _, cache = getattr(module, pool)(at["batch"], at["lengths"])
        return {"batch": getattr(module, function)(at["dpooled"], cache)}

    return Gradient(function, point, loss, backward, ("batch",))


def _point(rng):
    batch, lengths = texts(rng, [0, 3, 1, 4], 5, 2)
    return {"batch": batch, "lengths": lengths, "dpooled": upstream(rng, batch[:, 0].shape)}


MEAN_BACKWARD = _gradient("mean_pool_backward", _point)
MAX_BACKWARD = _gradient("max_pool_backward", _point)


def follow(case):
    """How the answer to ``case`` is checked against a student's own pooling, on its inputs."""
    dpooled, first = case.args
    batch, lengths = first.case.args
    at = {"batch": batch, "lengths": lengths, "dpooled": dpooled}
    return _gradient(case.function, lambda rng: at)


# --- embeddings ---


def embed_cases(rng, reference):
    """Ids without 0."""
    for V, d in [(5, 4), (8, 3)]:
        yield Case("embed", rng.standard_normal((V, d)), rng.integers(1, V, (2, 3)))
    yield Case("embed", rng.standard_normal((6, 2)), np.array([[5, 2, 5, 1]]), note="one text")


def embed_square_cases(rng, reference):
    """With as many rows as columns, a mixed-up axis raises nothing."""
    for V, shape in [(5, (2, 3)), (4, (3, 2))]:
        ids = rng.integers(1, V, shape)
        yield Case("embed", rng.standard_normal((V, V)), ids, note="a square E")


def embed_zero_cases(rng, reference):
    yield Case("embed", rng.standard_normal((5, 3)), np.array([[0, 4, 1], [3, 0, 0]]), note="id 0")
    yield Case("embed", rng.standard_normal((4, 2)), np.array([[2, 0], [0, 3]]), note="id 0")


def _embed_backward(rng, ids, V, d, note=""):
    ids = np.array(ids)
    return Case("embed_backward", ids, upstream(rng, (*ids.shape, d)), V, note=note)


def once_cases(rng, reference):
    """Every id at most once; the largest is V - 1, and 0 is not among them."""
    yield _embed_backward(rng, rng.permutation(np.arange(1, 7)).reshape(2, 3), 7, 4)
    yield _embed_backward(rng, rng.permutation([1, 3, 4, 6, 7, 8]).reshape(3, 2), 9, 3)
    yield _embed_backward(rng, [[4, 1, 2]], 5, 5, note="one text")


def repeat_cases(rng, reference):
    """An id twice in a text, in the same place of two texts, and in others; never 0."""
    names = rng.permutation(np.arange(1, 5))
    ids = np.array([[0, 1, 0, 2], [0, 1, 3, 3], [3, 2, 1, 0]])
    yield _embed_backward(rng, names[ids], 5, 3, note="a repeated id")
    yield _embed_backward(rng, [[5, 2, 2], [5, 3, 5]], 6, 4, note="a repeated id")


def zero_id_cases(rng, reference):
    yield _embed_backward(rng, [[0, 4, 1], [3, 2, 5]], 6, 3, note="id 0")
    yield _embed_backward(rng, [[3, 0], [2, 1]], 4, 5, note="id 0")


def unused_cases(rng, reference):
    yield _embed_backward(rng, [[1, 4, 2], [3, 5, 6]], 9, 3, note="V beyond the largest id")
    yield _embed_backward(rng, [[2, 1], [3, 4]], 8, 4, note="V beyond the largest id")


# --- what may be shown --------------------------------------------------------------------------


def demonstrations(rng, reference):
    """From small to large: one text of one word, then two texts, of one number or two for each word."""
    yield Case("pad_or_truncate", [np.array([[1.0]])])
    yield Case(
        "pad_or_truncate", [np.array([[1.0], [2.0], [3.0]])], 2, note="a text that is too long"
    )
    yield Case("pad_or_truncate", [np.array([[1.0]]), np.array([[2.0], [3.0]])])
    yield Case("pad_or_truncate", [np.array([[1.0]])], 3, note="a text that is too short")
    yield Case("pad_or_truncate", [np.zeros((0, 1)), np.array([[2.0]])], note="a text of length 0")
    for batch, lengths, note in (
        ([[[4.0], [2.0]]], [2], ""),
        ([[[4.0, 1.0], [2.0, 3.0]]], [2], "two numbers for each word"),
        ([[[4.0], [2.0], [0.0]]], [2], "padding after two words"),
        ([[[-4.0], [-2.0], [0.0]]], [2], "only negative words, and padding"),
        ([[[4.0], [2.0], [9.0]]], [2], "padding that is not 0"),
        ([[[4.0], [0.0], [0.0]]], [2], "a word that is all zeros"),
        ([[[1.0], [0.0]], [[3.0], [5.0]]], [1, 2], "two texts"),
        ([[[7.0], [7.5]], [[3.0], [5.0]]], [0, 2], "a text of length 0"),
    ):
        inputs = np.array(batch), np.array(lengths)
        dpooled = np.arange(1.0, 1 + inputs[0][:, 0].size).reshape(inputs[0][:, 0].shape)
        for pool in ("mean_pool", "max_pool"):
            first = Case(pool, *inputs, note=note)
            yield first
            yield Case(f"{pool}_backward", dpooled, Part(first, 1), note=note)
    E = np.array([[1.0], [2.0], [3.0]])
    yield Case("embed", E, np.array([[2, 1]]))
    yield Case("embed", E, np.array([[0, 2]]), note="id 0")
    for ids, V, note in (
        ([[2, 1]], 3, ""), ([[1, 1]], 2, "a repeated id"), ([[0, 1]], 2, "id 0"),
        ([[1, 0]], 4, "V beyond the largest id"), ([[1, 0], [0, 1]], 2, "a repeated id"),
    ):  # fmt: skip
        dvectors = np.arange(1.0, 1 + np.size(ids)).reshape(*np.shape(ids), 1)
        yield Case("embed_backward", np.array(ids), dvectors, V, note=note)
