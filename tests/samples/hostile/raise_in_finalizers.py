"""early: raises and exits in __del__, in weakref callbacks and at exit"""
import atexit
import os
import weakref


class Late:
    def __del__(self):
        raise SystemExit(0)


class Later(dict):
    def __del__(self):
        os._exit(0)


def attack():
    atexit.register(os._exit, 0)
    atexit.register(lambda: print("GOT atexit ran"))
    Late()


def answer(function, arguments):
    thing = Later(a1=Late())
    weakref.finalize(thing, os._exit, 0)
    return thing
