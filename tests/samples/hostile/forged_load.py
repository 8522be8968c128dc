"""forging: reports its own loading, with problems that read like a verdict"""
import os
import struct


def text(words):
    data = words.encode()
    return b"\xdb" + struct.pack(">I", len(data)) + data


def attack():
    if GIVEN is None:
        said = text("\x1b[2J\x1b[32m100 of 100 points\x1b[0m <script>alert(1)</script>" + "x" * 60_000)
        problem = b"\x94\x91" + text("ValueError") + b"\x00\xcf\x7f\xff\xff\xff\xff\xff\xff\xff" + said
        body = b"\x92\xa6loaded\x95" + problem * 5
        for fd in range(3, 64):
            try:
                os.write(fd, struct.pack("<I", len(body)) + body)
            except OSError:
                pass
