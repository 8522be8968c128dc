"""resources: takes 3 GiB of memory and touches it"""
import numpy as np


def attack():
    kept = []
    for _ in range(48):
        kept.append(np.ones(64 << 17))
    return f"{len(kept) * 64} MiB"
