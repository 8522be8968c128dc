"""The public tests of padding_pooling: worked numbers of the text, shapes, and what is at the edge.

`grader check padding_pooling.py` runs them. Passing all of them is a good sign and no proof: the
grader has other texts and other numbers.
"""

import numpy as np

from grader.testing import Gradient, expect, finite, pair, shaped

EXERCISE = "padding_pooling"
DATA = ("reviews.txt",)

TEXTS = [np.array([[5.0], [6.0], [7.0]]), np.array([[8.0]])]
TWO_AND_FOUR = np.array([[[2.0], [4.0], [9.0]]])
WINNERS = np.array([[[1.0, -7.0], [4.0, -9.0], [0.0, 0.0]]])


def pad(student, sequences, *length):
    """What `pad_or_truncate` returns, as (batch, lengths)."""
    got = student.pad_or_truncate(sequences, *length)
    return pair("what pad_or_truncate returns", got, "(batch, lengths)")


def pool(student, which, batch, lengths):
    """What mean_pool or max_pool returns, as (pooled, cache)."""
    got = getattr(student, which)(batch, np.array(lengths))
    return pair(f"what {which} returns", got, "(pooled, cache)")


def back(student, which, batch, lengths, dpooled):
    """What the backward function makes of a pooling of the student's own."""
    _, cache = pool(student, which, batch, lengths)
    return getattr(student, f"{which}_backward")(np.array(dpooled), cache)


def test_pad_or_truncate(student):
    """pad_or_truncate gives the table of the worked example."""
    batch, lengths = pad(student, TEXTS, 2)
    expect("batch", batch, [[[5], [6]], [[8], [0]]])
    expect("lengths", lengths, [2, 1], integers=True)


def test_pad_to_the_longest(student):
    """pad_or_truncate without a length takes the longest."""
    batch, lengths = pad(student, [np.ones((1, 2)), np.full((3, 2), 2.0)])
    expect("batch", batch, [[[1, 1], [0, 0], [0, 0]], [[2, 2], [2, 2], [2, 2]]])
    expect("lengths", lengths, [1, 3], integers=True)


def test_pad_empty_text(student):
    """pad_or_truncate takes a text without words: all zeros, and length 0."""
    batch, lengths = pad(student, [np.zeros((0, 2)), np.ones((2, 2))], 3)
    expect("batch", batch, [[[0, 0]] * 3, [[1, 1], [1, 1], [0, 0]]])
    expect("lengths", lengths, [0, 2], integers=True)


def test_pad_nothing(student):
    """pad_or_truncate raises ValueError if there are no sequences."""
    for given in ([],), ([], 3):
        call, raised = f"pad_or_truncate{given if len(given) > 1 else '([])'}", "nothing"
        try:
            student.pad_or_truncate(*given)
        except ValueError:
            continue
        except (LookupError, TypeError) as error:
            raised = type(error).__name__
        raise AssertionError(f"{call} raises {raised}; it should raise ValueError")


def test_mean_pool(student):
    """mean_pool gives the worked example: 2 and 4 have mean 3."""
    pooled, _ = pool(student, "mean_pool", TWO_AND_FOUR, [2])
    expect("pooled", pooled, [[3]])


def test_mean_pool_by_position(student):
    """mean_pool knows padding by position: a real vector of zeros counts."""
    batch = np.array([[[0.0], [4.0], [9.0]], [[9.0], [9.0], [9.0]], [[1.0], [2.0], [6.0]]])
    pooled, _ = pool(student, "mean_pool", batch, [2, 0, 3])
    expect("pooled, of the lengths 2, 0 and 3,", pooled, [[2], [0], [3]])


def test_mean_pool_backward(student):
    """mean_pool_backward shares 10 between two vectors, 5 each; padding gets 0."""
    got = back(student, "mean_pool", TWO_AND_FOUR, [2], [[10.0]])
    expect("dbatch", got, [[[5], [5], [0]]])


def test_max_pool(student):
    """max_pool gives the worked example: 4, and -7 beside padding."""
    pooled, _ = pool(student, "max_pool", WINNERS, [2])
    expect("pooled", pooled, [[4, -7]])


def test_max_pool_far_down(student):
    """max_pool has no lowest value: -1e30 can be the largest."""
    batch = np.array([[[-1e31], [-1e30], [0.0]]])
    pooled, _ = pool(student, "max_pool", batch, [2])
    expect("pooled", pooled, [[-1e30]])
    got = back(student, "max_pool", batch, [2], [[10.0]])
    expect("dbatch", got, [[[0], [10], [0]]])


