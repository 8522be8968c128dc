"""forging: sends a frame nested a million deep"""
import os
import struct


def answer(function, arguments):
    body = b"\x91" * 1_000_000 + b"\xc0"
    for fd in range(3, 64):
        try:
            os.write(fd, struct.pack("<I", len(body)) + body)
        except OSError:
            pass


def attack():
    return None
