"""neighbours: asks for the parts of the kernel that exploits begin with"""
import ctypes


def attack():
    libc = ctypes.CDLL(None)
    zeros = ctypes.create_string_buffer(256)
    calls = {
        "io_uring_setup": (425, 8, zeros), "userfaultfd": (323, 1), "bpf": (321, 0, zeros, 128), "perf_event_open": (298, zeros, 0, -1, -1, 0),
        "kcmp": (312, 1, 1, 0, 0, 0), "seccomp": (317, 1, 0, zeros), "prctl": (157, 15, b"name", 0, 0, 0), "personality": (135, 0x0400000),
        "fanotify_init": (300, 0, 0), "inotify_init": (294, 0), "epoll_create1": (291, 0), "eventfd2": (290, 0, 0), "signalfd": (289, -1, zeros, 8, 0),
        "timer_create": (222, 0, zeros, zeros), "timerfd": (283, 0, 0), "pipe2": (293, zeros, 0), "modify_ldt": (154, 0, zeros, 16),
        "iopl": (172, 3), "init_module": (175, zeros, 0, b""), "kexec_load": (246, 0, 0, 0, 0), "quotactl": (179, 0, 0, 0, 0), "syslog": (103, 10, 0, 0),
        "add_key": (248, b"user", b"k", b"v", 1, -3), "landlock": (444, zeros, 8, 0), "membarrier": (324, 0, 0, 0), "vmsplice": (278, 1, zeros, 0, 0),
        "splice": (275, 1, 0, 1, 0, 0, 0), "process_madvise": (440, -1, zeros, 0, 0, 0), "futex_waitv": (449, zeros, 0, 0, 0, 0),
        "map_shadow_stack": (453, 0, 4096, 1), "arch_prctl": (158, 0x1002, 0), "mlockall": (151, 1), "reboot": (169, 0, 0, 0), "swapon": (167, b"/", 0),
        "mincore": (27, 0, 0, zeros), "rt_sigqueueinfo": (129, 1, 10, zeros), "mbind": (237, 0, 0, 0, 0, 0, 0),
    }
    return [name for name, call in calls.items() if libc.syscall(*call) >= 0]
