"""resources: forks, by every call there is"""
import ctypes
import os


def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    found = []
    for name, way in (
        ("fork", os.fork), ("forkpty", lambda: os.forkpty()[0]), ("vfork", lambda: libc.syscall(57)),
        ("clone", lambda: libc.syscall(56, 17, 0, 0, 0, 0)), ("clone3", lambda: libc.syscall(435, bytes([0] * 32 + [17] + [0] * 55), 88)),
        ("clone as parent's sibling", lambda: libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0)),
    ):
        try:
            pid = way()
        except OSError:
            continue
        if pid == 0:
            os._exit(0)
        if pid > 0:
            found.append(name)
    return found
