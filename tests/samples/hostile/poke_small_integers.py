"""judge: rewrites the cached integers 0 and 1 and the constant False in memory"""
import ctypes


def attack():
    ctypes.memmove(id(0) + 24, (1).to_bytes(4, "little"), 4)
    ctypes.memmove(id(1) + 24, (0).to_bytes(4, "little"), 4)
