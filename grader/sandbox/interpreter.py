"""Start our own Python processes so that nothing around them is imported.

    subprocess.Popen(command("from grader.grading import process; process.main()", "3"),
                     env=environment(), cwd=NEUTRAL)

A student's folder may hold a ``platform.py``, and the shell of an instructor has settings for other
programs. So every interpreter of ours runs in isolated mode (``-I``: no current folder, no
``PYTHON*``, no packages of the user's), in the root folder, with an environment that is built here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

NEUTRAL: Final = "/"
"""The working folder of every process of ours: nobody else writes there."""
ONE_THREAD: Final = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}
"""Variables that keep array code in one thread."""
_OURS: Final = str(Path(__file__).resolve().parents[2])
"""The folder that holds the package ``grader``."""
_FOREIGN: Final = ("CELERY", "KOMBU")
"""Prefixes of variables that make Celery load what they name, in the process of the command."""


def command(code: str, *arguments: str) -> list[str]:
    """Return the command line that runs ``code`` in isolated mode."""
    # Another grader may be installed: this one is imported first, and shadows nothing else after it.
    found = (
        f"import sys; sys.path.insert(0, {_OURS!r}); import grader; del sys.path[0]; "
        f"{_OURS!r} in sys.path or sys.path.append({_OURS!r}); "
        "from importlib.util import find_spec; "
        f"find_spec('msgspec') or sys.path.extend({_folders()!r}); {code}"
    )
    bytecode = ["-B"] if sys.dont_write_bytecode else []
    return [sys.executable, "-I", *bytecode, "-X", "utf8", "-c", found, *arguments]


def _folders() -> list[str]:
    """Return where this process finds our package and what it needs, for those who set PYTHONPATH.

    They come last on the path of the new process, and only if it would find no packages otherwise.
    """
    specs = (find_spec(name) for name in ("msgspec", "numpy", "pytest"))
    origins = [str(Path(spec.origin).parents[1]) for spec in specs if spec and spec.origin]
    return list(dict.fromkeys(origins))


def environment(given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the whole environment of a process of ours: built, not inherited.

    Args:
        given: Where the paths of programs, libraries and temporary files are taken from.
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
        **({"LD_LIBRARY_PATH": libraries} if libraries else {}),  # some need it to start Python
    }


def _absolute(paths: str) -> str:
    """Return a search path without its relative and empty entries, which mean the current folder."""
    return os.pathsep.join(path for path in paths.split(os.pathsep) if os.path.isabs(path))


def shut_out_surroundings() -> None:
    """Let this process import nothing from the current folder, and forget settings of others.

    For the command itself, which was started by somebody else. What Python read before the first
    line of ours (``PYTHONPATH``) is beyond reach.
    """
    here = os.path.realpath(os.curdir)
    sys.path[:] = [
        path for path in sys.path if path and (path == _OURS or os.path.realpath(path) != here)
    ]
    os.environ["PATH"] = _absolute(os.environ.get("PATH", os.defpath))
    for name, value in list(os.environ.items()):
        relative = name in ("TMPDIR", "XDG_CACHE_HOME") and not os.path.isabs(value)
        if relative or name.startswith(_FOREIGN):
            del os.environ[name]
