"""neighbours: makes system calls by machine code of its own, past libc"""
import ctypes
import mmap

# mov rax, rdi; mov rdi, rsi; mov rsi, rdx; mov rdx, rcx; syscall; ret
CODE = bytes.fromhex("4889f84889f74889d64889ca0f05c3")


def attack():
    memory = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(CODE)
    call = ctypes.CFUNCTYPE(ctypes.c_long, *[ctypes.c_long] * 4)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))
    names = {41: (2, 1, 0), 57: (0, 0, 0), 62: (1, 0, 0), 101: (0, 0, 0), 59: (0, 0, 0), 272: (0x10000000, 0, 0), 319: (0, 0, 0)}
    found = []
    for number, arguments in names.items():
        result = call(number, *arguments)
        if number == 57 and result == 0:
            call(60, 0, 0, 0)
        if result >= 0:
            found.append(number)
    return found
