"""Decide which imports a submission may make: NumPy, the standard library, the assignment's.

    sys.meta_path.insert(0, Gate(["scipy"]))
    import scipy          # passes
    import matplotlib     # a stand-in that does nothing, see `stand_ins`
    import torch          # ModuleNotFoundError: torch is not among the modules of this assignment

Modules that a notebook writes (``%%writefile layers.py``) and the course's modules are held in
memory and can be imported; ``tools/text.py`` becomes ``tools.text``.
"""

from __future__ import annotations
import __future__

import importlib.machinery
import linecache
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from grader.sandbox.guest import event_loop, stand_ins

PYTHON: Final = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
_OF_THE_PLATFORM: Final = "_sysconfigdata_"
"""A part of the standard library that is missing from `sys.stdlib_module_names`."""
_BETWEEN: Final = sys.stdlib_module_names | {"grader"}
"""Modules, such as `importlib`, that import on behalf of their caller."""
_AFTER_IMPORT: Final[dict[str, Callable[[], None]]] = {"asyncio": event_loop.install}
"""For each module, a function to call once it has been imported."""


class Gate:
    """The first finder: it serves stand-ins and written modules, and refuses forbidden ones.

    It enforces the contract (such as no torch in a NumPy exercise) with a clear message. It is not
    what protects other packages: Landlock or the mount view makes their files unreadable.
    """

    def __init__(self, imports: Iterable[str], real: Iterable[str] = ()) -> None:
        """Allow ``imports``, NumPy and the standard library; create no stand-ins for ``real``."""
        self._packages = set(imports)
        imports = (*self._packages, *real)
        self._allowed = {"numpy", *sys.stdlib_module_names, *imports}
        self._stand_ins = stand_ins.NAMES.difference(imports)
        self.written: dict[str, tuple[str, str]] = {}
        """Modules that the submission wrote: by name, the title of the cell and the source."""

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return a spec for stand-ins and written modules, None for allowed modules; else raise."""
        top = name.partition(".")[0]
        if (spec := self._written_spec(name)) is not None:
            return spec
        if top not in self._allowed and self._asked_by_package():
            self._packages.add(top)
            return None
        if top in self._stand_ins:
            return stand_ins.spec_of(name)
        if name in _AFTER_IMPORT:
            return self._followed(name, _AFTER_IMPORT[name])
        if top in self._allowed or top.startswith(_OF_THE_PLATFORM):
            return None
        raise ModuleNotFoundError(f"{top} is not among the modules of this assignment", name=name)

    def _written_spec(self, name: str) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of a written module, package or folder without ``__init__``."""
        loader: Any = None
        for module in (name, f"{name}.__init__"):
            if module in self.written:
                loader = _WrittenLoader(*self.written[module])
                return importlib.machinery.ModuleSpec(name, loader, is_package=module != name)
        if any(module.startswith(f"{name}.") for module in self.written):
            return importlib.machinery.ModuleSpec(name, None, is_package=True)
        return None

    def _asked_by_package(self) -> bool:
        """Return whether an allowed package is importing something for itself.

        PyTorch imports some modules only when they are first used, long after the student's file
        was loaded. Refusing them, or replacing them by stand-ins, would break the package.
        """
        frame = sys._getframe(1)
        while frame.f_back is not None:
            frame = frame.f_back
            top = str(frame.f_globals.get("__name__")).partition(".")[0]
            if top in self._packages:
                return True
            if top not in _BETWEEN:
                return False
        return False

    def _followed(
        self, name: str, then: Callable[[], None]
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of the other finders, with a call of ``then`` after the import."""
        others = (each for each in sys.meta_path if each is not self)
        found = (each.find_spec(name, None) for each in others if hasattr(each, "find_spec"))
        spec = next((spec for spec in found if spec is not None), None)
        if spec is not None:
            spec.loader = _Followed(spec.loader, then)  # type: ignore[assignment]  # as a loader acts
        return spec


class _Followed:
    """A loader that calls a function after the module has run."""

    def __init__(self, loader: Any, then: Callable[[], None]) -> None:
        self._loader, self._then = loader, then

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: types.ModuleType) -> None:
        self._loader.exec_module(module)
        self._then()


class _WrittenLoader:
    """A loader for source text that the submission wrote."""

    def __init__(self, title: str, source: str) -> None:
        self._title, self._source = title, source

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """Let Python create the module."""

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the source; tracebacks refer to the cell that wrote it."""
        remember(self._title, self._source)
        code = compile(self._source, self._title, "exec", dont_inherit=True)
        exec(code, module.__dict__)  # noqa: S102  # the student's own code, where it is run


def remember(title: str, source: str) -> None:
    """Register source text that is not in a file, so that tracebacks can show its lines."""
    lines = source.splitlines(keepends=True)
    linecache.cache[title] = (len(source), None, lines, title)


def future_flags(names: Mapping[str, Any]) -> int:
    """Return the compiler flags for the `__future__` features in ``names``.

    A notebook applies a future import of one cell to its later cells. Otherwise annotations that
    name a class defined further down would raise.
    """
    flags = 0
    for name in __future__.all_feature_names:
        feature = getattr(__future__, name)
        flag: int = feature.compiler_flag
        flags |= flag if names.get(name) is feature else 0
    return flags


def version_note(error: BaseException) -> str:
    """Return a note about the grader's Python if a newer one may have the name, else ''."""
    if isinstance(error, SyntaxError):
        return f"This is not valid in {PYTHON}, which the grader runs."
    missing = ""
    if isinstance(error, ImportError):
        missing = (error.name or "").partition(".")[0]
    elif isinstance(error, AttributeError) and isinstance(error.obj, types.ModuleType):
        missing = error.obj.__name__.partition(".")[0]
    known = missing in sys.stdlib_module_names or missing in _LATER_MODULES
    return f"The grader runs {PYTHON}: a later Python may have it." if known else ""


_LATER_MODULES: Final = frozenset({"annotationlib", "compression", "tomllib", "_zstd"})
"""Modules of the standard library that are missing from some supported Python version."""
