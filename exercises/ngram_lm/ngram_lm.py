# ngram_lm: write your answers in this file.
# (Made by `grader build`; instructors edit reference/ngram_lm/solution.py.)
r"""The n-gram language model: the count-based baseline

Before neural language models there was counting. An n-gram model remembers only the last $n - 1$
words and asks how often each word followed them in the training text. With **add-k smoothing**
every possible next word is given $k$ extra counts, so that nothing is impossible. How good a model
is, is said by its **perplexity** on a text that it has not seen. You derive both below, and write
`probabilities` and `perplexity`. At the end the model writes sentences of its own, and the neural
model of a later exercise will have to beat it.

![Graph of one test sentence: the counts C_03 = 0 and C_0 = 2 with k = 0.5 make P1 = 0.1429, C_31 =
1 and C_3 = 1 make P2 = 0.6; both make the mean surprise L = 1.228, and perplexity = exp(L) =
3.416](graph.svg)

**Builds on** nothing but counting, logarithms and NumPy: there are no gradients here. **Time**:
about two hours. The numbered steps are practice and are not graded. The points of every check are
listed at the end.

A sentence is a list of ids from 2 to $V - 1$. Id 0 begins a sentence: it is put in front $n - 1$
times, so that the first word too has a context of $n - 1$ ids. Id 1 ends it: it is put behind once,
so that the model learns where sentences stop. An end is predicted like a word; a beginning never
is. So there are $V - 1$ ids that can be predicted. Counts never cross sentences.

Arguments are never modified.
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
# **Why?** Why must the end be counted, although it is not a word? What would a model that never
# saw an end do when it writes?
#
# Functions of your own are welcome here.


# %% [markdown]
# ## Probabilities
#
# $C(c)$ says how often the context $c$ was seen, and $C(c\,w)$ how often $w$ followed it.
#
# 1. Without smoothing: which share of the times was $c$ followed by $w$?
# 2. Every id that can be predicted is given $k$ extra counts, and there are $V - 1$ of them: all but
#    0. The probabilities after $c$ still have to add up to 1. What is $P(w \mid c)$ now?
# 3. What does step 2 say after a context that was never seen?
#
# With the sentences $[2, 3]$, $[2, 2]$, $n = 2$ and $V = 4$, the id 2 is followed once by 3, once
# by 2 and once by the end: $C(2) = 3$. Without smoothing each has $1/3$. With $k = 0.5$ each has
# $(1 + 0.5) / (3 + 0.5 \cdot 3) = 1/3$ as well, but after 3, which is followed by the end alone,
# the end has $(1 + 0.5) / (1 + 1.5) = 0.6$ and the two others have $0.2$.
#
# **Why?** What becomes of the probabilities as $k$ grows, and what does the model then still know?


# %% tags=["demo"]
def relative_frequency(pair, context):
    """Step 1: P(w | c) from the counts C(c w) and C(c), without smoothing."""
    return ...  # your formula


def smoothed(pair, context, k, V):
    """Step 2: P(w | c) with add-k smoothing, for a w that can be predicted."""
    return ...  # your formula


def after_an_unseen_context(V):
    """Step 3: P(w | c) for a context that was never seen, whatever k > 0 is."""
    return ...  # your formula


if __name__ == "__main__":
    from grader.selfcheck import step

    step("Step 1", relative_frequency, [((1, 3), 0.3333), ((2, 8), 0.25)],
         "Of 8 times, 2 were followed by w.")  # fmt: skip
    step("Step 2", smoothed, [((1, 3, 0, 4), 0.3333), ((1, 1, 0.5, 4), 0.6), ((0, 1, 0.5, 4), 0.2)],
         "How many extra counts does the whole row receive?")  # fmt: skip
    step("Step 3", after_an_unseen_context, [((4,), 0.3333), ((11,), 0.1)],
         "Set both counts to 0 in step 2.")  # fmt: skip


# %%
def probabilities(sentences, contexts, n, k, vocabulary_size):
    """P(next id | context) by counting, with add-k smoothing: an array (M, V), V = vocabulary_size.

    sentences: lists of ids from 2 to V - 1; a sentence may be empty. n - 1 times the id 0 goes
    before each, once the id 1 after it. contexts: an integer array (M, n - 1), one context in each
    row, oldest id first; with n = 1 it is (M, 0), and every row of the answer is the same. k: a
    number >= 0, not always a whole one.

    Row r holds the smoothed probabilities of step 2 after context r, for every id but 0, whose
    column is 0: no sentence begins in the middle of another. So a row sums to 1.
    The one exception: a context that was never seen gives a row of zeros when k = 0.

    >>> contexts = np.array([[2], [3], [0]])
    >>> p = probabilities([[2, 3], [2, 2]], contexts, n=2, k=0.5, vocabulary_size=4)
    >>> p.round(2).tolist()
    [[0.0, 0.33, 0.33, 0.33], [0.0, 0.6, 0.2, 0.2], [0.0, 0.14, 0.71, 0.14]]
    """
    raise NotImplementedError


# %% [markdown]
# ## Perplexity
#
# A model predicts a text of $N$ ids, one after the other. The probability of each says how well it
# was expected.
#
# 4. A small probability is a large surprise. The surprise at an id is $-\ln P$, so those of a text
#    add up. What is the mean surprise over a list of probabilities?
# 5. Perplexity is $e$ to the power of that mean. For equal probabilities it is a number of
#    possibilities: what is it for a fair die with $s$ sides?
# 6. The same without a logarithm: write it as a root of the product of all probabilities.
#
# $N$ counts every id that is predicted, in all the sentences together, ends included. A model that
# wavers between 10 equally likely ids at every step has perplexity 10; one that gives some word of
# the text no chance at all has perplexity $\infty$.
#
# With the training sentences from above, $n = 2$ and $k = 0.5$, the test sentence $[3]$ is
# predicted with $P(3 \mid 0) = 0.5 / 3.5 = 1/7$ and $P(1 \mid 3) = 0.6$. The perplexity is
# $(1/7 \cdot 0.6)^{-1/2} = 3.4157$.
#
# **Why?** Steps 5 and 6 are the same number. Why is only one of the two useful for a text of
# thousands of words?

# %%
# The graph of this example: each value, and how it is made from counts.
GRAPH = {
    "P1": ("(C(0 3) + k) / (C(0) + 3k)", ("C_03", "C_0", "k")),
    "P2": ("(C(3 1) + k) / (C(3) + 3k)", ("C_31", "C_3", "k")),
    "L": ("-(ln P1 + ln P2) / 2", ("P1", "P2")),
    "perplexity": "exp(L)",
}
GRAPH_VALUES = {
    "C_03": 0, "C_0": 2, "k": 0.5, "P1": 0.1429, "C_31": 1, "C_3": 1, "P2": 0.6, "L": 1.2284,
    "perplexity": 3.4157,
}  # fmt: skip


# %% tags=["demo"]
def mean_surprise(p):
    """Step 4: the mean surprise, from the probabilities p (N,), an array."""
    return ...  # your formula


def perplexity_of_die(s):
    """Step 5: the perplexity of a fair die with s sides, as short as it gets."""
    return ...  # your formula


def root_of_product(p):
    """Step 6: the perplexity without a logarithm, from p (N,)."""
    return ...  # your formula


if __name__ == "__main__":
    from grader.selfcheck import step

    p = np.array([1 / 7, 0.6])
    step("Step 4", mean_surprise, [((p,), 1.2284), ((np.array([1.0]),), 0.0)],
         "The natural logarithm, and minus: a surprise is not negative.")  # fmt: skip
    step("Step 5", perplexity_of_die, [((6,), 6), ((10,), 10)],
         "Every side has 1/s. What is e to the power of ln s?")  # fmt: skip
    step("Step 6", root_of_product, [((p,), 3.4157), ((np.array([0.1, 0.1]),), 10)],
         "The exponent is negative, and 1/N of something.")  # fmt: skip


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
    raise NotImplementedError


# %% [markdown]
# ## It writes sentences
#
# `stories.txt` holds 400 short sentences that we made up. The model counts in 300 of them, is tested
# on the other 100, and then writes: from the beginning it draws one word after the other with your
# probabilities, until it draws the end. Compare what it writes for $n = 1, 2, 3$. The picture shows
# the perplexity for several $n$ and $k$.
#
# **Why?** With $n = 4$ the sentences look best and the perplexity is worse than with $n = 2$. Why is
# that no contradiction?


# %% tags=["demo"]
def read_stories():
    """Return the sentences as lists of ids, and the words by id."""
    from grader.selfcheck import lines

    sentences = [line.split() for line in lines("stories.txt")]
    words = ["(start)", ".", *sorted({word for sentence in sentences for word in sentence})]
    return [[words.index(word) for word in sentence] for sentence in sentences], words


def written(sentences, n, V, rng):
    """Return a sentence that the model writes, as ids."""
    ids = [START] * (n - 1)
    while len(ids) < 20 and ids[-1:] != [END]:
        context = np.array([ids[len(ids) - n + 1 :]], int)
        p = probabilities(sentences, context, n, 0, V)[0]
        ids.append(int(rng.choice(V, p=p / p.sum())))
    return ids[n - 1 :]


def draw_stories():
    """Write sentences, and show the perplexity by n and k."""
    import matplotlib.pyplot as plt

    from grader.selfcheck import show

    sentences, words = read_stories()
    train, test, V = sentences[:300], sentences[300:], len(words)
    rng = np.random.default_rng(4)
    for n in (1, 2, 3, 4):
        print(f"n = {n}:", *(words[i] for i in written(train, n, V, rng)))
    figure, ax = plt.subplots(figsize=(6, 4))
    orders, found = (1, 2, 3, 4), {}
    for k in (0.01, 0.1, 1):
        found[k] = [perplexity(train, test, n, k, V) for n in orders]
        ax.plot(orders, found[k], "o-", label=f"test, k = {k}")
    ax.plot(orders, [perplexity(train, train, n, 0.01, V) for n in orders], "s--", label="training")
    ax.set(title="Perplexity of the n-gram model", xlabel="n", ylabel="perplexity", xticks=orders)
    ax.legend()
    show(figure, "Perplexity on the test sentences with k = 0.1: "
         + ", ".join(f"{value:.1f} for n = {n}" for n, value in zip(orders, found[0.1], strict=True))
         + ". On the training sentences it falls with every n.")  # fmt: skip


if __name__ == "__main__":
    from grader.selfcheck import ending

    with ending("It writes sentences"):
        draw_stories()
