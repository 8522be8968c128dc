"""network: opens raw, packet, netlink, vsock, CAN, Bluetooth and algorithm sockets"""
import ctypes


def attack():
    libc = ctypes.CDLL(None)
    found = []
    for family in range(0, 46):
        for kind in (1, 2, 3, 5, 10):
            if libc.socket(family, kind, 0) >= 0:
                found.append((family, kind))
    return found
