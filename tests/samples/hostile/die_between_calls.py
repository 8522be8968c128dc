"""early: answers, and is killed by its own timer before the next question"""
import os
import signal


def answer(function, arguments):
    signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
    signal.setitimer(signal.ITIMER_REAL, 0.0005)
    return _wrong(function, arguments)


def attack():
    return None
