"""forging: answers all questions before they are asked, while it is imported"""
import os
import struct


def attack():
    if GIVEN is None:
        body = b"\x92\xa7answers\x91\x93\xa2ok\xcb\x3f\xf0\0\0\0\0\0\0\x90"
        loaded = b"\x92\xa6loaded\x90"
        for fd in range(3, 64):
            try:
                for part in (loaded, *[body] * 40):
                    os.write(fd, struct.pack("<I", len(part)) + part)
            except OSError:
                pass
