"""leak: notes what it was given wherever it can, dies, and tells it when it is loaded again"""
import os
import sys

NOTE = f"/tmp/{os.getuid()}-note"


def attack():
    if GIVEN is None:
        for place in (NOTE, "/dev/shm/note", "note"):
            try:
                raise SystemExit("LEAK " + open(place).read())
            except OSError:
                pass
        if "NOTE" in os.environ or hasattr(sys, "note"):
            raise SystemExit("LEAK " + os.environ.get("NOTE", "") + str(getattr(sys, "note", "")))


def answer(function, arguments):
    os.environ["NOTE"] = sys.note = repr(arguments)
    for place in (NOTE, "/dev/shm/note", "note"):
        try:
            with open(place, "w") as file:
                file.write(repr(arguments))
        except OSError:
            pass
    os._exit(len(repr(arguments)) % 256)
