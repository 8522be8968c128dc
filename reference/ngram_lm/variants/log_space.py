"""Logarithms from the start: log-counts, logaddexp for the smoothing, long doubles.

Breaks the assumption that probabilities are quotients of counts, and that a perplexity is a Python
float: this one is a long double.
"""

import numpy as np

NEVER = np.longdouble("-inf")


def log_counts(sentences, n):
    table = {}
    for sentence in sentences:
        ids = (0,) * (n - 1) + tuple(sentence) + (1,)
        for t in range(n - 1, len(ids)):
            key = ids[t - n + 1 : t]
            row = table.setdefault(key, {})
            row[ids[t]] = np.logaddexp(row.get(ids[t], NEVER), np.longdouble(0))
    return table


def log_probabilities(table, context, k, V):
    log_k = np.log(np.longdouble(k)) if k > 0 else NEVER
    row = np.full(V, NEVER)
    for word, value in table.get(context, {}).items():
        row[word] = value
    row[1:] = np.logaddexp(row[1:], log_k)
    total = np.logaddexp.reduce(row)
    return row - total if total > NEVER else row


def probabilities(sentences, contexts, n, k, vocabulary_size):
    table = log_counts(sentences, n)
    rows = np.full((len(contexts), vocabulary_size), NEVER)
    for r, context in enumerate(np.asarray(contexts)):
        rows[r] = log_probabilities(table, tuple(context.tolist()), k, vocabulary_size)
    return np.exp(rows)


def perplexity(train_sentences, test_sentences, n, k, vocabulary_size):
    table, cache = log_counts(train_sentences, n), {}
    total, number = np.longdouble(0), 0
    for sentence in test_sentences:
        ids = (0,) * (n - 1) + tuple(sentence) + (1,)
        for t in range(n - 1, len(ids)):
            context = ids[t - n + 1 : t]
            if context not in cache:
                cache[context] = log_probabilities(table, context, k, vocabulary_size)
            total += cache[context][ids[t]]
            number += 1
    return np.exp(-total / number)
