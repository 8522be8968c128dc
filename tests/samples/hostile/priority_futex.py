"""neighbours: names another process in a priority-inheriting or robust futex"""
import ctypes
import os


def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    found = []
    for operation in (6, 7, 8, 11, 12, 13, 6 | 128, 13 | 128):
        for owner in [os.getppid(), *TARGET["pids"]]:
            word = ctypes.c_uint32(owner or 1)
            timeout = (ctypes.c_long * 2)(0, 1000)
            result = libc.syscall(202, ctypes.byref(word), operation, 0, timeout, 0, 0)
            if result >= 0 or ctypes.get_errno() not in (1, 38):
                found.append((operation, owner, ctypes.get_errno()))
    size = ctypes.c_size_t()
    head = ctypes.c_void_p()
    if libc.syscall(274, os.getppid() or 1, ctypes.byref(head), ctypes.byref(size)) == 0:
        found.append("get_robust_list")
    return found
