"""Stand-ins for modules that only draw, display or check: they accept everything and do nothing.

    import matplotlib.pyplot as plt          # in a submission: a `_StandIn`
    fig, (left, right) = plt.subplots(1, 2)  # each of them is `INERT`
    top = 2 * max(1.0, float(plt.ylim()[1]))

So a plot, a progress bar or a ``check()`` left in a submission costs no time. Only `TqdmLoop` does
something: it iterates over its argument.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
import types
from collections.abc import Callable, Generator, Iterator
from typing import Any, Final

NAMES: Final = frozenset(
    """
    matplotlib mpl_toolkits matplotlib_inline pylab seaborn plotly bokeh altair graphviz
    IPython ipywidgets ipykernel jupyter_client nbgrader otter pytest grader
    google kaggle_secrets tqdm rich tabulate prettytable termcolor colorama
    line_profiler memory_profiler typing_extensions nest_asyncio
    tkinter turtle turtledemo idlelib antigravity
    """.split()
)
"""Top-level modules that are replaced by stand-ins, unless the assignment lists them."""
VERSION: Final = "3.10.0"

_OPERATORS: Final = """
    add sub mul matmul truediv floordiv mod divmod pow lshift rshift and or xor
""".split()
_UNARY: Final = "neg pos abs invert round trunc floor ceil getitem enter aenter aiter".split()
_OPCODES: Final = importlib.import_module("opcode").opmap


def _inert(*args: object, **named: object) -> Any:
    return INERT


def _false(*args: object) -> bool:
    return False


def _nothing(*args: object) -> None:
    """Do nothing."""


def _zero(*args: object) -> int:
    return 0


def _empty(*args: object) -> str:
    return ""


def _methods() -> dict[str, Callable[..., Any]]:
    """Return special methods for every operator, conversion and comparison."""
    binary = [f"{side}{name}" for name in _OPERATORS for side in ("", "r")]
    return {
        **{f"__{name}__": _inert for name in (*binary, *_UNARY, "array_ufunc")},
        **{f"__{name}__": _false for name in ("lt", "le", "gt", "ge", "contains", "bool")},
        **{
            f"__{name}__": _nothing for name in ("setattr", "delattr", "setitem", "delitem", "exit")
        },
        **{f"__{name}__": _zero for name in ("len", "int", "index")},
        **{f"__{name}__": _empty for name in ("str", "repr", "format")},
        "__float__": lambda cls: 0.0,
        "__complex__": lambda cls: 0j,
    }


class _Answers(type):
    """The metaclass of `INERT`, a class so that ``isinstance``, ``case`` and bases accept it."""

    locals().update(_methods())

    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any], **_: Any) -> Any:
        """Create an ordinary class instead if a class statement derives from a stand-in."""
        if not bases:
            return super().__new__(cls, name, bases, body)
        kept = tuple(_Base if base is INERT else base for base in bases)
        return type(name, tuple(dict.fromkeys(kept)), body)

    def __init__(cls, *args: Any, **_: Any) -> None:
        """Accept the arguments of a class statement."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return INERT

    def __call__(cls, *args: Any, **named: Any) -> Any:
        """Return INERT; as a decorator, return the decorated object."""
        only: Any = args[0] if len(args) == 1 and not named else None
        decorated = isinstance(only, (types.FunctionType, type)) and only is not _Inert
        return only if decorated else INERT

    def __iter__(cls) -> Iterator[Any]:
        """Yield as many inert objects as the caller unpacks, otherwise none."""
        return iter([INERT] * _unpacked(sys._getframe(1)))

    def __eq__(cls, other: object) -> bool:
        return cls is other

    __hash__ = type.__hash__

    def __instancecheck__(cls, instance: object) -> bool:
        return instance is INERT or isinstance(instance, _Base)

    def __subclasscheck__(cls, other: type) -> bool:
        return other is INERT or _Base in other.__mro__

    def __await__(cls) -> Generator[Any, None, Any]:
        yield from ()
        return INERT

    async def __anext__(cls) -> Any:
        raise StopAsyncIteration

    async def __aexit__(cls, *_: object) -> None: ...


def _unpacked(frame: types.FrameType) -> int:
    """Return how many values the frame's current instruction unpacks; 0 for none."""
    code, at = frame.f_code.co_code, frame.f_lasti
    operation, count = code[at : at + 2]
    if operation == _OPCODES["UNPACK_SEQUENCE"]:
        return count
    if (
        operation == _OPCODES["UNPACK_EX"]
    ):  # the number of names after the starred one is in the next byte
        extended = at >= 2 and code[at - 2] == _OPCODES["EXTENDED_ARG"]
        return count + (code[at - 1] if extended else 0)
    return 0


class _Inert(metaclass=_Answers):
    __slots__ = ()


INERT: Final[Any] = _Inert


class _Base:
    """The base class of classes that derive from a stand-in."""

    def __new__(cls, *_: Any, **__: Any) -> Any:
        return object.__new__(cls)

    def __init__(self, *args: Any, **named: Any) -> None:
        """Accept any arguments that ``super().__init__`` passes."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return INERT


class TqdmLoop:
    """A progress bar that only iterates over its argument."""

    def __init__(self, iterable: Any = (), *_: Any, total: Any = None, **__: Any) -> None:
        self.iterable, self.total, self.n = iterable, total, 0

    def __iter__(self) -> Iterator[Any]:
        for item in self.iterable if self.iterable is not None else ():
            yield item
            self.n += 1

    def __len__(self) -> int:
        return len(self.iterable) if self.iterable is not None else int(self.total or 0)

    def __bool__(self) -> bool:
        return True

    def update(self, n: int = 1) -> None:
        """Count finished steps."""
        self.n += n

    def __enter__(self) -> TqdmLoop:
        return self

    def __exit__(self, *_: object) -> None: ...

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return INERT

    @staticmethod
    def write(*texts: Any, **_: Any) -> None:
        """Print the texts."""
        print(*texts)


def _counted(*bounds: int, **named: Any) -> TqdmLoop:
    return TqdmLoop(range(*bounds), **named)


_WORKING: Final[dict[str, dict[str, Any]]] = {
    "tqdm": {"tqdm": TqdmLoop, "tqdm_notebook": TqdmLoop, "trange": _counted, "tnrange": _counted},
}
"""Names in stand-in modules, and in their submodules, that must do something."""


class _StandIn(types.ModuleType):
    __version__ = VERSION
    __all__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        top = self.__name__.partition(".")[0]
        if top == "typing_extensions":
            return getattr(importlib.import_module("typing"), name)
        return _WORKING.get(top, {}).get(name, INERT)


# not an `importlib.abc.Loader`, whose import would load bz2, lzma and tempfile
class _StandInLoader:
    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        module.__path__ = []


def spec_of(name: str) -> importlib.machinery.ModuleSpec:
    """Return the spec of a stand-in module."""
    loader: Any = _StandInLoader()
    return importlib.machinery.ModuleSpec(name, loader, is_package=True)
