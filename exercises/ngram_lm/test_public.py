"""The public tests of ngram_lm: worked numbers of the text, shapes, and what is at the edge.

`grader check ngram_lm.py` runs them. Passing all of them is a good sign and no proof: the grader
has other sentences, longer ones, and other n.
"""

import math

import numpy as np

from grader.testing import expect, finite

EXERCISE = "ngram_lm"
DATA = ("stories.txt",)

SENTENCES = [[2, 3], [2, 2]]


def probabilities(student, contexts, n, k, V, sentences=SENTENCES):
    """What `probabilities` returns, of the shape it should have."""
    contexts = np.array(contexts, int).reshape(-1, n - 1) if n > 1 else np.zeros((contexts, 0), int)
    got = student.probabilities(sentences, contexts, n, k, V)
    return finite("the probabilities", got, (len(contexts), V))


def test_probabilities(student):
    """probabilities gives the worked example, with k = 0.5."""
    got = probabilities(student, [[2], [3], [0]], 2, 0.5, 4)
    third, seventh = 1 / 3, 1 / 7
    expect("the row after 2", got[0], [0, third, third, third])
    expect("the row after 3", got[1], [0, 0.6, 0.2, 0.2])
    expect("the row after the beginning", got[2], [0, seventh, 5 * seventh, seventh])


def test_probabilities_bare(student):
    """probabilities without smoothing are shares of the counts."""
    got = probabilities(student, [[2], [0]], 2, 0, 4)
    expect("the row after 2", got[0], [0, 1 / 3, 1 / 3, 1 / 3])
    expect("the row after the beginning", got[1], [0, 0, 1, 0])


def test_probabilities_unseen(student):
    """probabilities after a context never seen: zeros if k = 0, else equal."""
    expect("the row, k = 0", probabilities(student, [[4]], 2, 0, 5)[0], np.zeros(5))
    expect("the row, k = 2", probabilities(student, [[4]], 2, 2, 5)[0], [0, *[0.25] * 4])


def test_probabilities_sum(student):
    """Each row of probabilities sums to 1, and id 0 has none."""
    got = probabilities(student, [[2], [3], [0], [5]], 2, 0.3, 7)
    expect("the sums of the rows", got.sum(axis=1), np.ones(4))
    expect("the column of id 0", got[:, 0], np.zeros(4))


def test_unigrams(student):
    """With n = 1 there is no context, and each row is the same."""
    got = probabilities(student, 3, 1, 0, 4)
    for row in got:
        expect("a row", row, [0, 2 / 6, 3 / 6, 1 / 6])


def test_trigrams(student):
    """With n = 3, two start symbols are before a sentence."""
    got = probabilities(student, [[0, 0], [0, 5], [5, 7], [7, 5]], 3, 0, 8, [[5, 7]])
    for row, (said, word) in zip(got, [("0 0", 5), ("0 5", 7), ("5 7", 1)], strict=False):
        expect(f"the row after {said}", row, np.eye(8)[word])
    expect("the row after 7 5, never seen", got[3], np.zeros(8))


def test_empty_sentence(student):
    """A sentence without words still ends."""
    got = probabilities(student, [[0]], 2, 0, 3, [[], [2]])
    expect("the row after the beginning", got[0], [0, 0.5, 0.5])


def test_sentences_apart(student):
    """Counts do not cross sentences: nothing follows an end."""
    got = probabilities(student, [[1]], 2, 0, 4)
    expect("the row after an end", got[0], np.zeros(4))


def test_perplexity(student):
    """perplexity gives the worked example: 3.4157, and infinity."""
    got = student.perplexity(SENTENCES, [[3]], 2, 0.5, 4)
    expect("the perplexity, k = 0.5", got, (0.6 / 7) ** -0.5)
    got = student.perplexity(SENTENCES, [[3]], 2, 0, 4)
    expect("the perplexity, k = 0, with a word that has no chance", got, math.inf)


def test_perplexity_of_ignorance(student):
    """perplexity of a model that knows nothing is V - 1."""
    got = student.perplexity([[2, 2]], [[3, 4], [5], []], 2, 1e9, 11)
    expect("the perplexity, k = 1e9 and V = 11", got, 10)


def test_perplexity_words(student):
    """perplexity is a mean over all words, not over sentences."""
    one = student.perplexity(SENTENCES, [[2, 3, 2]], 2, 0.5, 4)
    many = student.perplexity(SENTENCES, [[2, 3, 2]] * 3, 2, 0.5, 4)
    expect("the perplexity of a sentence three times", many, finite("it", one, ()))
    mixed = student.perplexity(SENTENCES, [[], [2, 3, 2]], 2, 0.5, 4)
    short = student.perplexity(SENTENCES, [[]], 2, 0.5, 4)
    want = (short * one**4) ** (1 / 5)
    expect("the perplexity of a sentence with one word to predict and one with four", mixed, want)


def test_perplexity_trigrams(student):
    """perplexity of a text that was learnt by heart is 1, with n = 3 too."""
    got = student.perplexity([[5, 7, 2]], [[5, 7, 2]], 3, 0, 8)
    expect("the perplexity, n = 3 and k = 0", got, 1)


def test_perplexity_long(student):
    """perplexity of a long text is finite."""
    one = student.perplexity(SENTENCES, [[2, 3, 2]], 2, 0.5, 4)
    many = student.perplexity(SENTENCES, [[2, 3, 2]] * 400, 2, 0.5, 4)
    expect("the perplexity of a sentence 400 times", many, finite("it", one, ()))


def test_again(student):
    """probabilities of one text do not depend on an earlier text."""
    first = probabilities(student, [[2]], 2, 0.5, 4)
    probabilities(student, [[2]], 2, 0.5, 4, [[3, 3], [2, 3]])
    expect("the row after 2, asked again", probabilities(student, [[2]], 2, 0.5, 4), first)
