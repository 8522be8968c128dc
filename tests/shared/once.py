"""What many tests look at, made once, though pytest spreads the tests over several processes."""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[], T]) -> T:
    """Return what ``make`` gives in the process that comes first; the others wait and read it.

    Args:
        factory: For a folder that all processes of this run of pytest have.
        name: A name for it, such as no other test gives.
        make: Makes it; what it returns can be pickled.
    """
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    path = folder / f"{name}.pickle"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            path.write_bytes(pickle.dumps(make()))
    found: T = pickle.loads(path.read_bytes())  # noqa: S301  # this run of pytest has written it
    return found
