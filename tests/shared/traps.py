"""A folder of traps: files that leave a mark if a program imports, reads or runs them.

    plant(folder)
    ...                       # run something in it
    assert not sprung(folder)

There is a module for each name in the standard library and each installed package, as a file or a
package, and files that Python, pytest, Celery and matplotlib read by themselves.
"""

import sys
from importlib.metadata import packages_distributions
from pathlib import Path

MARK = ".sprung"
SCRIPT = '#!/bin/sh\n: > "$0.sprung"\n'
CODE = f"import posix\nposix.close(posix.open(__file__ + {MARK!r}, 0o101))\n"
"""Leaves the mark with only a built-in module, because any other may itself be a trap."""
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
    """Fill ``folder`` with traps; existing files of the same names are kept."""
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
