"""judge: returns objects whose __array__, __array_interface__ and buffers differ at every look"""
import numpy as np


class Shifty:
    looks = 0

    def __array__(self, dtype=None, copy=None):
        Shifty.looks += 1
        return np.full((Shifty.looks % 5, 4), Shifty.looks, float)


class Elsewhere:
    __array_interface__ = {"shape": (1 << 20,), "typestr": "<f8", "data": (4096, True), "version": 3}


def attack():
    return None


def answer(function, arguments):
    return Shifty() if "derivative" in function else Elsewhere() if function == "loss" else [Shifty()] * 3
