"""forging: answers NaN and infinity, which compare as neither wrong nor right"""
import numpy as np


def attack():
    return None


def answer(function, arguments):
    if function in ("forward", "train"):
        first, second = _wrong(function, arguments)
        second = np.full_like(second, np.inf) if function == "train" else {k: v * np.nan for k, v in second.items()}
        return (first * np.nan if function == "forward" else {k: v * np.nan for k, v in first.items()}), second
    if function in ("backward", "update"):
        return {k: v * np.inf for k, v in _wrong(function, arguments).items()}
    return np.asarray(_wrong(function, arguments)) * np.nan
