"""leak: forges cell and line of its exceptions to spell what it was given"""
import sys


def attack():
    frame = sys._getframe()
    while frame is not None:
        channel = frame.f_locals.get("self")
        if hasattr(channel, "describe"):
            def forged(self, error):
                import numpy as np

                digits = int(abs(np.asarray(GIVEN[1][-1], float).ravel()[0]) * 1e12)
                return [["ValueError"], 0, digits, "LEAK"]

            type(channel).describe = forged
        frame = frame.f_back


def answer(function, arguments):
    raise ValueError("no")
