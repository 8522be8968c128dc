"""Never ends, never stops giving, or gives far too much."""

import itertools


def mean(xs):
    while True:
        pass


def squares(n):
    return itertools.count()


def words(text):
    return {str(i): i for i in range(1_000_000)}


def root(x):
    raise ValueError("negative" * 10**8)


def mapped(function, xs):
    nested = []
    for _ in range(1000):
        nested = [nested]
    return nested


def report(n):
    while True:
        print("n=3" * 1000)


def scale(k):
    return lambda x: 1 << 10**8


def pair(x):
    whole = []
    whole.append(whole)
    return whole


def fill(xs):
    xs.extend(range(10**7))


def Value(x):
    return Value(x)


ask = input
