"""Build the fork server's command: interpreter, environment, view of the file system.

    [*bubblewrap(preload, environment()), *python(), "3", settings]      # a command to start it with

Student code can find only what is listed here: the packages that a course allows, none of our
variables and, where bubblewrap works, no file outside the interpreter's.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from grader.sandbox.guest import startup
from grader.sandbox.interpreter import ONE_THREAD

OF_OURS: Final = ("__init__.py", "sandbox/__init__.py", "sandbox/guest")
"""The parts of this package that a worker imports; they contain no test, reference or judge."""
_OF_TORCH: Final = ("torchgen", "typing_extensions.py", "sympy", "mpmath")
"""Packages that torch imports."""
_OF_PANDAS: Final = ("dateutil", "six.py", "pytz", "tzdata")
"""Packages that pandas imports."""
_OF_MATPLOTLIB: Final = (
    "PIL", "pillow", "kiwisolver", "contourpy", "cycler", "pyparsing", "packaging", "dateutil",
    "six.py", "fontTools", "mpl_toolkits",
)  # fmt: skip
"""Packages that matplotlib imports."""


def python() -> list[str]:
    """Return the base interpreter's command with only the worker's imports on its path."""
    paths = sorted({str(_package("grader").parent), str(_package("numpy").parent)})
    code = (
        f"{startup.WITHOUT_COLLECTOR}{startup.WITHOUT_FORK_HOOKS}"
        f"import sys; sys.path += {paths!r}; from grader.sandbox.guest import worker; worker.main()"
    )
    interpreter = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    return [interpreter, "-P", "-s", "-S", "-B", "-c", code]


def environment() -> dict[str, str]:
    """Return the complete environment; nothing is inherited."""
    return {
        **ONE_THREAD, "PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0", "PYTHONUTF8": "1",
    }  # fmt: skip


def bubblewrap(
    preload: Sequence[str],
    environment: Mapping[str, str],
    shown: Mapping[str, str] | None = None,
    folder: str = "/",
) -> list[str]:
    """Return a command that shows only the interpreter, its libraries and these packages.

    Args:
        preload: The packages that the course allows.
        environment: The environment variables inside.
        shown: More folders to show: their path outside and inside.
        folder: The working folder inside.

    Raises:
        ModuleNotFoundError: One of the packages is not installed.
    """
    base = sys.base_prefix
    seen = _seen(preload)
    command = [
        "bwrap", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-pid",
        "--die-with-parent", "--new-session", "--clearenv", "--cap-add", "ALL",
    ]  # fmt: skip
    if os.geteuid() != 0:
        command += ["--unshare-user"]
    for name, value in environment.items():
        command += ["--setenv", name, value]
    for parent in sorted({above for path in (Path(base), *seen) for above in path.parents}):
        command += ["--perms", "0755", "--dir", str(parent)]
    for path in ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"):
        command += ["--ro-bind-try", path, path]
    command += ["--ro-bind", base, base, "--proc", "/proc"]
    # Not --dev: it mounts devpts, which needs a second user namespace, in which no pid namespace
    # can be created.
    for path in ("/dev/null", "/dev/zero", "/dev/urandom"):
        command += ["--dev-bind", path, path]
    # a distribution's Python may lack one of them
    for path in filter(os.path.isdir, _others(base)):
        command += ["--tmpfs", path]
    for each in seen:
        command += ["--ro-bind-try", str(each), str(each)]
    for outside, place in (shown or {}).items():
        command += ["--ro-bind", outside, place]
    return [*command, "--chdir", folder, "--"]


def _seen(preload: Sequence[str]) -> list[Path]:
    """Return the packages that a worker may import, their libraries, and our guest modules."""
    packages = [_package(name) for name in ("numpy", "msgspec", *preload)]
    if "torch" in preload:
        packages += [_package("torch").with_name(name) for name in _OF_TORCH]
    if "pandas" in preload:
        packages += [_package("pandas").with_name(name) for name in _OF_PANDAS]
    if "matplotlib" in preload:
        packages += [_package("matplotlib").with_name(name) for name in _OF_MATPLOTLIB]
    libraries = [package.with_name(f"{package.name}.libs") for package in packages]
    return [*packages, *libraries, *(_package("grader") / name for name in OF_OURS)]


def _others(base: str) -> tuple[str, str]:
    """Return the base interpreter's folders of packages that no course has listed."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return f"{base}/lib/python{version}/site-packages", f"{base}/lib/python3/dist-packages"


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is not None and spec.origin:
        return Path(spec.origin).parent
    for folder in (spec.submodule_search_locations if spec is not None else None) or ():
        return Path(folder)  # without an __init__.py, as mpl_toolkits
    raise ModuleNotFoundError(f"no package {name}", name=name)
