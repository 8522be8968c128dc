"""resources: blocks and ignores every signal, then loops"""
import signal


def attack():
    for number in signal.valid_signals():
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


def answer(function, arguments):
    while True:
        pass
