"""forging: answers in random shapes and ranks, so that something in the judge breaks and cannot tell"""
import numpy as np


def attack():
    return None


def answer(function, arguments):
    rng = np.random.default_rng(len(_calls))

    def odd(value):
        value = np.atleast_1d(np.asarray(value, float))
        return [value[..., None], value.T, value[:1], value[None], np.repeat(value, 3, 0), value.ravel(),
                value[::-1], np.stack([value] * 2)][rng.integers(8)]

    result = _wrong(function, arguments)
    if isinstance(result, tuple):
        return tuple({k: odd(v) for k, v in p.items()} if isinstance(p, dict) else odd(p) for p in result)
    return {k: odd(v) for k, v in result.items()} if isinstance(result, dict) else odd(result)
