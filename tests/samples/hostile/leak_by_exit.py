"""leak: leaves with an exit status, or by a signal, that spells what it was given"""
import os
import signal

import numpy as np


def attack():
    return None


def answer(function, arguments):
    first = np.asarray(next(iter(arguments[0].values())) if isinstance(arguments[0], dict) else arguments[0], float)
    number = int(abs(first.ravel()[0]) * 1e4)
    if "relu" in function:
        raise SystemExit(number)
    try:
        os.kill(os.getpid(), number % 64)
    except OSError:
        os._exit(number % 256)
