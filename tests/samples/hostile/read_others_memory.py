"""neighbours: reads and writes memory of its parent and the grader by process_vm and /proc/pid/mem"""
import ctypes
import os


class Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def attack():
    libc = ctypes.CDLL(None)
    buffer = ctypes.create_string_buffer(64)
    here = Piece(ctypes.addressof(buffer), 64)
    found = []
    for pid in [os.getppid(), *TARGET["pids"]]:
        if not pid:
            continue
        for address in (0x400000, id(None), id(buffer)):
            there = Piece(address, 64)
            for call in (310, 311):
                if libc.syscall(call, pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0) > 0:
                    found.append((call, pid))
        try:
            os.open(f"/proc/{pid}/mem", os.O_RDONLY)
            found.append(("mem", pid))
        except OSError:
            pass
    return found
