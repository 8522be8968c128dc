r"""The n-gram language model: the count-based baseline

Before neural language models there was counting. An n-gram model remembers only the last $n - 1$
words and asks how often each word followed them in the training text. With **add-k smoothing**
every possible next word is given $k$ extra counts:

$$P(w \mid w_1 \dots w_{n-1})
= \frac{C(w_1 \dots w_{n-1}\, w) + k}{C(w_1 \dots w_{n-1}) + k\,(V - 1)}$$

How good a model is, is told by its **perplexity** on a text of $N$ predicted words that it has not
seen, each with its context $c_t$:

$$\text{perplexity} = \exp\Big(-\frac{1}{N} \sum_{t=1}^{N} \ln P(w_t \mid c_t)\Big)$$

A sentence is a list of ids from 2 to $V - 1$. Id 0 begins a sentence: it is put in front $n - 1$
times, so that the first word too has a context of $n - 1$ ids. Id 1 ends it: it is put behind once,
so that the model learns where sentences stop. An end is predicted like a word; a beginning never
is. So there are $V - 1$ ids that can be predicted. Counts never cross sentences.

You write `probabilities` and `perplexity`. The neural model of a later exercise will have to beat
them. Arguments are never modified.
"""

# %%
from collections import Counter, defaultdict

import numpy as np

START, END = 0, 1

# %% [markdown]
# ## Counting
#
# The sentence $[5, 7]$ with $n = 3$ is read as $0\;0\;5\;7\;1$. Three ids are predicted, each from
# the two before it: 5 from $(0, 0)$, 7 from $(0, 5)$ and the end, 1, from $(5, 7)$. The empty
# sentence is read as $0\;0\;1$: only its end is predicted, from $(0, 0)$. With $n = 1$ nothing is
# put in front and the context is the empty tuple, $()$.
#
# Functions of your own are welcome here.


# %%
# BEGIN SOLUTION
def ngrams(sentences, n):
    """Return the contexts of the sentences, tuples of n - 1 ids, and the ids that follow them."""
    contexts, words = [], []
    for sentence in sentences:
        padded = [START] * (n - 1) + list(sentence) + [END]
        for t in range(n - 1, len(padded)):
            contexts.append(tuple(padded[t - n + 1 : t]))
            words.append(padded[t])
    return contexts, words


# END SOLUTION
# %% [markdown]
# ## Probabilities
#
# $$P(w \mid c) = \frac{C(c\, w) + k}{C(c) + k\,(V - 1)} \quad (w \ne 0), \qquad P(0 \mid c) = 0$$
#
# With the sentences $[2, 3]$, $[2, 2]$, $n = 2$ and $V = 4$, the id 2 is followed once by 3, once
# by 2 and once by the end: $C(2) = 3$. Without smoothing each has $1/3$. With $k = 0.5$ each has
# $(1 + 0.5) / (3 + 0.5 \cdot 3) = 1/3$ as well, but after 3, which is followed by the end alone,
# the end has $(1 + 0.5) / (1 + 1.5) = 0.6$ and the two others have $0.2$.


# %%
def probabilities(sentences, contexts, n, k, vocabulary_size):
    """P(next id | context) by counting, with add-k smoothing: an array (M, V), V = vocabulary_size.

    sentences: lists of ids from 2 to V - 1; a sentence may be empty. n - 1 times the id 0 goes
    before each, once the id 1 after it. contexts: an integer array (M, n - 1), one context in each
    row, oldest id first; with n = 1 it is (M, 0), and every row of the answer is the same. k: a
    number >= 0, not always a whole one.

    Row r is (count of the id after the context + k) / (count of the context + k (V - 1)), for every
    id but 0, whose column is 0: no sentence begins in the middle of another. So a row sums to 1.
    The one exception: a context that was never seen gives a row of zeros when k = 0.

    >>> contexts = np.array([[2], [3], [0]])
    >>> p = probabilities([[2, 3], [2, 2]], contexts, n=2, k=0.5, vocabulary_size=4)
    >>> p.round(2).tolist()
    [[0.0, 0.33, 0.33, 0.33], [0.0, 0.6, 0.2, 0.2], [0.0, 0.14, 0.71, 0.14]]
    """
    # BEGIN SOLUTION
    followers = defaultdict(Counter)
    for context, word in zip(*ngrams(sentences, n), strict=True):
        followers[context][word] += 1

    counts = np.zeros((len(contexts), vocabulary_size))
    for row, context in enumerate(contexts):
        for word, count in followers.get(tuple(context), {}).items():
            counts[row, word] = count

    smoothed = counts + k
    smoothed[:, START] = 0
    totals = counts.sum(axis=1, keepdims=True) + k * (vocabulary_size - 1)
    return smoothed / np.where(totals > 0, totals, 1)
    # END SOLUTION


# %% [markdown]
# ## Perplexity
#
# $$\exp\Big(-\frac{1}{N} \sum_{t=1}^{N} \ln P(w_t \mid c_t)\Big)$$
#
# $N$ counts every id that is predicted, in all the sentences together, ends included. A model that
# wavers between 10 equally likely ids at every step has perplexity 10; one that gives some word of
# the text no chance at all has perplexity $\infty$.
#
# With the training sentences from above, $n = 2$ and $k = 0.5$, the test sentence $[3]$ is
# predicted with $P(3 \mid 0) = 0.5 / 3.5 = 1/7$ and $P(1 \mid 3) = 0.6$. The perplexity is
# $(1/7 \cdot 0.6)^{-1/2} = 3.4157$.


# %%
def perplexity(train_sentences, test_sentences, n, k, vocabulary_size):
    """exp(-mean ln p) over every predicted id of the test sentences, counted on the training ones.

    Ends of sentences are predicted too. A float; infinity if any of the probabilities is 0. The
    logarithm is natural. Texts can have thousands of words, and their probability as a whole is
    then smaller than any float.

    >>> round(perplexity([[2, 3], [2, 2]], [[3]], n=2, k=0.5, vocabulary_size=4), 4)
    3.4157
    >>> perplexity([[2, 3], [2, 2]], [[3]], n=2, k=0, vocabulary_size=4)
    inf
    """
    # BEGIN SOLUTION
    contexts, words = ngrams(test_sentences, n)
    p = probabilities(train_sentences, np.array(contexts, int), n, k, vocabulary_size)
    with np.errstate(divide="ignore"):
        log_p = np.log(p[range(len(words)), words])
    return float(np.exp(-log_p.mean()))
    # END SOLUTION
