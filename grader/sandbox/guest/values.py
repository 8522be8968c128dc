"""Plain values of exact types on the wire: their tags, their limits, and how to rebuild them.

    node = Packer(other).pack({"W": np.eye(2), 3: (1, 2j)})     # `packing`: `wire.encode` can send it
    value = unpack(node, handle)                                # equal, and of the same types

Scalars and arrays of bool, int64 and float64 are sent as they are. Every other value is a list that
begins with a number of `Tag`. The receiver passes nodes of objects to ``handle``.

`unpack` reads data that a hostile program may have written. It builds only the types of Python and
NumPy in the table below, checks every size before it allocates, and raises `wire.WireError`
otherwise. It never calls, imports, evaluates or unpickles anything that it receives.
"""

from __future__ import annotations

import collections
import datetime
import enum
import importlib
import math
import pathlib
import re
import sys
from collections.abc import Callable
from operator import itemgetter
from typing import Any, Final

import numpy as np

from grader.sandbox.guest.wire import WireError

MAX_DEPTH: Final = 32
MAX_BYTES: Final = 4 << 20
"""Bytes of text and arrays in one answer."""
MAX_DIGITS: Final = 1 << 15
"""Bytes of one integer."""
MAX_EXPONENT: Final = 20_000
"""Largest exponent of a Decimal: the integer value of a larger one could fill the memory."""
MAX_RANGE: Final = 1_000_000
"""Elements of a range, because a test may convert it to a list."""


class Tag(enum.IntEnum):
    """The first element of a list on the wire: the type of the value that the list encodes."""

    LIST = 0
    TUPLE = 1
    DICT = 2
    SET = 3
    FROZENSET = 4
    INT = 5
    COMPLEX = 6
    BYTES = 7
    RANGE = 8
    SLICE = 9
    ELLIPSIS = 10
    ARRAY = 11
    OBJECTS = 12
    SCALAR = 13
    DTYPE = 14
    DECIMAL = 15
    FRACTION = 16
    DATE = 17
    DATETIME = 18
    TIMEDELTA = 19
    PATH = 20
    NAMED = 21
    COUNTER = 22
    ORDERED = 23
    DEFAULT = 24
    DEQUE = 25
    TEXT = 26
    NOT_IMPLEMENTED = 27
    FRAME = 28
    SERIES = 29
    INDEX = 30
    HANDLE = 40
    REFERENCE = 41
    FUNCTION = 42
    CLASS = 43


TABLES: Final = frozenset({int(Tag.FRAME), int(Tag.SERIES), int(Tag.INDEX)})
"""Tags of the tables of pandas, which `frames` rebuilds."""


class TooLargeError(Exception):
    """A value exceeds the limits on depth, count or bytes; the text names the limit."""


Node = Any

FACTORIES: Final = {
    each.__name__: each for each in (int, float, complex, str, list, tuple, dict, set, bool)
}


_THEMSELVES: Final = frozenset({float, int, bool, str, type(None)})


def unpack(node: Node, handle: Callable[[list[Any]], Any]) -> Any:
    """Return the value of ``node``; raise `WireError` for nodes that no packer writes.

    Args:
        node: A value that `wire.decode` returned.
        handle: Rebuilds the nodes of objects; it receives the whole node.
    """
    if type(node) in _THEMSELVES:
        return node
    try:
        return _Builder(handle).build(node)
    except WireError:
        raise
    except (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError,
            ValueError) as error:  # fmt: skip
        raise WireError(f"a value that cannot be built: {type(error).__name__}") from None


class _Builder:
    def __init__(self, handle: Callable[[list[Any]], Any]) -> None:
        self.handle = handle

    def plain(self) -> _Builder:
        """Return a builder for places without objects: keys, sets, arrays, tables.

        Checks look for objects only in lists, tuples and dicts. An object that a hostile program hid
        elsewhere could decide the verdict of ``abs(f(x) - y).max() < 1e-9``.
        """
        return _Builder(self._no_object)

    def _no_object(self, node: list[Any]) -> Any:
        if node[0] >= Tag.HANDLE:
            raise WireError("an object where only plain values may stand")
        return self.handle(node)

    def build(self, node: Node) -> Any:
        kind = type(node)
        if kind is not list:
            if kind is dict:
                raise WireError("a bare dict")
            return node
        tag = node[0]
        if type(tag) is not int:
            raise WireError("a list without a tag")
        build = _BUILT.get(tag)
        return self.handle(node) if build is None else build(self, node)

    def rest(self, node: list[Any]) -> list[Any]:
        build = self.build
        return [build(item) for item in node[1:]]

    def pairs(self, node: list[Any]) -> list[tuple[Any, Any]]:
        if len(node) % 2 == 0:
            raise WireError("a key without its value")
        keys = map(self.plain().build, node[1::2])
        pairs = list(zip(keys, map(self.build, node[2::2]), strict=True))
        if len(dict(pairs)) != len(pairs):
            raise WireError("a key that occurs twice in one dict")
        return pairs


