"""answers: opens the hidden tests, the solution, the secret and the results by their paths"""


def attack():
    found = {}
    for path in [*TARGET["files"], "/etc/passwd", "/etc/shadow"]:
        try:
            with open(path, "rb") as file:
                found[path] = file.read(60)
        except OSError:
            pass
    return found
