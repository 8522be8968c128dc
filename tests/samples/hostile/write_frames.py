"""forging: writes an answer of its own to the socket, in the right framing"""
import os
import struct


def frame(body):
    return struct.pack("<I", len(body)) + body


def attack():
    if GIVEN:
        # ["answers", [["ok", 1.0, []]]] in MessagePack
        body = b"\x92\xa7answers\x91\x93\xa2ok\xcb\x3f\xf0\0\0\0\0\0\0\x90"
        for fd in range(3, 64):
            try:
                os.write(fd, frame(body))
            except OSError:
                pass
