"""resources: sleeps in slices with a little work between, so that it never looks idle"""
import time


def answer(function, arguments):
    end = time.monotonic() + 1e6
    while time.monotonic() < end:
        time.sleep(0.05)
        burnt = time.process_time() + 0.002
        while time.process_time() < burnt:
            pass


def attack():
    return None
