"""Whether it learns: a text of a grammar with a known entropy, and a held-out text to judge by.

The trained parameters are judged by the reference's perplexity, so only `train` matters here. Over
200 texts right answers reach 0.99 to 1.09 times the perplexity of the grammar itself, and 0.67 to
0.73 times that of the bigram model. Without training, uphill, without the targets, or seeing one
word of the context only, none comes below 1.45 times and 0.99 times. Gradients that are wrong but
still lead downhill (a bias averaged twice) learn nearly as well: they lose their marks elsewhere.
"""

import numpy as np
import pytest

from grader.testing import Failed, rough

from . import corpus
from .cases import lesson

NEAR = 1.3
"""How many times the perplexity of the grammar a trained model may have."""
BEATEN = 0.9
"""How many times the bigram's perplexity."""


@pytest.mark.points(4)
def test_beats_the_bigram(check, reference):
    """a model that train has trained beats the bigram model"""
    bigram = bigram_perplexity(*(case.args[1] for case in check.draw(lesson)), k=0.1)
    judge(check, reference, BEATEN * bigram, f"that of a bigram model {rough(bigram)}")


@pytest.mark.points(3)
def test_comes_near_the_entropy(check, reference):
    """a model that train has trained comes near the text's own entropy"""
    least = np.exp(corpus.ENTROPY)
    judge(check, reference, NEAR * least, f"the least possible {rough(least)}")


def judge(check, reference, most, beside):
    """Pass if what the student's train makes of the lesson has at most ``most`` as perplexity."""
    train, held_out = check.draw(lesson)
    check.function = "train"
    [answer] = check.asked.answers([train])
    if answer.error is not None:
        raise Failed(str(answer.error), detail=answer.error.detail)
    params = answer.value[0] if isinstance(answer.value, list) else None
    if not usable(params, like=train.args[0]):
        raise Failed("train returns no parameters to compute with")
    with np.errstate(all="ignore"):
        found = reference.perplexity(params, *held_out.args[1:])
    if not found <= most:
        told = f"the perplexity of a new text is {rough(found)}, {beside}"
        raise Failed(f"{told}; at most {rough(most)} is wanted")


def usable(params, like):
    """Whether they are arrays of the right shapes."""
    return isinstance(params, dict) and all(
        isinstance(params[key], np.ndarray) and params[key].shape == like[key].shape for key in like
    )


def bigram_perplexity(learnt, held_out, k):
    """The perplexity of an add-k bigram model, fitted to one text, on another."""
    counts = np.full((len(corpus.WORDS), len(corpus.WORDS)), k)
    np.add.at(counts, (learnt[:-1], learnt[1:]), 1)
    probabilities = counts / counts.sum(axis=1, keepdims=True)
    return np.exp(-np.mean(np.log(probabilities[held_out[:-1], held_out[1:]])))
