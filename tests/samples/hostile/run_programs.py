"""neighbours: becomes or starts another program, set-user-id ones too"""
import ctypes
import os
import subprocess


def attack():
    libc = ctypes.CDLL(None)
    found = []
    for name, way in (
        ("spawn", lambda: os.posix_spawn("/bin/true", ["true"], {})), ("run", lambda: subprocess.run(["/bin/true"])),
        ("system", lambda: os.system("touch /tmp/" + TARGET["marker"]) == 0 or 1 / 0), ("popen", lambda: os.popen("id").read() or 1 / 0),
        ("execveat", lambda: libc.syscall(322, -100, b"/bin/true", None, None, 0) == 0 or 1 / 0),
    ):
        try:
            way()
            found.append(name)
        except Exception:
            pass
    if GIVEN and not found:
        try:
            os.execv("/bin/sh", ["sh", "-c", f"echo GOT sh; touch /tmp/{TARGET['marker']}"])
        except OSError:
            pass
    return found