def _exact(value: Any, *kinds: type) -> Any:
    if type(value) not in kinds:
        raise WireError(f"a {type(value).__name__} in the wrong place")
    return value


_DTYPE: Final = re.compile(r"[<>|=]?([biufcSU]\d{1,8}|[mM]8(\[\d{0,9}[a-zA-Zμ]{1,2}\])?)", re.ASCII)


def _dtype_of(text: Any) -> np.dtype[Any]:
    if not _DTYPE.fullmatch(_exact(text, str)):
        raise WireError("an unknown dtype")
    dtype: np.dtype[Any] = np.dtype(text)
    return dtype


def _built_array(builder: _Builder, node: list[Any]) -> np.ndarray:
    _, text, shape, data = node
    dtype, shape = _dtype_of(text), _shape(shape)
    if math.prod(shape) * dtype.itemsize != len(_exact(data, bytes)):
        raise WireError("an array whose bytes do not fit its shape")
    _check_bytes(dtype, data)
    if not dtype.itemsize or not data:
        return np.zeros(shape, dtype)
    return np.frombuffer(data, dtype).reshape(shape).copy()


def _shape(shape: Any) -> tuple[int, ...]:
    sizes = tuple(_exact(size, int) for size in _exact(shape, list))
    room = 1
    for size in sizes:
        room *= max(size, 1)
        if size < 0 or room > MAX_BYTES * 4:
            raise WireError("an impossible shape")
    if len(sizes) > 32:
        raise WireError("too many dimensions")
    return sizes


def _check_bytes(dtype: np.dtype[Any], data: bytes) -> None:
    if dtype.kind == "b" and data and max(data) > 1:
        raise WireError("a bool that is neither 0 nor 1")
    if dtype.kind == "U" and data:
        order = dtype.byteorder if dtype.byteorder in "<>" else "<"
        if int(np.frombuffer(data, np.dtype(f"{order}u4")).max()) > sys.maxunicode:
            raise WireError("a character that does not exist")


def _built_scalar(builder: _Builder, node: list[Any]) -> Any:
    _, text, data = node
    return _built_array(builder, [Tag.ARRAY, text, [], data])[()]


def _built_objects(builder: _Builder, node: list[Any]) -> np.ndarray:
    _, shape, items = node
    built = np.empty(_shape(shape), object)
    if built.size != len(_exact(items, list)):
        raise WireError("an array whose entries do not fit its shape")
    plain = builder.plain()
    for i, item in enumerate(items):
        built.flat[i] = plain.build(item)
    return built


def _built_range(builder: _Builder, node: list[Any]) -> range:
    start, stop, step = (_exact(builder.build(each), int) for each in node[1:])
    built = range(start, stop, step)
    if (stop - start) // step > MAX_RANGE:
        raise WireError("a range of too many elements")
    return built


def _built_decimal(builder: _Builder, node: list[Any]) -> Any:
    _, text = node
    value = importlib.import_module("decimal").Decimal(_exact(text, str))
    if value.is_finite() and abs(value.adjusted()) > MAX_EXPONENT:
        raise WireError("a Decimal with too large an exponent")
    return value


def _built_fraction(builder: _Builder, node: list[Any]) -> Any:
    above, below = (_exact(builder.build(each), int) for each in node[1:])
    return importlib.import_module("fractions").Fraction(above, below)


def _built_int(builder: _Builder, node: list[Any]) -> int:
    _, data = node
    if len(_exact(data, bytes)) > MAX_DIGITS:
        raise WireError("an integer of too many digits")
    return int.from_bytes(data, "little", signed=True)


def _built_moment(builder: _Builder, node: list[Any]) -> datetime.datetime:
    *fields, fold, offset = (_exact(each, int, type(None)) for each in node[1:])
    zone = None
    if offset is not None:
        zone = datetime.timezone(datetime.timedelta(microseconds=offset))
    year, month, day, hour, minute, second, micro = fields
    return datetime.datetime(year, month, day, hour, minute, second, micro, zone, fold=fold)


