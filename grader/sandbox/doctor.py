"""Report versions and sandbox layers, and whether the layers work (`grader doctor`).

It runs the same attempts as a run before grading: see `grader.sandbox.selftest`.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from grader import __version__
from grader.sandbox import selftest
from grader.sandbox.faults import GraderError, StudentError
from grader.sandbox.fork_server import ForkServer, Sandbox
from grader.sandbox.guest import lockdown

_WITHOUT: Final = {
    "chroot": "not needed where Landlock or a mount view hides files",
    "uid": "needs root",
    "landlock": "needs Linux 5.13 with Landlock enabled",
    "seccomp": "needs libseccomp2 (apt-get install libseccomp2)",
    "pidns": "needs root with namespaces, or bubblewrap",
    "quiet": "needs Linux",
    "mounts": "needs bubblewrap (apt-get install bubblewrap) and namespaces",
}


def examine(private: Sequence[str] = ()) -> Iterator[tuple[str, bool]]:
    """Yield lines of the report, each with True if it is good.

    ``private``: files that workers must not read; without a course, a temporary file replaces them.
    """
    yield f"grader {__version__}, Python {platform.python_version()}, {platform.platform()}", True
    for package in ("numpy", "pytest", "msgspec", "nbformat", "torch"):
        yield _package(package)
    yield f"bubblewrap: {shutil.which('bwrap') or 'not installed'}", True
    yield f"uid {os.geteuid()}, Landlock ABI {_abi()}", True
    yield from _sandbox(private)


def _package(name: str) -> tuple[str, bool]:
    try:
        return f"{name} {version(name)}", True
    except PackageNotFoundError:
        optional = name == "torch"
        needed = " (only exercises with `runtime: torch` need it)" if optional else ""
        return f"{name}: not installed{needed}", optional


def _abi() -> int:
    return lockdown.landlock_abi() if sys.platform == "linux" else 0


def _sandbox(private: Sequence[str]) -> Iterator[tuple[str, bool]]:
    if sys.platform != "linux":
        yield (
            "sandbox: none on this system; `grader check` works, grading others' code does not",
            False,
        )
        return
    try:
        with ForkServer(Sandbox.best()) as server:
            server.ready()
            on = server.sandbox.layers
            for layer in lockdown.LAYERS:
                yield f"  {layer:9} {'on' if layer in on else _off(layer)}", True
            with _stand_in() if not private else contextlib.nullcontext(private) as files:
                yield from _tried(server, files)
    except (GraderError, StudentError) as error:
        yield f"sandbox: {error}", False


def _tried(server: ForkServer, private: Sequence[str]) -> Iterator[tuple[str, bool]]:
    found = selftest.examine(server, private)
    for name, succeeded in found.attempts.items():
        yield f"  a worker can {name:10} {'YES' if succeeded else 'no'}", not succeeded
    shown = f"{found.seconds * 1e3:.0f} ms for {selftest.BURNT * 1e3:.0f} ms of work"
    yield f"  the CPU clock of workers shows {shown}", found.clock_is_right
    verdict = f"NO: {found.problem}" if found.problem else "yes"
    yield f"good enough to grade other people's code: {verdict}", not found.problem


@contextlib.contextmanager
def _stand_in() -> Iterator[Sequence[str]]:
    """Create a world-readable file, in the place of a course's hidden tests."""
    with tempfile.TemporaryDirectory(prefix="grader-doctor-") as name:
        folder, file = Path(name), Path(name, "test_hidden.py")
        folder.chmod(0o755)
        file.write_bytes(b"secret = 1\n")
        file.chmod(0o644)
        yield [str(file)]


def _off(layer: str) -> str:
    return f"off: {_WITHOUT.get(layer, 'not available here')}"
