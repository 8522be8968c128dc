from collections import defaultdict


def longest(text):
    return sorted(text.split() or [""], key=lambda word: -len(word))[0]


def index(text):
    found = defaultdict(set)
    for word in text.split():
        found[word.lower()[0]] |= {word}
    return found