def _built_path(builder: _Builder, node: list[Any]) -> pathlib.PurePath:
    """Return a path object that cannot open files, whatever its class was."""
    _, kind, text = node
    text = _exact(builder.build(text), str)
    return pathlib.PureWindowsPath(text) if kind == "nt" else pathlib.PurePosixPath(text)


def _built_default(builder: _Builder, node: list[Any]) -> Any:
    _, name, items = node
    factory = None if name is None else FACTORIES[_exact(name, str)]
    return collections.defaultdict(factory, builder.pairs(_exact(items, list)))


def _built_deque(builder: _Builder, node: list[Any]) -> Any:
    _, most, items = node
    return collections.deque(builder.rest(_exact(items, list)), _exact(most, int, type(None)))


def _built_text(builder: _Builder, node: list[Any]) -> str:
    _, data = node
    return str(_exact(data, bytes).decode("utf-8", "surrogatepass"))


class Named(tuple[Any, ...]):
    """A rebuilt named tuple: a tuple whose elements have names."""

    __slots__ = ()
    _fields: tuple[str, ...] = ()

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._fields, self, strict=True))

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={item!r}" for name, item in self._asdict().items())
        return f"{type(self).__name__}({inside})"


_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)


def _built_named(builder: _Builder, node: list[Any]) -> Named:
    _, name, fields, items = node
    if not _NAME.fullmatch(_exact(name, str)):
        name = "Row"
    for each in _exact(fields, list):
        # Python itself names a field `_0` in a named tuple made with ``rename=True``.
        is_numbered = _exact(each, str)[1:].isdecimal()
        if not each.isidentifier() or (each.startswith("_") and not is_numbered):
            raise WireError("a field that is no name, or the name of a method")
    values = builder.rest(_exact(items, list))
    if len(values) != len(fields) or len(set(fields)) != len(fields):
        raise WireError("a named tuple whose fields do not fit")
    names = {field: property(itemgetter(i)) for i, field in enumerate(fields)}
    kind = type(name, (Named,), {"__slots__": (), "_fields": tuple(fields), **names})
    built: Named = kind(values)
    return built


def _built_set(builder: _Builder, node: list[Any]) -> set[Any]:
    return set(builder.plain().rest(node))


_BUILT: Final[dict[int, Callable[[_Builder, list[Any]], Any]]] = {
    Tag.LIST: _Builder.rest,
    Tag.TUPLE: lambda builder, node: tuple(builder.rest(node)),
    Tag.DICT: lambda builder, node: dict(builder.pairs(node)),
    Tag.SET: _built_set,
    Tag.FROZENSET: lambda builder, node: frozenset(builder.plain().rest(node)),
    Tag.INT: _built_int,
    Tag.COMPLEX: lambda builder, node: complex(*(_exact(each, float) for each in node[1:])),
    Tag.BYTES: lambda builder, node: _exact(itemgetter(1)(node), bytes),
    Tag.RANGE: _built_range,
    Tag.SLICE: lambda builder, node: slice(*builder.rest(node)),
    Tag.ELLIPSIS: lambda builder, node: Ellipsis,
    Tag.ARRAY: _built_array,
    Tag.OBJECTS: _built_objects,
    Tag.SCALAR: _built_scalar,
    Tag.DTYPE: lambda builder, node: _dtype_of(itemgetter(1)(node)),
    Tag.DECIMAL: _built_decimal,
    Tag.FRACTION: _built_fraction,
    Tag.DATE: lambda builder, node: datetime.date(*(_exact(each, int) for each in node[1:])),
    Tag.DATETIME: _built_moment,
    Tag.TIMEDELTA: lambda builder, node: datetime.timedelta(
        *(_exact(each, int) for each in node[1:])
    ),
    Tag.PATH: _built_path,
    Tag.NAMED: _built_named,
    Tag.COUNTER: lambda builder, node: collections.Counter(dict(builder.pairs(node))),
    Tag.ORDERED: lambda builder, node: collections.OrderedDict(builder.pairs(node)),
    Tag.DEFAULT: _built_default,
    Tag.DEQUE: _built_deque,
    Tag.TEXT: _built_text,
    Tag.NOT_IMPLEMENTED: lambda builder, node: NotImplemented,
}


def rebuild(tag: int, build: Callable[[_Builder, list[Any]], Any]) -> None:
    """Register ``build`` to rebuild the nodes with this tag."""
    _BUILT[tag] = build
