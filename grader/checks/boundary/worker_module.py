"""A reference that runs in a worker, for solutions that must not be loaded here, such as PyTorch's.

    reference = WorkerModule(Workshop(start), source, caches)   # ``start`` returns it as a `Student`
    reference.raw(Case("ReLU", {"z": z}))                       # an array, computed in the worker
    reference.module.ReLU({"z": z})                             # the same, as a call
    reference.edited(text).raw(case)                            # the answer of an edited solution

It answers cases like `grader.checks.reference.Module`. Classes of PyTorch are called with arrays
only, as `grader.sandbox.guest.torch_bridge` describes; other calls are like those of a plain test.
Edited solutions are modules in the same worker, because all of this code is the course's.
"""

from __future__ import annotations

import ast
import atexit
import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from grader.checks.boundary.handles import handle_of
from grader.checks.boundary.peer import Peer
from grader.checks.boundary.raised import BoundaryError
from grader.checks.case import Case
from grader.checks.reference import COUNTER, Caches, Module
from grader.model import Limits
from grader.sandbox.fork_server import ForkServer, Sandbox
from grader.sandbox.guest.refusals import REFUSALS
from grader.sandbox.student import Program, Student

MAX_CPU: Final = 60.0
"""CPU seconds for a call of the solution or of an edited one."""
_DEFINE: Final = """
import sys, types
made = sys.modules[{name!r}] = types.ModuleType({name!r})
exec(compile({text!r}, {name!r}, "exec"), made.__dict__)
setattr(student, {name!r}, made)
"""
TURNS: Final = f"""
class _Turns:
    def restart(self):
        self.left = 20_000

    def __call__(self):
        self.left -= 1
        if self.left < 0:
            raise RuntimeError("a loop of a mutant does not end")


{COUNTER} = _Turns()
{COUNTER}.restart()
"""
"""The source of the loop counter: see `grader.checks.diagnosis.mutants.Turns`."""


class Workshop:
    """The worker of a solution and of its edited versions."""

    def __init__(self, start: Callable[[], Student]) -> None:
        """Use the program that ``start`` returns; it is called at the first request."""
        self._start = start
        self._student: Student | None = None
        self._peer: Peer | None = None
        self._editions: dict[tuple[str, bool], str] = {}
        self._texts: dict[str, str] = {}
        self._defined: set[str] = set()

    def edition(self, text: str, has_parts: bool = False) -> str:
        """Return the module name of an edited solution, and define it if necessary.

        Args:
            text: The source of the edited solution.
            has_parts: Whether functions of this process replace some of its functions.
        """
        name = self._editions.setdefault((text, has_parts), f"edition_{len(self._editions)}")
        self._texts[name] = text
        return name

    def has_torch(self) -> bool:
        """Return whether classes of PyTorch are called with arrays."""
        return "torch" in self._started().program.imports

    def ask(
        self, path: Sequence[str], args: Sequence[Any], want: Any, parts: Mapping[str, Any]
    ) -> Any:
        """Call a function in the worker, and return the result.

        Args:
            path: The function's name, preceded by the name of an edited solution if it belongs to
                one.
            args: Its arguments.
            want: The form of the result (see `grader.sandbox.guest.worker`); None for all of it.
            parts: Functions of this process that replace others of the program, by name.

        Raises:
            Exception: The function raises, or is stopped.
        """
        try:
            peer = self._ready(path[:-1])
            nodes = peer.pack(list(args)), peer.pack(dict(parts))
            return peer.do("ask", (0, *path), want, *nodes, name=path[-1])
        except BoundaryError as error:
            self.end()
            raise RuntimeError(str(error)) from None

    def restart(self, edition: str) -> None:
        """Reset the loop counter of an edited solution before a call."""
        try:
            self._ready([edition]).call((0, edition, COUNTER, "restart"), (), {}, {}, "restart")
        except BoundaryError:
            self.end()

    def end(self) -> None:
        """End the worker; the next request starts a new one."""
        if self._student is not None:
            self._student.end()
        self._student = self._peer = None
        self._defined.clear()

    def _started(self) -> Student:
        if self._student is None:
            self._student = self._start()
        return self._student

    def _ready(self, editions: Sequence[str]) -> Peer:
        student = self._started()
        student.budget.received = 0  # answers of our own code are trusted, and last for the run
        if self._peer is None:
            self._peer = Peer(student, test=0, roots=(), made=handle_of, cpu=MAX_CPU)
        for name in editions:
            if name not in self._defined:
                definition = _DEFINE.format(name=name, text=self._texts[name])
                self._peer.do("exec", (0,), definition)
                self._defined.add(name)
        return self._peer


