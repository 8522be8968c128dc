"""Start Python processes that import nothing from the current folder or the environment.

    subprocess.Popen(command("from grader.grading import process; process.main()", "3"),
                     env=environment(), cwd=NEUTRAL)

A student's folder may hold a ``platform.py``, and an instructor's shell has settings for other
programs. So each of our interpreters runs in isolated mode (``-I``: without the current folder,
``PYTHON*`` variables and the user's packages), in the root folder, with an environment built here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

NEUTRAL: Final = "/"
"""The working folder of all our processes: a folder in which only root can write."""
ONE_THREAD: Final = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}
"""Variables that limit array code to one thread."""
_PACKAGE_FOLDER: Final = str(Path(__file__).resolve().parents[2])
"""The folder that holds the package ``grader``."""
_FOREIGN: Final = ("CELERY", "KOMBU")
"""Prefixes of variables that make Celery load modules into the command's process."""


def command(code: str, *arguments: str) -> list[str]:
    """Return the command line that runs ``code`` in isolated mode."""
    # Import this grader first, in case another one is installed; it must shadow nothing else.
    found = (
        f"import sys; sys.path.insert(0, {_PACKAGE_FOLDER!r}); import grader; del sys.path[0]; "
        f"{_PACKAGE_FOLDER!r} in sys.path or sys.path.append({_PACKAGE_FOLDER!r}); "
        "from importlib.util import find_spec; "
        f"find_spec('msgspec') or sys.path.extend({_folders()!r}); {code}"
    )
    bytecode = ["-B"] if sys.dont_write_bytecode else []
    return [sys.executable, "-I", *bytecode, "-X", "utf8", "-c", found, *arguments]


def _folders() -> list[str]:
    """Return the folders of our package and its dependencies, for users who set PYTHONPATH.

    The new process has them last on its path, and only if it would not find the packages otherwise.
    """
    specs = (find_spec(name) for name in ("msgspec", "numpy", "pytest"))
    origins = [str(Path(spec.origin).parents[1]) for spec in specs if spec and spec.origin]
    return list(dict.fromkeys(origins))


def environment(given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the complete environment for one of our processes; it inherits nothing else.

    Args:
        given: The variables from which PATH, library and temporary folders are taken.
    """
    temporary = given.get("TMPDIR", "")
    libraries = _absolute(given.get("LD_LIBRARY_PATH", ""))
    return {
        **ONE_THREAD,
        "PATH": _absolute(given.get("PATH", os.defpath)),
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        **({"TMPDIR": temporary} if os.path.isabs(temporary) else {}),
        # Python itself may need it to start
        **({"LD_LIBRARY_PATH": libraries} if libraries else {}),
    }


def _absolute(paths: str) -> str:
    """Return a search path without relative and empty entries, which mean the current folder."""
    return os.pathsep.join(path for path in paths.split(os.pathsep) if os.path.isabs(path))


def shut_out_surroundings() -> None:
    """Keep this process from importing from the current folder, and clear foreign settings.

    The command calls it, since its user started the process. Python has already read ``PYTHONPATH``
    before our first line runs, so that cannot be undone.
    """
    here = os.path.realpath(os.curdir)
    sys.path[:] = [
        path
        for path in sys.path
        if path and (path == _PACKAGE_FOLDER or os.path.realpath(path) != here)
    ]
    os.environ["PATH"] = _absolute(os.environ.get("PATH", os.defpath))
    for name, value in list(os.environ.items()):
        relative = name in ("TMPDIR", "XDG_CACHE_HOME") and not os.path.isabs(value)
        if relative or name.startswith(_FOREIGN):
            del os.environ[name]
