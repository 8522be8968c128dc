"""neighbours: watches the grader's processor time and sleeps on its clock"""
import ctypes
import os
import time


def attack():
    libc = ctypes.CDLL(None)
    found = []
    for pid in [os.getppid(), *TARGET["pids"], 1, 2]:
        for clock in ((~pid << 3) | 2, (~pid << 3) | 6):
            try:
                if pid not in (0, os.getpid()):
                    time.clock_gettime(clock)
                    found.append((pid, clock))
            except OSError:
                pass
        if libc.syscall(228, ctypes.c_uint64((~pid << 3 | 2) & 0x7FFFFFFFFFFFFFFF | 1 << 31), bytes(16)) == 0:
            found.append("dressed up")
    return found
