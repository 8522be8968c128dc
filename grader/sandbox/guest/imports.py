"""What a submission may import: NumPy, the standard library, what the assignment allows.

Plots, IPython and the student's own check are left in submissions; they find stand-ins here that do
nothing, to any depth.
"""

from __future__ import annotations
import __future__

import importlib
import importlib.machinery
import sys
import types
from collections.abc import Mapping
from typing import Any, Final

_STAND_INS: Final = ("matplotlib", "mpl_toolkits", "IPython", "grader")
_OF_THE_PLATFORM: Final = "_sysconfigdata_"
"""A part of the standard library that `sys.stdlib_module_names` does not list."""


class Gate:
    """A finder that comes first: lets allowed modules pass, serves stand-ins, refuses the rest.

    It keeps the contract (no `import torch` in a NumPy exercise) and says so in words. That other
    packages cannot be read even without it is Landlock's doing, or the mount view's.
    """

    def __init__(self, imports: list[str]) -> None:
        self._allowed = {"numpy", *sys.stdlib_module_names, *imports}

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        top = name.partition(".")[0]
        if top in _STAND_INS:
            loader: Any = _StandInLoader()
            return importlib.machinery.ModuleSpec(name, loader, is_package=True)
        if top in self._allowed or top.startswith(_OF_THE_PLATFORM):
            return None
        raise ModuleNotFoundError(f"{top} is not among the modules of this assignment", name=name)


class _Inert:
    """Does nothing, to any depth: plots and checks left in a submission cost nobody anything."""

    def __getattr__(self, name: str) -> _Inert:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args: object, **kwargs: object) -> _Inert:
        return self

    def __getitem__(self, key: object) -> _Inert:
        return self

    def __setitem__(self, key: object, value: object) -> None: ...
    def __enter__(self) -> _Inert:
        return self

    def __exit__(self, *_: object) -> None: ...
    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Any:
        """As many inert things as the caller unpacks (``fig, ax = plt.subplots()``), else none."""
        frame = sys._getframe(1)
        operation, count = frame.f_code.co_code[frame.f_lasti : frame.f_lasti + 2]
        unpacking = operation == _UNPACK_SEQUENCE
        return iter([self] * (count if unpacking else 0))


_UNPACK_SEQUENCE: Final = importlib.import_module("opcode").opmap["UNPACK_SEQUENCE"]
INERT: Final = _Inert()


class _StandIn(types.ModuleType):
    def __getattr__(self, name: str) -> _Inert:
        if name.startswith("__"):
            raise AttributeError(name)
        return INERT


class _StandInLoader:  # no `importlib.abc.Loader`: every worker would carry bz2, lzma and tempfile
    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        module.__path__ = []


def future_flags(names: Mapping[str, Any]) -> int:
    """The compiler flags for what stands in ``names`` from `__future__`.

    A notebook keeps for its later cells what an earlier one imports from there: without, annotations
    that name a class of a later line raise.
    """
    flags = 0
    for name in __future__.all_feature_names:
        feature = getattr(__future__, name)
        flag: int = feature.compiler_flag
        flags |= flag if names.get(name) is feature else 0
    return flags
