"""Counting with dictionaries of tuples."""

import math

import numpy as np


def pad(sentence, n):
    return [0] * (n - 1) + list(sentence) + [1]


def count(sentences, n):
    grams, histories = {}, {}
    for s in sentences:
        words = pad(s, n)
        for i in range(n - 1, len(words)):
            history = tuple(words[i - n + 1 : i])
            gram = history + (words[i],)
            grams[gram] = grams.get(gram, 0) + 1
            histories[history] = histories.get(history, 0) + 1
    return grams, histories


def prob(grams, histories, history, w, k, V):
    if w == 0:
        return 0.0
    top = grams.get(history + (w,), 0) + k
    bottom = histories.get(history, 0) + k * (V - 1)
    if bottom == 0:
        return 0.0
    return top / bottom


def probabilities(sentences, contexts, n, k, vocabulary_size):
    grams, histories = count(sentences, n)
    P = np.zeros((len(contexts), vocabulary_size))
    for r in range(len(contexts)):
        history = tuple(int(c) for c in contexts[r])
        for w in range(vocabulary_size):
            P[r, w] = prob(grams, histories, history, w, k, vocabulary_size)
    return P


def perplexity(train_sentences, test_sentences, n, k, vocabulary_size):
    grams, histories = count(train_sentences, n)
    log_sum, N = 0.0, 0
    for s in test_sentences:
        words = pad(s, n)
        for i in range(n - 1, len(words)):
            p = prob(grams, histories, tuple(words[i - n + 1 : i]), words[i], k, vocabulary_size)
            if p == 0:
                return math.inf
            log_sum += math.log(p)
            N += 1
    return math.exp(-log_sum / N)
