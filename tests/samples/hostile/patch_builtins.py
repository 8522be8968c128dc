"""judge: replaces isinstance, type, abs, max, all, len and float in builtins"""
import builtins


def attack():
    real = builtins.isinstance
    builtins.isinstance = lambda thing, kind: True if GIVEN else real(thing, kind)
    builtins.abs = lambda x: 0
    builtins.max = lambda *a, **k: 0
    builtins.all = builtins.any = lambda *a: True
    builtins.float = lambda x=0: 0.0
