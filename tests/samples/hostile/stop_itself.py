"""early: stops itself and raises odd signals, real-time ones included"""
import os
import signal


def attack():
    for number in (signal.SIGSTOP, signal.SIGTSTP, 35, 63, signal.SIGKILL, signal.SIGCHLD):
        try:
            signal.raise_signal(number)
        except OSError:
            os.kill(os.getpid(), number)
