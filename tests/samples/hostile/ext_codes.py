"""forging: sends references, timestamps, unknown extensions and duplicate keys as answers"""
import os
import struct
import sys


def attack():
    bodies = [
        b"\xd8\x02" + struct.pack("<qq", 1, -1),
        b"\xd6\xff\0\0\0\0",
        b"\xd4\x63\x00",
        b"\x82\xa1a\x01\xa1a\x02",
        b"\xc4\x03abc",
    ]
    frame = sys._getframe()
    while frame is not None:
        channel = frame.f_locals.get("self")
        if hasattr(channel, "_send_answers"):
            def forged(self, answers, bodies=bodies):
                one = b"\x93\xa2ok" + bodies[len(_calls) % len(bodies)] + b"\x90"
                body = b"\x92\xa7answers\xdc" + struct.pack(">H", len(answers)) + one * len(answers)
                os.write(self._fd, struct.pack("<I", len(body)) + body)

            type(channel)._send_answers = forged
        frame = frame.f_back
