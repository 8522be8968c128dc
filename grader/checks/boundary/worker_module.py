"""The reference in a worker: for solutions that this process must not load, such as PyTorch's.

    reference = WorkerModule(start, caches)         # ``start`` returns the solution as a `Student`
    reference.raw(Case("ReLU", {"z": z}))           # an array, computed in the worker
    reference.module.ReLU({"z": z})                 # the same, as a call

It answers cases as `grader.checks.reference.Module` does. Classes of PyTorch are asked as
`grader.sandbox.guest.torch_bridge` says, with arrays only; all other calls as those of a plain test.
"""

from __future__ import annotations

import ast
import atexit
import copy
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from grader.checks.boundary.handles import handle_of
from grader.checks.boundary.peer import Peer
from grader.checks.case import Case
from grader.checks.reference import Caches, Module
from grader.model import Limits
from grader.sandbox.fork_server import ForkServer, Sandbox
from grader.sandbox.student import Call, Program, Refused, Student


class WorkerModule(Module):
    """The reference, or a mistake, as a program in a worker of its own."""

    def __init__(self, start: Callable[[], Student], caches: Caches) -> None:
        """Answer cases by the program that ``start`` returns when it is first needed."""
        super().__init__(Functions(self), caches)
        self._start = start
        self._student: Student | None = None

    def raw(self, case: Case) -> Any:
        """Return what the worker answers: arrays, in dicts where gradients are asked for."""
        if case not in self._raw:
            self._raw[case] = self.asked(case.function, case.args)
        return self._raw[case]

    def asked(self, function: str, args: tuple[Any, ...]) -> Any:
        """Return what the worker answers to one call; raise what the call raised."""
        if self._student is None:
            self._student = self._start()
        self._student.budget.received = 0  # our own answers are no danger, and last for the run
        if not (args and isinstance(args[0], Mapping) and "torch" in self._student.program.imports):
            return Peer(self._student, test=0, roots=(), made=handle_of).call(
                (0, function), copy.deepcopy(args), {}, {}, function
            )
        [answer] = self._student.call([Call(function, args, wanted_of(args))])
        if answer.error is not None:
            raise answer.error
        if not isinstance(answer.value, dict):
            return answer.value
        return {k: value for k, value in answer.value.items() if not isinstance(value, Refused)}

    def forget(self) -> None:
        """Drop the answers kept, and end the worker."""
        super().forget()
        if self._student is not None:
            self._student.end()
            self._student = None


class Functions:
    """The functions and classes of a worker's program, to be called with arrays."""

    def __init__(self, worker: WorkerModule) -> None:
        """Stand for the program of ``worker``."""
        self._worker = worker

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args: self._worker.asked(name, args)


def wanted_of(args: tuple[Any, ...]) -> Any:
    """Return what to ask for, given the arguments of a call of a class of PyTorch.

    Gradients are asked for by every parameter and every input of floats, values otherwise.
    """
    if isinstance(args[0], Mapping):
        return _by_name(args[0]) if len(args) > 1 else "number"
    if len(args) == 2:
        return _by_name(args[1])
    return _by_name({**args[1], **args[2]}) if len(args) > 3 else "number"


def _by_name(arrays: Mapping[str, Any]) -> dict[str, str]:
    return {name: "number" for name, array in arrays.items() if np.asarray(array).dtype.kind == "f"}


def alone(name: str, source: str) -> Student:
    """Return a solution as a program of a fork server that ends with this process."""
    imports = sorted(_foreign(source))
    server = ForkServer(Sandbox.best(), imports)
    atexit.register(server.close)
    limits = Limits(call_cpu=60, call_wall=300, total=1e9, import_cpu=60)
    return Student(server, Program(name, ((f"{name}.py", source),), tuple(imports)), limits)


PLOTS: Final = frozenset({"matplotlib", "IPython"})
"""Packages that draw and answer nothing; a function that no check calls may import them."""


def needs_worker(source: str) -> bool:
    """Return whether a solution imports more than NumPy and the standard library."""
    return bool(_foreign(source))


def _foreign(source: str) -> set[str]:
    """Return the packages that a solution imports besides."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "numpy").partition(".")[0])
    return found - {"numpy", "grader", *PLOTS, *sys.stdlib_module_names}
