"""A program as a hidden test sees it: the fixtures ``student`` and ``reference``.

student.affine(x, w, b=b)                  # a function, called in the sandbox
student.LEARNING_RATE                      # a variable: a plain value comes back
student.report.printed("data.csv")         # the text that a call prints
student.eval("lambda x: x * x")            # the author's own code, in the sandbox
"""

from __future__ import annotations

import ast
from typing import Any, Final

from grader.checks.boundary.handles import MODULE_REFERENCE, Handle, forward, handle_of
from grader.checks.boundary.names import tree_of
from grader.checks.boundary.peer import Peer
from grader.sandbox.guest.operations import MODULE

OF_OURS: Final = frozenset("attr put eval exec tensor is_instance module source tree".split())
"""Names of a program's handle that never refer to a student's definitions."""


class RemoteModule(Handle):
    """A module of a submission or of the reference.

    The methods below hide the program's names; ``student.attr("put")`` reads its own ``put``.
    """

    __slots__ = ()
    value: Any = property(lambda self: self.attr("value"))
    call: Any = property(lambda self: self.attr("call"))

    def put(self, value: Any) -> Any:
        """Return a handle of a value in the sandbox, for functions that change their arguments."""
        return forward(self, "put", self._grader_peer.pack(value))

    def eval(self, source: str) -> Any:
        """Return the value of an expression, evaluated in the test's namespace in the sandbox.

        The namespace contains ``np``, the modules of ``imports:`` and ``student``. Students' code
        can read it.
        """
        return forward(self, "eval", source)

    def exec(self, source: str) -> None:
        """Run statements in the sandbox, in the same namespace as `eval`."""
        forward(self, "exec", source)

    def tensor(self, array: Any) -> Any:
        """Return a handle of a tensor with the values of ``array``."""
        return forward(self, "tensor", self._grader_peer.pack(array))

    def is_instance(self, value: Any, name: str) -> bool:
        """Return whether the program says that an object is an instance of its class ``name``."""
        if not isinstance(value, Handle):
            return False
        peer = self._grader_peer
        found = peer.do("isinstance", value._grader_reference, name, name="isinstance")
        return found is True

    def module(self, name: str) -> RemoteModule:
        """Return another file of the submission: ``student.module("helpers")``."""
        found = forward(self, "module", name, name=f"import {name}")
        return RemoteModule(self._grader_peer, found._grader_reference, MODULE, name)

    @property
    def source(self) -> str:
        """Return the program's source."""
        return "\n".join(source for _, source in self._grader_peer.student.program.cells)

    @property
    def tree(self) -> ast.Module:
        """Return the program's syntax tree, without cells that are not valid Python."""
        return tree_of(self._grader_peer.student.program.cells)


def module_of(peer: Peer) -> RemoteModule:
    """Return the program's module."""
    return RemoteModule(peer, MODULE_REFERENCE, MODULE, "")


__all__ = ["RemoteModule", "handle_of", "module_of"]
