"""forging: announces a frame of 4 GiB"""
import os


def answer(function, arguments):
    for fd in range(3, 64):
        try:
            os.write(fd, b"\xff\xff\xff\xff")
        except OSError:
            pass
    while True:
        pass


def attack():
    return None
