"""Texts of a small grammar whose entropy is known, for a model to learn.

    sentence -> animal adverb noise          dogs often bark

Animals and adverbs are drawn with equal chances, independently. An animal makes its own noise with
probability `FAITHFUL`, else one of the others', each as likely. Sentences follow each other without
a sign between them, and the last two words say all that can be known about the next one. So the
entropy, in nats a word, is the mean over the three words of a sentence:

    H = (H(animal) + H(adverb) + H(noise | animal)) / 3
      = (ln 4 + ln 2 - p ln p - (1 - p) ln((1 - p) / 3)) / 3        with p = FAITHFUL

and no model of any kind has a perplexity below e^H = 2.18 on a long text. A bigram cannot do
better than 3.17: between an animal and its noise stands an adverb, which knows nothing of either,
and for it the noise costs ln 4.

>>> text(np.random.default_rng(seed=1), sentences=2).tolist()
[1, 5, 7, 2, 5, 8]
>>> " ".join(WORDS[word] for word in text(np.random.default_rng(seed=1), sentences=2))
'cats always meow birds always sing'
"""

import math

import numpy as np

ANIMALS = ("dogs", "cats", "birds", "bees")
ADVERBS = ("often", "always")
NOISES = ("bark", "meow", "sing", "hum")
WORDS = (*ANIMALS, *ADVERBS, *NOISES)
FAITHFUL = 0.95

_ASTRAY = (1 - FAITHFUL) / (len(NOISES) - 1)
_NOISE = -FAITHFUL * math.log(FAITHFUL) - (1 - FAITHFUL) * math.log(_ASTRAY)
ENTROPY = (math.log(len(ANIMALS)) + math.log(len(ADVERBS)) + _NOISE) / 3


def text(rng, sentences):
    """The ids (3 * sentences,) of a text; an id is a place in `WORDS`."""
    animals = rng.integers(len(ANIMALS), size=sentences)
    adverbs = rng.integers(len(ADVERBS), size=sentences)
    faithful = rng.random(sentences) < FAITHFUL
    steps = np.where(faithful, 0, rng.integers(1, len(NOISES), size=sentences))
    noises = (animals + steps) % len(NOISES)
    first_adverb, first_noise = len(ANIMALS), len(ANIMALS) + len(ADVERBS)
    return np.stack([animals, first_adverb + adverbs, first_noise + noises], axis=1).ravel()
