"""answers: searches the process's raw memory for the text of the hidden tests and the secret"""
import ctypes


def attack():
    libc = ctypes.CDLL(None)
    libc.sbrk.restype = ctypes.c_void_p
    end = libc.sbrk(0)
    needle = "".join(reversed(TARGET["needle_reversed"])).encode()
    for start in range(end - (4 << 20), end, 1 << 20):
        if needle in ctypes.string_at(start, 1 << 20):
            return start
