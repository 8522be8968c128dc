"""What is on, what is missing, and whether it holds: `grader doctor`, as plain lines.

Layers are not believed but tried: a canary in a worker attempts what they are there to stop.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from grader import __version__
from grader.sandbox.fork_server import ForkServer, GraderError, Sandbox, StudentError
from grader.sandbox.guest import lockdown
from grader.sandbox.selftest import BURNT, trial

_WITHOUT: Final = {
    "chroot": "not needed where Landlock or a mount view hides files",
    "uid": "needs root",
    "landlock": "needs Linux 5.13 with Landlock enabled",
    "seccomp": "needs libseccomp2 (apt-get install libseccomp2)",
    "pidns": "needs root with namespaces, or bubblewrap",
    "mounts": "needs bubblewrap (apt-get install bubblewrap) and namespaces",
}


def examine() -> Iterator[tuple[str, bool]]:
    """Yield (line, whether that is as it should be)."""
    yield f"grader {__version__}, Python {platform.python_version()}, {platform.platform()}", True
    for package in ("numpy", "pytest", "msgspec", "nbformat", "torch"):
        yield _package(package)
    yield f"bubblewrap: {shutil.which('bwrap') or 'not installed'}", True
    yield f"uid {os.geteuid()}, Landlock ABI {_abi()}", True
    yield from _sandbox()


def _package(name: str) -> tuple[str, bool]:
    try:
        return f"{name} {version(name)}", True
    except PackageNotFoundError:
        optional = name == "torch"
        return f"{name}: not installed{' (for torch_layers only)' if optional else ''}", optional


def _abi() -> int:
    return lockdown.landlock_abi() if sys.platform == "linux" else 0


def _sandbox() -> Iterator[tuple[str, bool]]:
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
            missing = lockdown.missing_for_grading(on)
            yield (
                f"enough to grade others' code: {f'NO, {missing}' if missing else 'yes'}",
                not missing,
            )
            yield from _canary(server)
    except (GraderError, StudentError) as error:
        yield f"sandbox: {error}", False


def _canary(server: ForkServer) -> Iterator[tuple[str, bool]]:
    found = trial(server, ["/etc/passwd", str(Path(__file__).parents[1] / "checks" / "check.py")])
    for name, succeeded in found.attempts.items():
        yield f"  a worker can {name:10} {'YES' if succeeded else 'no'}", not succeeded
    shown = f"{found.seconds * 1e3:.0f} ms for {BURNT * 1e3:.0f} ms of work"
    yield f"the CPU clock of workers shows {shown}", found.clock_is_right


def _off(layer: str) -> str:
    return f"off: {_WITHOUT.get(layer, 'cannot be had here')}"
