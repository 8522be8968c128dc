import numpy as np


def dedupe(values):
    values = list(dict.fromkeys(values))
    return values


def clip(array, low, high):
    return np.clip(array, low, high)


def merge(counts, more):
    more.update(counts)
    return more
