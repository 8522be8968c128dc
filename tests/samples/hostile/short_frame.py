"""forging: announces more bytes than it sends, and sleeps"""
import os
import time


def answer(function, arguments):
    for fd in range(3, 64):
        try:
            os.write(fd, b"\x00\x10\x00\x00\x92")
        except OSError:
            pass
    time.sleep(1000)


def attack():
    return None
