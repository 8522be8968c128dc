"""A folder of traps: files that some program would import, read or run, and that then leave a mark.

    plant(folder)
    ...                       # run something in it
    assert not sprung(folder)

There is a module for every name of the standard library and of every installed package, as a file
or as a package, besides what Python, pytest, Celery and matplotlib read on their own.
"""

import sys
from importlib.metadata import packages_distributions
from pathlib import Path

MARK = ".sprung"
SCRIPT = '#!/bin/sh\n: > "$0.sprung"\n'
CODE = f"import posix\nposix.close(posix.open(__file__ + {MARK!r}, 0o101))\n"
"""Leaves the mark with nothing but a built-in module: any other may be a trap itself."""
NAMES = (
    "conftest", "sitecustomize", "usercustomize", "celeryconfig", "grader", "trap", "tests",
    "test_trap", "_virtualenv", "matplotlib", "numpy", "torch", "msgspec", "yaml",
)  # fmt: skip
PROGRAMS = ("bwrap", "python", "python3", "sh", "git", "mktemp", "rm", "grader.sh")
TEXTS = {
    "pytest.ini": "[pytest]\naddopts = -p trap\npython_files = *.py\n",
    "tox.ini": "[pytest]\naddopts = -p trap\n",
    "setup.cfg": "[tool:pytest]\naddopts = -p trap\n",
    "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "-p trap"\n',
    "matplotlibrc": "backend: module://trap\n",
    "trap.pth": "import trap\n",
    "pyvenv.cfg": "home = /nonexistent\n",
}


def plant(folder: Path) -> None:
    """Fill ``folder`` with traps; a folder that has a file of that name keeps it."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {*sys.stdlib_module_names, *packages_distributions(), *NAMES}
    for name in sorted(name for name in names if name.isidentifier()):
        package = folder / name / "__init__.py"
        package.parent.mkdir(exist_ok=True)
        for path in (package, folder / f"{name}.py"):
            if not path.exists():
                path.write_text(CODE)
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    for name in PROGRAMS:
        path = folder / name
        if not path.is_dir():
            path.write_text(SCRIPT)
            path.chmod(0o755)


def sprung(folder: Path) -> list[str]:
    """Return the traps in ``folder``, and below it, that something ran."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob(f"*{MARK}"))
