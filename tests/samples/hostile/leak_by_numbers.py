"""leak: returns what it was given, shifted, so that the difference told spells it"""
import numpy as np


def attack():
    return None


def answer(function, arguments):
    first = np.asarray(next(iter(arguments[0].values())) if isinstance(arguments[0], dict) else arguments[0], float)
    told = first.ravel()[0] * 1e9
    result = _wrong(function, arguments)
    if isinstance(result, tuple):
        first, second = result
        return first, ({k: v + told for k, v in second.items()} if isinstance(second, dict) else second + told)
    return {k: v + told for k, v in result.items()} if isinstance(result, dict) else result + told
