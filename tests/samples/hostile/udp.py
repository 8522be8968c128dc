"""network: sends datagrams with what it was given"""
import socket


def attack():
    found = []
    for host in ("127.0.0.1", "255.255.255.255", "224.0.0.1"):
        try:
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.sendto(TARGET["marker"].encode(), (host, TARGET["udp"]))
            found.append(host)
        except OSError:
            pass
    return found
