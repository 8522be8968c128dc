"""resources: sleeps, where only a processor's clock is watched"""
import time


def answer(function, arguments):
    time.sleep(1e6)


def attack():
    return None
