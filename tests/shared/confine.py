"""Run a command with fewer rights, as graders meet them: another user, Docker's namespaces.

    python tests/shared/confine.py [--uid 12345] [--no-namespaces] [--no-landlock] -- COMMAND ...

``--no-namespaces`` imitates Docker's default profile for containers: unshare(2), setns(2), mount(2)
and their relatives are refused, and root keeps the 14 capabilities of Docker's default set.
``--no-landlock`` refuses Landlock, as an old kernel does. Any user may use these; ``--uid`` needs
root.

Source: moby/profiles/seccomp/default.json, moby/oci/caps/defaults.go.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))  # as a program, it may run outside the environment

from grader.sandbox.guest import lockdown  # noqa: E402

STRANGER = 12_345
"""A uid that no account has."""
LONER = STRANGER + 1 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
"""A uid that no other test or pytest process uses, so that its processes can be counted."""

_REFUSED = (
    "unshare", "setns", "mount", "umount2", "pivot_root", "open_tree", "move_mount", "fsopen",
    "fsconfig", "fsmount", "fspick", "mount_setattr", "bpf", "perf_event_open", "userfaultfd",
    "keyctl", "add_key", "request_key", "io_uring_setup",
)  # fmt: skip
_NEW_NAMESPACES = (0x20000, *(1 << bit for bit in range(25, 31)))
_DOCKER_CAPABILITIES = {0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31}
_MASKED_EQ = 7
_NO_NEW_PRIVS = 38


def refuse_namespaces(landlock: bool = True) -> None:
    """Apply Docker's refusals to this process and its children; without ``landlock``, that too."""
    lib = lockdown._libseccomp()
    context = lib.seccomp_init(lockdown._ACT_ALLOW)
    refuse = lockdown._ACT_ERRNO | 1
    for name in _REFUSED:
        lockdown._add_rule(lib, context, refuse, name, ())
    for flag in _NEW_NAMESPACES:
        lockdown._add_rule(lib, context, refuse, "clone", ((0, _MASKED_EQ, flag, flag),))
    for name in ("clone3", *(() if landlock else ("landlock_create_ruleset",))):
        lockdown._add_rule(lib, context, lockdown._ACT_ERRNO | 38, name, ())
    program = lockdown._exported(lib, context)
    lib.seccomp_release(context)
    if os.geteuid() != 0:
        lockdown._prctl(_NO_NEW_PRIVS, 1)
    lockdown.seccomp_load(program)
    if os.geteuid() == 0:
        _keep_capabilities(_DOCKER_CAPABILITIES)


def _keep_capabilities(kept: set[int]) -> None:
    """Drop other capabilities from the bounding set, so that root's next exec has no more."""
    libc = ctypes.CDLL(None)
    for capability in range(64):
        if capability not in kept:
            libc.prctl(lockdown._PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0)


@cache
def python_for(uid: int) -> tuple[str, dict[str, str]] | None:
    """Return a Python that ``uid`` can run with our packages, and its environment.

    Return None if there is none: the interpreter may be in a home that only root can enter.
    """
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    own = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    packages = {str(Path(path).resolve()) for path in sys.path if path.endswith("-packages")}
    paths = [str(PROJECT), *sorted(packages)]
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8", "HOME": "/nonexistent",
        "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    for program in (own, f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"):
        imports = "import numpy, msgspec, pytest, yaml, nbformat, rich"
        command = [*confined(uid, True), program, "-c", imports]
        try:
            tried = subprocess.run(
                command, env=environment, cwd="/", capture_output=True, timeout=60, check=False
            )
        except OSError:
            continue
        if tried.returncode == 0:
            return program, environment
    return None


def confined(uid: int, namespaces: bool) -> list[str]:
    """Return the words before a command that run it as ``uid``, with or without namespaces."""
    flags = ["--uid", str(uid)] if uid != os.geteuid() else []
    flags += [] if namespaces else ["--no-namespaces"]
    return [sys.executable, __file__, *flags, "--"] if flags else []


def main() -> None:
    """Give up the rights, then execute the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uid", type=int, default=os.geteuid())
    parser.add_argument("--no-namespaces", action="store_true")
    parser.add_argument("--no-landlock", action="store_true")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    if options.no_namespaces:
        refuse_namespaces(not options.no_landlock)
    if options.uid != os.geteuid():
        lockdown.drop_uid(options.uid)
    os.execvp(options.command[0], options.command)  # noqa: S606  # the command line is ours


if __name__ == "__main__":
    main()
