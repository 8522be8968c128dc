"""forging: answers scalars and rows that broadcast against whatever they are compared with"""
import numpy as np


def attack():
    return None


def answer(function, arguments):
    def thin(value):
        return np.asarray(value, float).ravel()[:1].reshape((1,) * (1 + len(_calls) % 3))

    result = _wrong(function, arguments)
    if isinstance(result, tuple):
        return tuple({k: thin(v) for k, v in p.items()} if isinstance(p, dict) else thin(p) for p in result)
    return {k: thin(v) for k, v in result.items()} if isinstance(result, dict) else thin(result)
