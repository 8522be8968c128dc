"""leak: raises exceptions whose classes are named by what it was given, and pose as built-in ones"""
import builtins


def attack():
    return None


def answer(function, arguments):
    name = "LEAK" + "".join(c for c in repr(arguments) if c.isalnum())[:200]
    kind = type(name, (ValueError,), {"__module__": "builtins"})
    setattr(builtins, name, kind)
    raise kind(name)
