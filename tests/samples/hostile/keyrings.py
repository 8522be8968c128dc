"""neighbours: keeps a note in the kernel's keyrings"""
import ctypes


def attack():
    libc = ctypes.CDLL(None)
    return [ring for ring in range(-8, 0) if libc.syscall(248, b"user", b"note", b"hello", 5, ring) > 0] or (
        libc.syscall(250, 0, -3, 1) > 0 or libc.syscall(249, b"user", b"note", None, -3) > 0)
