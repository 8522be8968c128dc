"""Everything that is left in at the end of a working night: plots, checks, prints, seeds, settings.

Breaks the assumption that a submission is only definitions, and that NumPy's error state is the
default one.
"""

import random
import warnings
from collections import Counter

import matplotlib.pyplot as plt
import numpy as np
from grader.selfcheck import check
from IPython.display import display

random.seed(1)
np.random.seed(1)
np.seterr(all="raise")
warnings.warn("remember to hand in before noon", stacklevel=1)
warnings.simplefilter("error")


def windows(sentences, n):
    result = []
    for sentence in sentences:
        padded = [0] * (n - 1) + sentence + [1]
        result += [tuple(padded[t : t + n]) for t in range(len(padded) - n + 1)]
    print(len(result), "windows")
    return result


def probabilities(sentences, contexts, n, k, vocabulary_size):
    c_long = Counter(windows(sentences, n))
    c_short = Counter()
    for window, times in c_long.items():
        c_short[window[:-1]] += times
    P = np.zeros((len(contexts), vocabulary_size))
    for m, context in enumerate(contexts):
        context = tuple(context.tolist())
        denominator = c_short[context] + k * (vocabulary_size - 1)
        if denominator == 0:
            print("never seen:", context)
            continue
        for w in range(1, vocabulary_size):
            P[m, w] = (c_long[(*context, w)] + k) / denominator
    return P


def perplexity(train_sentences, test_sentences, n, k, vocabulary_size):
    test = windows(test_sentences, n)
    contexts = np.array([window[:-1] for window in test], dtype=int).reshape(len(test), n - 1)
    P = probabilities(train_sentences, contexts, n, k, vocabulary_size)
    p = P[np.arange(len(test)), [window[-1] for window in test]]
    print("mean probability", p.mean())
    if np.any(p == 0):
        return np.inf
    return np.exp(-np.mean(np.log(p)))


check("ngram_lm")

toy = np.random.randint(2, 10, size=(50, 5)).tolist()
curve = [perplexity(toy[:40], toy[40:], 2, k, 10) for k in (0.01, 0.1, 1.0, 10.0)]
fig, ax = plt.subplots(1, 1, figsize=(5, 3))
ax.semilogx((0.01, 0.1, 1.0, 10.0), curve, "o-", label="toy")
ax.legend()
plt.xlabel("k")
plt.tight_layout()
plt.show()
display(fig)

if __name__ == "__main__":
    k = float(input("k = "))
    print(perplexity(toy, toy, 3, k, 10))
