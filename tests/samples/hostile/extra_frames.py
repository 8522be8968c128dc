"""forging: adds a frame after each answer, so that the next question finds one waiting"""
import os
import struct
import sys


def attack():
    frame = sys._getframe()
    while frame is not None:
        channel = frame.f_locals.get("self")
        if hasattr(channel, "_send_answers"):
            send = type(channel)._send_answers

            def twice(self, answers):
                send(self, answers)
                body = b"\x92\xa7answers\x90"
                os.write(self._fd, struct.pack("<I", len(body)) + body)

            type(channel)._send_answers = twice
        frame = frame.f_back
