"""Try to escape from the sandbox before anything is graded.

A worker loads this file as if it were a submission. Each attempt that succeeds sets its flag in the
result of `probe`; a run with any flag set refuses to start.
"""

# ruff: noqa: ANN001, ANN201, ANN202  # it is loaded as a submission is, and written like one

import os
import socket
import time

import numpy as np

ATTEMPTS = ("read", "list", "write", "connect", "fork", "execute", "signal", "set limits")


def probe(paths, pid, folder="."):
    """Return a flag for each of ``ATTEMPTS``: 1.0 if it succeeded.

    Args:
        paths: Files that must be unreadable.
        pid: The id of a process of the grader.
        folder: The working folder of the program, or '' if the program may write there.
    """
    attempts = (
        _read, _list, lambda paths, pid: _write(paths, pid, folder), _connect, _fork, _execute,
        _signal, _set_limits,
    )  # fmt: skip
    return np.array([_succeeds(attempt, paths, pid) for attempt in attempts])


def burn(seconds):
    """Use ``seconds`` of CPU time, to check the clock that the grader reads."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return 1.0


def _succeeds(attempt, paths, pid):
    try:
        return float(bool(attempt(paths, pid)))
    except BaseException:
        return 0.0


def _read(paths, pid):
    return any(
        _succeeds(lambda path, _: open(path, "rb").read(1) or True, path, 0) for path in paths
    )


def _list(paths, pid):
    folders = {os.path.dirname(path) for path in paths}
    return any(_succeeds(lambda folder, _: os.listdir(folder) or True, each, 0) for each in folders)


def _write(paths, pid, folder):
    places = {"/tmp", "/dev/shm", "/var/tmp", folder, *(os.path.dirname(path) for path in paths)}  # noqa: S108
    places.discard("")
    return any(_succeeds(_create, place, pid) for place in places)


def _create(place, pid):
    path = os.path.join(place, f"canary-{pid}")
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT))
    os.unlink(path)
    return True


def _connect(paths, pid):
    return any(
        _succeeds(lambda family, _: socket.socket(family, socket.SOCK_STREAM), family, 0)
        for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX)
    )


def _fork(paths, pid):
    child = os.fork()
    if child == 0:
        os._exit(0)
    return True


def _execute(paths, pid):
    return os.posix_spawn("/bin/true", ["true"], {})


def _signal(paths, pid):
    os.kill(pid, 0)
    return True


def _set_limits(paths, pid):
    import resource

    resource.prlimit(pid, resource.RLIMIT_CPU, (1, 1))
    return True
