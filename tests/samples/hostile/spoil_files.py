"""neighbours: overwrites, truncates, renames and removes the hidden tests and the results"""
import os
import shutil


def attack():
    found = []
    for path in TARGET["files"]:
        for name, way in (
            ("write", lambda: open(path, "ab").close()), ("truncate", lambda: os.truncate(path, 0)), ("chmod", lambda: os.chmod(path, 0o777)),
            ("rename", lambda: os.rename(path, path + "~")), ("unlink", lambda: os.unlink(path)), ("chown", lambda: os.chown(path, 0, 0)),
            ("copy", lambda: shutil.copy(path, "/tmp")), ("utime", lambda: os.utime(path)),
        ):
            try:
                way()
                found.append((name, path))
            except OSError:
                pass
    return found
