"""forging: answers the largest and smallest numbers there are, of every kind"""
import numpy as np


def attack():
    return None


def answer(function, arguments):
    def odd(value, i):
        value = np.asarray(value, float)
        kinds = [np.full(value.shape, np.iinfo(np.int64).min), np.full(value.shape, 1.7e308),
                 np.full(value.shape, -5e-324), np.full(value.shape, True), np.full(value.shape, 2**63 - 1),
                 np.full(value.shape, 2**64 - 1, np.uint64), np.full(value.shape, 10**400, object)]
        return kinds[i % len(kinds)]

    result = _wrong(function, arguments)
    if isinstance(result, tuple):
        first, second = result
        return ({k: odd(v, i) for i, (k, v) in enumerate(first.items())} if isinstance(first, dict) else odd(first, 1),
                {k: odd(v, i + 1) for i, (k, v) in enumerate(second.items())} if isinstance(second, dict) else odd(second, 2))
    if isinstance(result, dict):
        return {k: odd(v, i) for i, (k, v) in enumerate(result.items())}
    return odd(result, len(_calls))
