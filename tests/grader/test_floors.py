"""The floors: a module of the framework imports only from floors below its own."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from grader.sandbox import launch as view

GRADER = Path(__file__).parents[2] / "grader"
FLOORS = [
    {"model", "places"},
    {
        "wire",
        "gate",
        "catalog",
        "notebook",
        "secret",
        "store",
        "lockdown",
        "canary",
        "compare",
        "view",
    },
    {"portable", "inbox"},
    {"worker", "torch_bridge"},
    {"pool", "extensions"},
    {"student"},
    {"cases", "gradients", "policy", "trial", "watch"},
    {"timing", "diagnosis", "remote"},
    {"behaviour"},
    {"credit", "selfcheck"},
    {"judging"},
    {"bench"},
    {"plugin"},
    {"grading", "release", "report", "doctor", "values"},
    {"engine", "lms"},
    {"run", "validate"},
    {"autograde", "bundle", "scaffold", "terminal"},
    {"cli"},
]
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
FILES = sorted(file for file in GRADER.rglob("*.py") if "templates" not in file.parts)


def room(file: Path) -> str:
    """The module, or the package, on a floor that a file belongs to."""
    return file.relative_to(GRADER).parts[0].removesuffix(".py")


def imported(file: Path) -> set[str]:
    """The rooms that a file imports, wherever in the file it does."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.ImportFrom)
            and node.module
            and node.module.split(".")[0] == "grader"
        ):
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
            found |= {parts[1] for parts in names if parts[0] == "grader" and len(parts) > 1}
    return found - {"__version__"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(GRADER)))
def test_imports_point_down(file):
    """Every import of ours is from a lower floor, or from the same room."""
    own = room(file)
    if own == "__init__":
        assert not imported(file)
        return
    wrong = {other for other in imported(file) if other != own and FLOOR[other] >= FLOOR[own]}
    assert not wrong


def test_no_cycle_is_hidden_by_a_wrong_table():
    """Each room stands on exactly one floor, and each floor's rooms exist."""
    assert sum(map(len, FLOORS)) == len(FLOOR)
    assert set(FLOOR) == {room(file) for file in FILES} - {"__init__"}


def test_the_worker_knows_nothing_of_the_grader():
    """What runs beside student code imports nothing that could hold a secret."""
    assert imported(GRADER / "worker.py") <= {
        "wire",
        "portable",
        "gate",
        "lockdown",
        "torch_bridge",
    }


def test_a_worker_sees_only_the_modules_that_it_imports():
    """Nothing else of ours is laid into its view, and nothing that it needs is left out."""
    needed, ahead = set(), {"worker", "torch_bridge"}
    while ahead:
        needed |= ahead
        ahead = {each for name in ahead for each in imported(GRADER / f"{name}.py")} - needed
    assert {"__init__.py", *(f"{name}.py" for name in needed)} == {*view.OF_OURS}


def test_help_loads_nothing_heavy():
    """``grader --help`` imports neither NumPy nor pytest, nbformat, rich, torch or Celery."""
    code = (
        "import sys; from grader import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = 'numpy pytest nbformat rich torch jinja2 celery kombu'.split()\n"
        "print(sorted({*heavy} & {*sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"
