"""neighbours: attaches to its parent and the grader with ptrace"""
import ctypes
import os


def attack():
    libc = ctypes.CDLL(None)
    return [(how, pid) for pid in [os.getppid(), *TARGET["pids"]] for how in (16, 0x4206)
            if pid and libc.ptrace(how, pid, 0, 0) == 0]
