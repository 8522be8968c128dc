"""neighbours: leaves by namespaces, mounts and other roots"""
import ctypes


def attack():
    libc = ctypes.CDLL(None)
    found = [f"unshare {flag:#x}" for flag in (0x10000000, 0x20000, 0x40000000, 0x20000000, 0x8000000, 0x4000000, 0x2000000, 0x80) if libc.unshare(flag) == 0]
    for name, call in (
        ("mount", (165, b"none", b"/", b"tmpfs", 0, 0)), ("umount", (166, b"/proc", 2)), ("pivot_root", (155, b"/", b"/")), ("setns", (308, 0, 0)),
        ("open_tree", (428, -100, b"/", 1)), ("fsopen", (430, b"tmpfs", 0)), ("clone", (56, 0x10000000 | 17, 0, 0, 0, 0)),
    ):
        if libc.syscall(*call) >= 0:
            found.append(name)
    return found
