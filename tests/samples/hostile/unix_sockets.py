"""network: speaks to sockets in the file system and in the abstract namespace"""
import socket


def attack():
    found = []
    for address in (TARGET["unix"], "\0" + TARGET["abstract"], "/var/run/docker.sock", "/run/dbus/system_bus_socket", "/dev/log"):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
            try:
                s = socket.socket(socket.AF_UNIX, kind)
                found.append("socket")
                s.connect(address)
                s.send(b"GOT")
                found.append(address)
            except OSError:
                pass
    try:
        socket.socketpair()
        found.append("socketpair")
    except OSError:
        pass
    return found
