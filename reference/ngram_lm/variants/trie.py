"""A tree of counts: each node knows how often it was passed and which ids go on from it.

Breaks the assumption that counts are kept in one table; nodes are found by recursion, and the
perplexity is computed by walking down the tree, not by way of `probabilities`.
"""

import math
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Node:
    passed: int = 0
    children: dict = field(default_factory=dict)

    def add(self, ids):
        self.passed += 1
        if ids:
            self.children.setdefault(ids[0], Node()).add(ids[1:])

    def find(self, ids):
        if not ids:
            return self
        child = self.children.get(ids[0])
        return child.find(ids[1:]) if child else None


def windows(sentence, n):
    marked = [0] * (n - 1) + list(sentence) + [1]
    while len(marked) >= n:
        yield marked[:n]
        marked = marked[1:]


def grow(sentences, n):
    root = Node()
    for sentence in sentences:
        for window in windows(sentence, n):
            root.add(window)
    return root


def share(node, word, k, V):
    if node is None:
        return 1 / (V - 1) if k > 0 else 0.0
    child = node.children.get(word)
    return ((child.passed if child else 0) + k) / (node.passed + k * (V - 1))


def probabilities(sentences, contexts, n, k, vocabulary_size):
    root = grow(sentences, n)
    result = np.zeros((len(contexts), vocabulary_size))
    for row, context in zip(result, contexts, strict=False):
        node = root.find([int(i) for i in context])
        row[1:] = [share(node, word, k, vocabulary_size) for word in range(1, vocabulary_size)]
    return result


def perplexity(train_sentences, test_sentences, n, k, vocabulary_size):
    root = grow(train_sentences, n)
    surprises = []
    for sentence in test_sentences:
        for *context, word in windows(sentence, n):
            p = share(root.find(context), word, k, vocabulary_size)
            surprises.append(-math.log(p) if p > 0 else math.inf)
    return math.exp(math.fsum(surprises) / len(surprises))
