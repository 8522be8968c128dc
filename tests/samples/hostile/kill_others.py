"""neighbours: sends signals to its parent, to the grader, to its group and to everyone"""
import ctypes
import os
import signal


def attack():
    libc = ctypes.CDLL(None)
    found = []
    for pid in [os.getppid(), *TARGET["pids"], 1, 2, 3, -os.getppid(), -1]:
        if pid in (0, os.getpid()):
            continue
        for name, way in (
            ("kill", lambda p=pid: os.kill(p, 0) or 0), ("sigqueue", lambda p=pid: libc.sigqueue(p, 18, 0)),
            ("tgkill", lambda p=pid: libc.syscall(234, p, p, 18)), ("tkill", lambda p=pid: libc.syscall(200, p, 18)),
            ("killpg", lambda p=pid: os.killpg(abs(p), signal.SIGCONT) or 0),
        ):
            try:
                if way() == 0:
                    found.append((name, pid))
            except OSError:
                pass
    if not found and GIVEN:
        for pid in [os.getppid(), *TARGET["pids"]]:
            try:
                os.kill(pid, signal.SIGKILL) if pid else None
            except OSError:
                pass
    return found
