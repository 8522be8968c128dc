"""neighbours: leaves notes for the next worker in every folder and in files that have no name"""
import ctypes
import os


def attack():
    libc = ctypes.CDLL(None)
    found = []
    places = [*TARGET["notes"], "/tmp", "/dev/shm", "/var/tmp", "/run", "/run/lock", "/dev/mqueue", "/", ".", "/proc/self/cwd",
              os.path.expanduser("~"), os.path.dirname(os.__file__)]
    for place in places:
        path = f"{place}/{TARGET['marker']}-note"
        for way in (
            lambda: os.open(path, os.O_WRONLY | os.O_CREAT, 0o666), lambda: os.open(path, os.O_RDONLY | os.O_CREAT),
            lambda: os.mkdir(path), lambda: os.mkfifo(path), lambda: os.mknod(path), lambda: os.symlink("note", path),
            lambda: os.open(place, os.O_TMPFILE | os.O_RDWR), lambda: os.utime(place), lambda: os.chmod(place, 0o777),
            lambda: os.setxattr(place, "user.note", b"note"), lambda: os.rename(place, path),
        ):
            try:
                way()
                found.append(path)
            except (OSError, AttributeError):
                pass
    if libc.memfd_create(b"note", 0) >= 0:
        found.append("memfd")
    return found
