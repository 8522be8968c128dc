"""network: uses the socket it has for messages, peers' credentials and passing descriptors"""
import array
import os
import socket
import stat


def attack():
    found = []
    for fd in range(3, 64):
        try:
            if not stat.S_ISSOCK(os.fstat(fd).st_mode):
                continue
            s = socket.socket(fileno=fd)
            for name, way in (
                ("sendmsg", lambda: s.sendmsg([b"x"], [(1, 1, array.array("i", [0]))])), ("recvmsg", lambda: s.recvmsg(1, 100, socket.MSG_DONTWAIT)),
                ("peercred", lambda: s.getsockopt(1, socket.SO_PEERCRED, 12)), ("passcred", lambda: s.setsockopt(1, socket.SO_PASSCRED, 1)),
                ("name", s.getpeername), ("shutdown", lambda: s.shutdown(socket.SHUT_WR)), ("buffer", lambda: s.setsockopt(1, socket.SO_SNDBUF, 1 << 30)),
            ):
                try:
                    way()
                    found.append(name)
                except OSError:
                    pass
            s.detach()
        except OSError:
            pass
    return found
