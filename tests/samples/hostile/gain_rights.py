"""neighbours: becomes root again, or another user, or gets back a capability"""
import ctypes
import os


def attack():
    libc = ctypes.CDLL(None)
    found = []
    for name, way in (
        ("setuid", lambda: os.setuid(0)), ("setresuid", lambda: os.setresuid(0, 0, 0)), ("setgid", lambda: os.setgid(0)), ("setgroups", lambda: os.setgroups([0])),
        ("setresuid to a sibling", lambda: os.setresuid(os.getuid() + 1, -1, -1)), ("chroot", lambda: os.chroot("/")), ("setsid", os.setsid),
    ):
        try:
            way()
            found.append(name)
        except OSError:
            pass
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    if libc.syscall(126, header, (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)) == 0:
        found.append("capset")
    if os.getuid() == 0 or os.geteuid() == 0 or os.getgroups() not in ([], [os.getgid()]):
        found.append(("still", os.getuid(), os.getgroups()))
    return found