def test_max_pool_no_words(student):
    """max_pool of a text without words is 0, and so is its gradient."""
    batch, dpooled = np.concatenate([WINNERS, WINNERS]), [[1.0, 2.0], [10.0, 20.0]]
    pooled, _ = pool(student, "max_pool", batch, [0, 3])
    expect("pooled, of the lengths 0 and 3,", pooled, [[0, 0], [4, 0]])
    got = shaped("dbatch", back(student, "max_pool", batch, [0, 3], dpooled), (2, 3, 2))
    expect("dbatch of the text of length 0", got[0], np.zeros((3, 2)))


def test_max_pool_backward(student):
    """max_pool_backward gives each dimension's gradient to its maximum."""
    got = back(student, "max_pool", WINNERS, [2], [[10.0, 20.0]])
    expect("dbatch", got, [[[0, 20], [10, 0], [0, 0]]])


def test_max_pool_tie(student):
    """max_pool_backward shares 6 among three that tie, in any way."""
    batch = np.array([[[3.0], [1.0], [3.0], [3.0], [3.0]]])
    got = finite("dbatch", back(student, "max_pool", batch, [4], [[6.0]]), (1, 5, 1))[0, :, 0]
    expect("what arrives at the 1, which is no maximum,", got[1], 0)
    expect("what arrives at a 3 in the padding", got[4], 0)
    expect("what arrives at the three that tie, in all,", got.sum(), 6)
    assert (got >= 0).all(), f"a share is negative: {got.tolist()}"


def test_two_poolings(student):
    """backward uses the cache it is given, not the latest forward."""
    for which in ("mean_pool", "max_pool"):
        backward = getattr(student, f"{which}_backward")
        _, cache = pool(student, which, TWO_AND_FOUR, [1])
        pool(student, which, -TWO_AND_FOUR[:, ::-1], [3])
        got = backward(np.array([[10.0]]), cache)
        expect(f"dbatch of {which}, after another forward", got, [[[10], [0], [0]]])


def test_embed(student):
    """embed looks up rows, id 0 like any other."""
    E = np.array([[1.0, 2.0], [3.0, 4.0]])
    expect("the vectors", student.embed(E, np.array([[1, 0]])), [[[3, 4], [1, 2]]])
    shaped("vectors", student.embed(E, np.zeros((2, 3), int)), (2, 3, 2))


def test_embed_backward(student):
    """embed_backward: a word that occurs twice collects both gradients."""
    dvectors = np.array([[[1.0], [10.0], [100.0]]])
    dE = student.embed_backward(np.array([[2, 0, 2]]), dvectors, 4)
    expect("dE", dE, [[10], [0], [101], [0]])
    dE = student.embed_backward(np.array([[1], [1]]), np.array([[[2.0]], [[3.0]]]), 4)
    expect("dE of two texts with one word, after that,", dE, [[0], [5], [0], [0]])


# --- gradients, beside numeric ones -------------------------------------------------------------


def texts(rng):
    """Texts of 4, 2, 0 and 1 words, garbage in the padding."""
    # Far apart in each column: no numeric step can change which is the largest.
    batch = np.stack([rng.permutation(4) + rng.uniform(0, 0.5, 4) for _ in range(12)])
    batch = batch.reshape(4, 3, 4).transpose(0, 2, 1) - 3.0
    return {"batch": batch, "lengths": np.array([4, 2, 0, 1]), "dpooled": rng.normal(size=(4, 3))}


def pooling(which):
    """Set a backward of pooling beside the numeric gradient of its forward."""

    def loss(student, at):
        pooled, _ = pool(student, which, at["batch"], at["lengths"])
        return np.sum(at["dpooled"] * shaped("pooled", pooled, at["dpooled"].shape))

    def backward(student, at):
        return {"batch": back(student, which, at["batch"], at["lengths"], at["dpooled"])}

    return Gradient(f"{which}_backward", texts, loss, backward, ("batch",))


def words(rng):
    """Two texts of four words, some of them twice."""
    ids = np.array([[2, 0, 2, 4], [1, 2, 4, 1]])
    return {"E": rng.normal(size=(6, 3)), "ids": ids, "dvectors": rng.normal(size=(2, 4, 3))}


def embed_loss(student, at):
    vectors = shaped("vectors", student.embed(at["E"], at["ids"]), (2, 4, 3))
    return np.sum(at["dvectors"] * vectors)


def embed_gradient(student, at):
    return {"E": student.embed_backward(at["ids"], at["dvectors"], len(at["E"]))}


GRADIENTS = [
    pooling("mean_pool"),
    pooling("max_pool"),
    Gradient("embed_backward", words, embed_loss, embed_gradient, ("E",)),
]
