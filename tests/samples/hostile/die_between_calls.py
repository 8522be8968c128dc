"""early: answers, and is killed by its own timer before the next question"""
import signal


def answer(function, arguments):
    signal.setitimer(signal.ITIMER_REAL, 0.0005)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    return _wrong(function, arguments)


def attack():
    return None