class WorkerModule(Module):
    """The reference, or a mistake, in a worker."""

    def __init__(
        self, workshop: Workshop, source: str, caches: Caches, edition: str = "",
        parts: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:  # fmt: skip
        """Answer cases with a program.

        Args:
            workshop: The worker.
            source: The source of the program.
            caches: See `grader.checks.reference.Caches`.
            edition: The name of the edited solution, if it is one.
            parts: Functions of this process that replace others of the program, by name.
        """
        super().__init__(Functions(self), caches)
        self.source = source
        self._workshop, self._edition, self._parts = workshop, edition, dict(parts or {})

    def raw(self, case: Case) -> Any:
        """Return the worker's answer: arrays, or dicts of arrays for gradients."""
        if case not in self._raw:
            args = tuple(self._resolved(argument) for argument in case.args)
            self._raw[case] = self.asked(case.function, args)
        return self._raw[case]

    def asked(self, function: str, args: tuple[Any, ...]) -> Any:
        """Return the worker's answer to one call; raise the exception of the call."""
        if function in self._parts:
            return self._parts[function](*args)
        is_class = isinstance(self._nodes.get(function), ast.ClassDef)
        want = wanted_of(args) if args and is_class and self._workshop.has_torch() else None
        path = [self._edition, function] if self._edition else [function]
        answer = self._workshop.ask(path, args, want, self._parts)
        if not isinstance(want, dict) or isinstance(answer, str):
            return answer
        pairs = zip(want, answer, strict=True)
        return {k: v for k, v in pairs if not (isinstance(v, str) and v in REFUSALS)}

    def end(self) -> None:
        """End the worker, which also ends the other versions of this program."""
        self._workshop.end()

    # --- its functions ---

    @functools.cached_property
    def _nodes(self) -> dict[str, ast.FunctionDef | ast.ClassDef]:
        """The functions and classes in the source."""
        nodes = ast.parse(self.source).body
        return {n.name: n for n in nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef))}

    def names(self) -> list[str]:
        """Return the names of its functions and classes."""
        return list(self._nodes)

    def functions(self) -> list[str]:
        """Return the names of its functions and classes."""
        return list(self._nodes)

    def parameters(self, function: str) -> Sequence[str]:
        """Return the names of a function's parameters, or of the arguments for a PyTorch class."""
        match self._nodes.get(function):
            case ast.FunctionDef(args=args):
                return [each.arg for each in (*args.posonlyargs, *args.args)]
            case ast.ClassDef(bases=bases) if any("Function" in ast.unparse(b) for b in bases):
                return ["inputs", "grad_output", "between"]
        return ["sizes", "params", "inputs", "grad_output"]

    def docstring(self, function: str) -> str:
        """Return a function's docstring, or ''; a class has none that is about arrays."""
        node = self._nodes.get(function)
        return (ast.get_docstring(node) or "") if isinstance(node, ast.FunctionDef) else ""

    def called_by(self, function: str) -> list[str]:
        """Return the program's functions and classes that one's source mentions."""
        if function not in self._nodes:
            return []
        named = [n.id for n in ast.walk(self._nodes[function]) if isinstance(n, ast.Name)]
        return [name for name in dict.fromkeys(named) if name in self._nodes]

    # --- variants of the module ---

    def unkept(self) -> Module:
        """Return the same program with an empty store of answers."""
        return WorkerModule(self._workshop, self.source, self.caches, self._edition, self._parts)

    def edited(self, source: str) -> WorkerModule:
        """Return another version of the program, as a module in the same worker."""
        return WorkerModule(
            self._workshop, source, self.caches, self._workshop.edition(source), self._parts
        )

    def restart(self) -> None:
        """Reset the loop counter before a call of an edited solution."""
        if self._edition and COUNTER in self.source:
            self._workshop.restart(self._edition)

    def with_parts(self, parts: Mapping[str, Callable[..., Any]]) -> Module:
        """Return this program with some functions replaced by ``parts``."""
        every = {**self._parts, **parts}
        edition = self._workshop.edition(self.source, has_parts=True)
        return WorkerModule(self._workshop, self.source, self.caches, edition, every)

    def joined(self, others: Mapping[str, Module]) -> Module:
        """Return this program with functions of other versions, which then call each other."""
        tree = ast.parse(self.source)
        nodes = {
            name: other._nodes[name] for name, other in others.items()
            if isinstance(other, WorkerModule) and name in other._nodes
        }  # fmt: skip
        parts = {
            name: other._parts[name] for name, other in others.items()
            if isinstance(other, WorkerModule) and name in other._parts
        }  # fmt: skip
        tree.body = [nodes.get(getattr(node, "name", ""), node) for node in tree.body]
        text = ast.unparse(tree)
        is_counted = COUNTER in text and COUNTER not in self.source
        made = self.edited(TURNS + text if is_counted else text)
        return made.with_parts(parts) if parts else made


class Functions:
    """The functions and classes of a program in a worker, to be called with arrays."""

    def __init__(self, worker: WorkerModule) -> None:
        """Use the program of ``worker``."""
        self._worker = worker

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args: self._worker.asked(name, args)


def wanted_of(args: tuple[Any, ...]) -> Any:
    """Return the form of the result, given the arguments of a call of a PyTorch class.

    Gradients are requested for every parameter and every float input, values otherwise.
    """
    if isinstance(args[0], Mapping):
        return _by_name(args[0]) if len(args) > 1 else "number"
    if len(args) == 2:
        return _by_name(args[1])
    return _by_name({**args[1], **args[2]}) if len(args) > 3 else "number"


def _by_name(arrays: Mapping[str, Any]) -> dict[str, str]:
    return {name: "number" for name, array in arrays.items() if np.asarray(array).dtype.kind == "f"}


def alone(name: str, source: str) -> Student:
    """Return a solution as a program in a separate fork server, which ends with this process."""
    imports = sorted(_foreign(source))
    server = ForkServer(Sandbox.best(), imports)
    atexit.register(server.close)
    limits = Limits(call_cpu=60, call_wall=300, total=1e9, import_cpu=60)
    return Student(server, Program(name, ((f"{name}.py", source),), tuple(imports)), limits)


PLOTS: Final = frozenset({"matplotlib", "IPython"})
"""Packages that only draw; a function that no check calls may import them."""


def needs_worker(source: str) -> bool:
    """Return whether a solution imports more than NumPy and the standard library."""
    return bool(_foreign(source))


def _foreign(source: str) -> set[str]:
    """Return the other packages that a solution imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "numpy").partition(".")[0])
    return found - {"numpy", "grader", *PLOTS, *sys.stdlib_module_names}
