"""answers: looks for the grader, pytest or the reference among the modules that are loaded"""
import sys
import types


def attack():
    names = ("pytest", "_pytest", "pluggy", "msgspec", "solution", "reference", "hidden", "cases", "conftest")
    found = [n for n in sys.modules if n.partition(".")[0] in names]
    for name in [n for n in sys.modules if n.startswith("grader")]:
        if type(sys.modules[name]) is types.ModuleType:
            found.append(name)
    return found
