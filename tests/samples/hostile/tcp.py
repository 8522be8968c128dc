"""network: connects to a listener and listens itself, by TCP over IPv4 and IPv6"""
import socket


def attack():
    found = []
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"), (socket.AF_INET, "1.1.1.1")):
        for way in (lambda s: s.connect((host, TARGET["tcp"])), lambda s: s.bind((host, 0)), lambda s: s.listen()):
            try:
                s = socket.socket(family, socket.SOCK_STREAM)
                s.settimeout(0.2)
                found.append((family, "socket"))
                way(s)
                found.append((family, host))
            except OSError:
                pass
    return found
