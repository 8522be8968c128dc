"""answers: looks into /proc for command lines, environments, open files and memory of others"""
import os


def attack():
    found = []
    for pid in ["self", "1", "2", *map(str, TARGET["pids"]), str(os.getppid()), *map(str, range(3, 40))]:
        for name in ("cmdline", "environ", "maps", "mem", "fd", "root", "cwd", "status", "mountinfo"):
            path = f"/proc/{pid}/{name}"
            try:
                if name == "fd":
                    got = os.listdir(path)
                elif name in ("root", "cwd"):
                    got = os.listdir(path)
                else:
                    with open(path, "rb") as file:
                        got = file.read(80)
            except OSError:
                continue
            if got:
                found.append((path, got))
    return found
