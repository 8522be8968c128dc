"""neighbours: lowers the limits of its parent and the grader, by prlimit with honest and dressed-up arguments"""
import ctypes
import os
import resource


def attack():
    libc = ctypes.CDLL(None)
    new = (ctypes.c_uint64 * 2)(1, 1)
    found = []
    for pid in [os.getppid(), *TARGET["pids"], 1, 2]:
        if pid in (0, os.getpid()):
            continue
        for way in (
            lambda: libc.syscall(302, pid, resource.RLIMIT_CPU, new, None),
            lambda: libc.syscall(302, ctypes.c_uint64(pid | 1 << 32), resource.RLIMIT_CPU, new, None),
            lambda: libc.syscall(302, pid, resource.RLIMIT_NOFILE, None, new),
        ):
            if way() == 0:
                found.append(pid)
    own = (ctypes.c_uint64 * 2)(4096, 4096)
    if libc.syscall(302, 0, resource.RLIMIT_NOFILE, own, None) == 0:
        found.append("own limits raised")
    return found
