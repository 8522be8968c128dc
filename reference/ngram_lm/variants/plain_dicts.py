"""Dicts, lists and for-loops; not one line of NumPy.

Breaks the assumption that `probabilities` returns an array: it is a list of lists of floats, and
the zeros of an unseen row are the integer 0.
"""

import math


def count(sentences, n):
    table = {}
    for sentence in sentences:
        history = [0] * (n - 1)
        for word in [*sentence, 1]:
            key = tuple(history)
            if key not in table:
                table[key] = {}
            if word not in table[key]:
                table[key][word] = 0
            table[key][word] += 1
            history.append(word)
            history.pop(0)
    return table


def probability(table, key, word, k, V):
    if word == 0:
        return 0
    row = table.get(key, {})
    total = 0
    for c in row.values():
        total += c
    bottom = total + k * (V - 1)
    if bottom == 0:
        return 0
    return (row.get(word, 0) + k) / bottom


def probabilities(sentences, contexts, n, k, vocabulary_size):
    table = count(sentences, n)
    answer = []
    for context in contexts:
        key = tuple(int(w) for w in context)
        row = []
        for word in range(vocabulary_size):
            row.append(probability(table, key, word, k, vocabulary_size))
        answer.append(row)
    return answer


def perplexity(train_sentences, test_sentences, n, k, vocabulary_size):
    table = count(train_sentences, n)
    total, number = 0.0, 0
    for sentence in test_sentences:
        history = [0] * (n - 1)
        for word in [*sentence, 1]:
            p = probability(table, tuple(history), word, k, vocabulary_size)
            if p == 0:
                return float("inf")
            total += math.log(p)
            number += 1
            history = ([*history, word])[1:]
    return math.exp(-total / number)
