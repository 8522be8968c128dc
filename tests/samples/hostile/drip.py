"""forging: sends its frame a byte at a time, for ever, so that no wait runs out"""
import os
import time


def answer(function, arguments):
    for fd in range(3, 64):
        try:
            os.write(fd, b"\x00\x00\x80\x00")
        except OSError:
            continue
        while True:
            time.sleep(0.02)
            try:
                os.write(fd, b"\xc0")
            except OSError:
                break


def attack():
    return None
