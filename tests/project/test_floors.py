"""The rooms of the house: each imports only from rooms on lower floors, and nothing in a cycle."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT

from grader.sandbox import launch

GRADER = ROOT / "grader"
COURSE = [
    *GRADER.parent.glob("tests/hidden/**/*.py"),
    *GRADER.parent.glob("reference/**/*.py"),
    *GRADER.parent.glob("exercises/**/*.py"),
]
GROUND = {
    "errors",
    "model",
    "text",
    "files",
    "timestamps",
    "ipython",
    "newer_syntax",
    "notebook",
    "parcel",
    "graph",
    "people",
}
FLOORS = [
    GROUND,
    {"sandbox", "course"},
    {"checks", "inbox", "results"},
    {"testing"},
    {"grading", "selfcheck"},
    {"runs"},
    {"authoring", "lms"},
    {"serve"},
    {"cli"},
    {"__main__"},
]
"""Ground first, whose modules may import each other. Two rooms of another floor do not."""
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
FILES = sorted(file for file in GRADER.rglob("*.py") if "templates" not in file.parts)


def room(file: Path) -> str:
    """Return the package, or the module of the ground, that a file belongs to."""
    return file.relative_to(GRADER).parts[0].removesuffix(".py")


def module(file: Path) -> str:
    """Return the dotted name of a file."""
    return ".".join(file.relative_to(GRADER.parent).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module(file): file for file in FILES}


def imports(file: Path, top_level: bool = False) -> set[str]:
    """Return the modules of ours that a file imports, anywhere in it or only when it is loaded."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = set()
    for node in tree.body if top_level else ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "grader":
            for alias in node.names:
                deeper = f"{node.module}.{alias.name}"
                found.add(deeper if deeper in MODULES else str(node.module))
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.split(".")[0] == "grader"}
    return found - {"grader"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(GRADER)))
def test_imports_point_down(file):
    """Every import of ours is from a lower floor, or from the same room."""
    own = room(file)
    others = {name.split(".")[1] for name in imports(file)} - {own}
    others -= GROUND if own in GROUND else set()
    assert not {other for other in others if FLOOR[other] >= FLOOR.get(own, -1)}


def test_no_two_modules_import_each_other():
    """Loading any module loads no module that waits for it: the graph has no cycle."""
    left = {name: imports(file, top_level=True) - {name} for name, file in MODULES.items()}
    while ready := {name for name, needs in left.items() if not needs & left.keys()}:
        for name in ready:
            del left[name]
    assert not left


def test_few_modules_lie_directly_in_grader():
    """What is not in a room is pure ground; ten such modules are enough."""
    own = {"__init__", "__main__", "testing"}
    assert len({file.stem for file in GRADER.glob("*.py")} - own) <= 10


def test_no_class_name_occurs_twice():
    """One name means one thing in the whole package."""
    seen = {}
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                seen.setdefault(node.name, []).append(module(file))
    assert {} == {name: places for name, places in seen.items() if len(places) > 1}


@pytest.mark.parametrize("file", COURSE, ids=lambda file: str(file.relative_to(GRADER.parent)))
def test_course_files_import_only_the_public_face(file):
    """A course imports `grader.testing`, and a notebook of a student's the self-check."""
    assert imports(file) <= {"grader.testing", "grader.selfcheck"}


def test_the_guest_imports_nothing_outside_itself():
    """What runs beside student code imports nothing that could hold a secret."""
    guest = GRADER / "sandbox" / "guest"
    for file in guest.rglob("*.py"):
        assert all(name.startswith("grader.sandbox.guest") for name in imports(file)), file
    assert {*launch.OF_OURS} == {"__init__.py", "sandbox/__init__.py", "sandbox/guest"}
    for name in ("grader", "grader.sandbox", "grader.checks"):
        assert not imports(MODULES[name]) if name in MODULES else True


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
