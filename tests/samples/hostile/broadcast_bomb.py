"""resources: answers thin arrays that grow a million times when the judge combines them with its own"""
import numpy as np


def attack():
    return None


def answer(function, arguments):
    if function == "backward":
        wrong = _wrong(function, arguments)
        tall = np.random.default_rng(0).random((450_000, 1, 1))
        return {**wrong, "a1": tall, "z2": np.ones((len(arguments[2]), 90_000))}
    if function == "forward":
        _, cache = _wrong(function, arguments)
        return np.random.default_rng(0).random((1, 300_000)), cache
    return _wrong(function, arguments)
