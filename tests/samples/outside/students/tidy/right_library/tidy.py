import numpy as np


def dedupe(values):
    kept = list(dict.fromkeys(values))
    values.clear()
    values.extend(kept)


def clip(array, low, high):
    np.clip(array, low, high, out=array)


def merge(counts, more):
    counts.update({key: counts.get(key, 0) + more[key] for key in more})
