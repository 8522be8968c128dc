"""The inputs of the hidden tests of ngram_lm: each can show the mistakes it is there for.

Texts are drawn from a small grammar, so that contexts recur; a few ids never occur in them. Every
check brings several training texts, so that counts kept from one call to the next come to light.
Tested texts are redrawn until their rare words are rare enough, and not too rare: then a constant
added to the probabilities either shows clearly or not at all.
"""

import numpy as np

from grader.testing import Case, redrawn

CACHES = {}
START, END = 0, 1


def text(rng, vocabulary_size, count, longest=5, unused=2):
    """Sentences whose words have favourites to follow them; half of the words never end one."""
    words = rng.permutation(np.arange(2, vocabulary_size))[unused:].tolist()
    linking = words[: len(words) // 2]
    favourites = {word: rng.permutation(words)[:3].tolist() for word in words}
    sentences = []
    for _ in range(count):
        sentence = [int(rng.choice(words))]
        while len(sentence) < rng.integers(1, longest + 1) or sentence[-1] in linking:
            liked = favourites[sentence[-1]] if rng.random() < 0.8 else words
            sentence.append(liked[rng.integers(len(liked))])
        sentences.append(sentence)
    return sentences


def never_seen(sentences, vocabulary_size):
    """The ids of words that do not occur."""
    return sorted(set(range(2, vocabulary_size)) - {word for each in sentences for word in each})


def followers(reference, sentences, n):
    """Every context that occurs, with the ids that follow it."""
    found = {}
    for context, word in zip(*reference.ngrams(sentences, n), strict=True):
        found.setdefault(context, set()).add(word)
    return found


def inner(reference, sentences, n):
    """Contexts within sentences; not across two, and (for n > 2) not when read backwards."""
    found = followers(reference, sentences, n)
    inside, _ = reference.ngrams(sentences, n)
    everywhere, _ = reference.ngrams([[word for each in sentences for word in each]], n)
    within = [c for c in found if START not in c and END not in found[c]]
    within = [c for c in within if inside.count(c) == everywhere.count(c)]
    return sorted(c for c in within if n == 2 or c[::-1] not in found)


def ending(reference, sentences, n):
    """Contexts after which a sentence may end, but need not."""
    found = followers(reference, sentences, n)
    return sorted(c for c in found if START not in c and END in found[c] and len(found[c]) > 1)


def starting(reference, sentences, n):
    """Contexts at the beginnings of sentences that go on."""
    found = followers(reference, sentences, n)
    return sorted(c for c in found if START in c and END not in found[c])


def training(rng, reference, n, vocabulary_size, count, kind):
    """A text with at least three contexts of a ``kind``: `inner` or `ending`."""
    [sentences] = redrawn(
        lambda: [text(rng, vocabulary_size, count)],
        lambda sentences: len(kind(reference, sentences, n)) >= 3,
    )
    return sentences


def some(rng, contexts, rows):
    """At most ``rows`` of the contexts, in some order."""
    return [contexts[i] for i in rng.permutation(len(contexts))[:rows]]


def asked(sentences, contexts, n, k, vocabulary_size, note=""):
    """A case of probabilities."""
    contexts = np.array(contexts, dtype=np.int64).reshape(len(contexts), n - 1)
    return Case("probabilities", sentences, contexts, n, k, vocabulary_size, note=note)


def there_and_back(rng, sentences):
    """A sentence with two ids in either order, each followed by something else, and these contexts.

    A context that is read backwards is then not just one that was never seen.
    """
    one, other, last = rng.permutation(sorted({w for each in sentences for w in each}))[:3].tolist()
    return [one, other, one, last, other, one, other], [(one, other), (other, one)]


def bigram_cases(rng, reference):
    for size in (10, 14, 12):
        sentences = training(rng, reference, 2, size, 15, inner)
        yield asked(sentences, some(rng, inner(reference, sentences, 2), 5), 2, 0, size)


def end_cases(rng, reference):
    for size in (10, 14, 12):
        sentences = training(rng, reference, 2, size, 20, ending)
        yield asked(sentences, some(rng, ending(reference, sentences, 2), 5), 2, 0, size)


def start_cases(rng, reference):
    for n, size in [(2, 9), (3, 7), (4, 8), (3, 10)]:
        sentences = text(rng, size, 20)
        contexts = [(START,) * (n - 1), *some(rng, starting(reference, sentences, n), 5)]
        yield asked(sentences, contexts, n, 0, size, note=f"n = {n}")


def wide_cases(rng, reference):
    for n, size in [(3, 11), (4, 10), (3, 13)]:
        sentences = training(rng, reference, n, size, 30, inner)
        contexts = some(rng, inner(reference, sentences, n), 6)
        yield asked(sentences, contexts, n, 0, size, note=f"n = {n}")
    sentences = [[2, 13, 4, 2], [21, 3, 5, 3], [2, 13, 6, 3]]
    yield asked(sentences, [(2, 13), (21, 3)], 3, 0, 24, note="ids of two digits")


def unigram_cases(rng, reference):
    for size, rows in [(7, 3), (10, 1)]:
        yield asked(text(rng, size, 12), [()] * rows, 1, 0, size)


def smoothed_cases(rng, reference):
    """Contexts within, at an end, after an end, and of ids that never occur, the largest one too."""
    for n, k, size in [(2, 0.5, 11), (3, 0.05, 12), (2, 1, 13), (3, 2.5, 13)]:
        sentences = training(rng, reference, n, size, 20, inner)
        contexts = some(rng, inner(reference, sentences, n), 3)
        if n == 3:
            more, both = there_and_back(rng, sentences)
            sentences, contexts = [*sentences, more], [*contexts, *both]
        contexts += some(rng, ending(reference, sentences, n), 2)
        stranger, word = never_seen(sentences, size)[0], sentences[0][-1]
        last = (START, word)[-n + 1 :]
        contexts += [(stranger,) * (n - 1), (*last[1:], END), (*last[:-1], stranger)]
        yield asked(sentences, contexts, n, k, size, note=f"k = {k}")
    sentences = text(rng, 10, 20, unused=1)
    contexts = [(word,) for word in sentences[0][:3]]
    yield asked(sentences, contexts, 2, 0.5, 14, note="the largest ids never occur")


def unseen_cases(rng, reference):
    for n, size in [(2, 11), (3, 12)]:
        sentences = training(rng, reference, n, size, 15, inner)
        stranger = never_seen(sentences, size)[0]
        contexts = some(rng, inner(reference, sentences, n), 3)
        contexts += [(stranger,) * (n - 1), (*contexts[0][1:], stranger), (*contexts[0][1:], END)]
        contexts = [contexts[i] for i in rng.permutation(len(contexts))]
        yield asked(sentences, contexts, n, 0, size)


def empty_sentence_cases(rng, reference):
    for n, size in [(2, 8), (3, 11)]:
        sentences = [*text(rng, size, 8), [], [], *text(rng, size, 3), []]
        contexts = [(START,) * (n - 1), *some(rng, inner(reference, sentences, n), 3)]
        yield asked(sentences, contexts, n, 0, size, note="empty sentences")


def predicted(reference, train, test, n, k, vocabulary_size):
    """The probability of every id that is predicted, and of its context's most likely id."""
    contexts, words = reference.ngrams(test, n)
    p = reference.probabilities(train, np.array(contexts, int), n, k, vocabulary_size)
    return p[range(len(words)), words], p.max(axis=1)


def split(rng, vocabulary_size, count, more, longest=5):
    """A training text of ``count`` sentences and a test text of ``more``."""
    sentences = text(rng, vocabulary_size, count + more, longest)
    return sentences[:count], sentences[count:]


def telling(reference, train, test, n, k, size):
    """Whether 1e-6 added to each probability would show, and 1e-8 would not."""
    p, _ = predicted(reference, train, test, n, k, size)
    return 30 <= np.mean(1 / p) <= 200


def trial(rng, reference, n, k, size, count, tests, empty=(), note="", longest=5):
    """A case of perplexity, of a text that can tell mistakes; ``empty``: where sentences are."""

    def draw():
        train, test = split(rng, size, count, tests, longest)
        for place in empty:
            test.insert(place, [])
        return train, test

    train, test = redrawn(draw, lambda *texts: telling(reference, *texts, n, k, size))
    return Case("perplexity", train, test, n, k, size, note=note, cpu=20.0 if tests > 300 else 0.0)


def perplexity_cases(rng, reference):
    for n, k, size in [(2, 0.1, 20), (3, 0.5, 40), (4, 0.25, 30), (2, 0.05, 14)]:
        yield trial(rng, reference, n, k, size, 25, 12, note=f"n = {n}")
    yield Case(
        "perplexity", *one_rarity(rng, reference, 0.0005, 14), note="a probability below 1e-4"
    )


def one_rarity(rng, reference, k, size):
    """The arguments of a perplexity in which an id has a probability that some cut off at 1e-4."""

    def draw():
        train, fresh = split(rng, size, 40, 1)
        return train, [*some(rng, train, 25), *fresh], 2, k, size

    def good(*args):
        p, _ = predicted(reference, *args)
        return 3e-5 <= p.min() <= 7e-5 and np.mean(1 / p) <= 300

    return redrawn(draw, good)


def seen_before_cases(rng, reference):
    """Texts of which nothing is impossible, even to who smooths nothing: no answer is infinite."""
    for size in (9, 14):
        train = text(rng, size, 15)
        yield Case("perplexity", train, some(rng, train, 4), 2, 0.1, size, note="all seen before")


def unigram_perplexity_cases(rng, reference):
    for k, size in [(0.1, 40), (0.5, 60)]:
        yield trial(rng, reference, 1, k, size, 25, 12, note="n = 1")


def long_cases(rng, reference):
    """Over 300 sentences: no float is as small as the product of all; and a few, for contrast."""
    for k, size in [(0.02, 14), (0.05, 20)]:
        yield trial(rng, reference, 2, k, size, 20, 310, longest=3, note="over 300 sentences")
    train, test = split(rng, 14, 20, 4)
    yield Case("perplexity", train, test, 2, 0.02, 14, note="4 sentences")


def empty_test_cases(rng, reference):
    for n, k, size in [(2, 0.1, 20), (3, 0.5, 40)]:
        yield trial(rng, reference, n, k, size, 25, 12, empty=(0, 5, 14), note="empty sentences")


def one_surprise(rng, reference, n, size):
    """A training text, and a test text with one id that never followed its context."""

    def draw():
        train, fresh = split(rng, size, 25, 1)
        return train, [*some(rng, train, 4), *fresh]

    def good(train, test):
        p, likeliest = predicted(reference, train, test, n, 0, size)
        return np.sum(p == 0) == 1 and likeliest.min() > 0

    return redrawn(draw, good)


def impossible_cases(rng, reference):
    """k = 0: an id that never followed, an id that never occurs, and a text seen before."""
    for n, size in [(2, 9), (3, 7)]:
        train, test = one_surprise(rng, reference, n, size)
        yield Case("perplexity", train, test, n, 0, size, note="one id has probability 0")
    train = text(rng, 9, 15)
    stranger = never_seen(train, 9)[0]
    test = [train[3], [train[0][0], stranger, train[1][0]]]
    yield Case("perplexity", train, test, 2, 0.0, 9, note="an id that was never seen")
    yield Case("perplexity", train, some(rng, train, 5), 2, 0, 9, note="all seen before, k = 0")


def timed_cases(rng, reference):
    """Small: right code may read the whole text for every context."""
    for _ in range(8):
        sentences = text(rng, 30, 40)
        yield asked(sentences, some(rng, inner(reference, sentences, 2), 20), 2, 0.5, 30)


# --- what may be shown --------------------------------------------------------------------------


def demonstrations(rng, reference):
    """From small to large: one sentence of one word, then two, with and without smoothing."""
    for sentences, contexts, n, k, size in (
        ([[2]], [(2,)], 2, 0, 4),
        ([[2]], [(2,)], 2, 1, 4),
        ([[2]], [(2,)], 2, 0.5, 4),
        ([[2]], [(0,)], 2, 0, 4),
        ([[2]], [(3,)], 2, 0, 4),
        ([[2]], [()], 1, 0, 4),
        ([[2, 3], [3]], [(2,), (3,)], 2, 0, 4),
        ([[2, 3], [3]], [(2,), (3,)], 2, 0.5, 5),
        ([[2, 3, 2, 2]], [(2, 3), (3, 2)], 3, 0, 4),
        ([[2, 3]], [(0, 0), (0, 2)], 3, 0, 4),
        ([[2, 3]], [(0, 0), (0, 2)], 3, 0.5, 4),
        ([[], [2]], [(0,)], 2, 0, 4),
    ):
        yield asked(sentences, contexts, n, k, size)
    for train, test, n, k in (
        ([[2]], [[2]], 2, 1), ([[2]], [[2]], 2, 0.5), ([[2, 3], [3]], [[3], [2]], 2, 0.5),
        ([[2]], [[3]], 2, 0), ([[2]], [[2, 2]], 1, 1), ([[2, 3]], [[2], []], 2, 1),
        ([[2, 3]], [[2, 3]], 3, 0.5),
    ):  # fmt: skip
        yield Case("perplexity", train, test, n, k, 4)
