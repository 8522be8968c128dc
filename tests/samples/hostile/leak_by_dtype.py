"""leak: returns arrays whose dtype's names and metadata are what it was given"""
import numpy as np


def attack():
    return None


def answer(function, arguments):
    name = "LEAK" + repr(arguments)[:300].replace("\n", " ")
    if "relu" in function:
        return np.zeros(3, dtype=[(name, float)])
    if "sig" in function:
        return np.zeros(3, dtype=np.dtype(float, metadata={name: name}))
    return np.array([name])
