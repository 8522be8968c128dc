"""Create shared test data once, although pytest spreads the tests over several processes."""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[], T]) -> T:
    """Return the result of ``make`` in the first process; the others wait and read it.

    Args:
        factory: Provides a folder that all processes of this pytest run share.
        name: A name for the data, unique among all tests.
        make: Creates the data; the result must be picklable.
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
