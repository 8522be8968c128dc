"""neighbours: makes shared memory, semaphores and queues by System V and POSIX"""
import ctypes


def attack():
    libc = ctypes.CDLL(None)
    found = [name for name, call in (
        ("shmget", (29, 0x5EC, 4096, 0o1666)), ("semget", (64, 0x5EC, 1, 0o1666)), ("msgget", (68, 0x5EC, 0o1666)),
        ("mq_open", (240, b"note", 0o102, 0o666, 0)), ("memfd", (319, b"note", 0)), ("memfd_secret", (447, 0)),
    ) if libc.syscall(*call) >= 0]
    try:
        from multiprocessing import shared_memory

        shared_memory.SharedMemory(TARGET["marker"], create=True, size=4096)
        found.append("shm_open")
    except BaseException:
        pass
    return found
