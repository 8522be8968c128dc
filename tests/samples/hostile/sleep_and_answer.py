"""resources: sleeps a little less than is allowed, and then answers, every time"""
import time


def answer(function, arguments):
    time.sleep(0.25)
    return _wrong(function, arguments)


def attack():
    return None
