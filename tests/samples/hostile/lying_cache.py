"""forging: returns a cache that is another one at every look, and gradients that look at it"""
import numpy as np


class Cache(dict):
    looks = 0

    def __getitem__(self, key):
        Cache.looks += 1
        return np.full((5, 4), float(Cache.looks))

    def get(self, key, default=None):
        return self[key]


def attack():
    return None


def answer(function, arguments):
    if function == "forward":
        return np.full((len(arguments[1]), 1), 0.5), Cache(X=1, z1=1, a1=1, z2=1, a2=1)
    return _wrong(function, arguments)
