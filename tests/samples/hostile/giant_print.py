"""resources: prints 300 MB, to every stream and past them to the pipe"""
import os
import sys


def attack():
    block = "flood " * 200_000
    for _ in range(250):
        print(block)
        sys.stderr.write(block)
    for fd in range(3, 64):
        try:
            if "pipe" in os.readlink(f"/proc/self/fd/{fd}"):
                os.write(fd, b"x" * 10**7)
        except OSError:
            pass
