"""Pack plain values of known types into nodes for the wire, within the limits of one answer.

    node = Packer(other).pack({"W": np.eye(2), 3: (1, 2j)})

Values that are not plain are passed to ``other``. No method of a student's class is called: an
instance of a bare subclass is read with the methods of its built-in base. `values` defines the tags
and rebuilds values.
"""

from __future__ import annotations

import collections
import datetime
import pathlib
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np

from grader.sandbox.guest.values import (
    FACTORIES,
    MAX_BYTES,
    MAX_DEPTH,
    MAX_DIGITS,
    MAX_EXPONENT,
    Node,
    Tag,
    TooLargeError,
)
from grader.sandbox.guest.wire import MAX_NODES, MAX_TEXT

Other = Callable[[Any], Node]

_MADE: Final = 1 << 9
"""Flag of a class that a program created (Py_TPFLAGS_HEAPTYPE)."""
_NATIVE: Final = frozenset({np.dtype("<f8"), np.dtype("<i8"), np.dtype("|b1")})
_SIZED: Final = frozenset("biufcSUmM")
_BARE: Final = frozenset(
    "__module__ __doc__ __dict__ __weakref__ __slots__ __annotations__ __qualname__ "
    "__orig_bases__ __parameters__ __firstlineno__ __static_attributes__ __annotate__ "
    "__annotate_func__ __annotations_cache__".split()
)
_NAMED: Final = _BARE | frozenset(
    "_fields _field_defaults _field_types _make _replace _asdict __repr__ __new__ "
    "__getnewargs__ __match_args__ __replace__".split()
)


class _NotPlainError(Exception):
    """A dict key or a set element is an object and not a plain value."""


class Packer:
    """Turn values into nodes, within the limits for one answer."""

    def __init__(self, other: Other, nodes: int = MAX_NODES, room: int = MAX_BYTES) -> None:
        """Start with room for ``nodes`` values and ``room`` bytes; ``other`` packs objects."""
        self._other, self._nodes, self._room, self._depth = other, nodes, room, 0

    def pack(self, value: Any) -> Node:
        """Return the node of ``value``; raise `TooLargeError` beyond a limit."""
        self._nodes -= 1
        if self._nodes < 0:
            raise TooLargeError(f"more than {MAX_NODES} values")
        kind = type(value)
        if kind is float or kind is bool or value is None:
            return value
        if (pack := _PACKED.get(kind)) is not None:
            return pack(self, value)
        return self._rare(value, kind)

    def spend(self, count: int) -> None:
        """Subtract ``count`` bytes from the room that is left."""
        self._room -= count
        if self._room < 0:
            raise TooLargeError(f"more than {MAX_BYTES >> 20} MiB")

    def items(self, tag: int, values: Iterable[Any]) -> Node:
        """Return the node of a container of ``values``."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooLargeError(f"nested deeper than {MAX_DEPTH}")
        node = [int(tag)]
        for value in values:
            node.append(self.pack(value))
        self._depth -= 1
        return node

    def keyed(self, tag: int, value: Any, pairs: Iterable[tuple[Any, Any]]) -> Node:
        """Return the node of a dict; if a key is an object, the dict is treated as an object."""
        keys, values = [], []
        for key, item in pairs:
            keys.append(key)
            values.append(item)
        try:
            packed = self._plainly(keys)
        except _NotPlainError:
            return self._other(value)
        node = self.items(tag, values)
        node[1:] = [each for pair in zip(packed, node[1:], strict=True) for each in pair]
        return node

    def unordered(self, tag: int, value: Any) -> Node:
        """Return the node of a set; if an element is an object, the set is treated as an object."""
        try:
            return [int(tag), *self._plainly(list(value))]
        except _NotPlainError:
            return self._other(value)

    def objects(self, value: np.ndarray) -> Node:
        """Return the node of an array of Python objects, if all of them are plain values."""
        try:
            packed = self._plainly(list(value.flat))
        except _NotPlainError:
            return self._other(value)
        return [int(Tag.OBJECTS), list(value.shape), packed]

    def _plainly(self, values: list[Any]) -> list[Node]:
        other, self._other = self._other, _refuse
        depth = self._depth
        try:
            return list(self.items(Tag.LIST, values)[1:])
        finally:
            self._other, self._depth = other, depth

    def _rare(self, value: Any, kind: type) -> Node:
        if len(kind.__mro__) == 2 and kind.__flags__ & _MADE and kind.__name__ not in _LAZY:
            return self._other(value)  # a class without bases, the most common case
        if value is Ellipsis:
            return [int(Tag.ELLIPSIS)]
        if value is NotImplemented:
            return [int(Tag.NOT_IMPLEMENTED)]
        if isinstance(value, np.generic):
            return _scalar(self, value)
        if isinstance(value, np.dtype):
            return _dtype(self, value)
        if (pack := _by_name(kind)) is not None:
            return pack(self, value)
        if (base := _plain_base(kind)) is not None:
            return self._bare(value, kind, base)
        return self._other(value)

    def _bare(self, value: Any, kind: type, base: type) -> Node:
        """Pack an instance of a subclass that adds no methods, with its base's methods."""
        if base is tuple and "_fields" in kind.__dict__:
            return self._named(value, kind)
        return _PACKED[base](self, _READ_AS[base](value))

    def _named(self, value: Any, kind: Any) -> Node:
        fields, items = kind._fields, tuple(tuple.__iter__(value))
        if len(fields) != len(items) or not all(type(name) is str for name in fields):
            return self._other(value)
        return [int(Tag.NAMED), kind.__name__[:64], list(fields), self.items(Tag.TUPLE, items)]


def _refuse(value: Any) -> Node:
    raise _NotPlainError


def _plain_base(kind: type) -> type | None:
    """Return the built-in class that ``kind`` extends without methods or as a named tuple."""
    for base in kind.__mro__:
        if base in _READ_AS:
            return base
        named = "_fields" in base.__dict__ and base.__bases__ == (tuple,)
        allowed = _NAMED.union(base.__dict__["_fields"]) if named else _BARE
        if not base.__dict__.keys() <= allowed and getattr(base, "__module__", "") != "typing":
            return None
    return None


def _int(packer: Packer, value: int) -> Node:
    if -(1 << 63) <= value < 1 << 63:
        return value
    size = value.bit_length() // 8 + 1
    if size > MAX_DIGITS:
        raise TooLargeError("an integer of too many digits")
    packer.spend(size)
    return [int(Tag.INT), value.to_bytes(size, "little", signed=True)]


def _text(packer: Packer, value: str) -> Node:
    packer.spend(len(value))
    if len(value) < MAX_TEXT // 4:
        try:
            if not value.isascii():
                value.encode()
            return value
        except UnicodeEncodeError:
            pass
    data = value.encode("utf-8", "surrogatepass")
    packer.spend(len(data) - len(value))
    return [int(Tag.TEXT), data]


def _bytes(packer: Packer, value: bytes) -> Node:
    packer.spend(len(value))
    return [int(Tag.BYTES), value]


def _array(packer: Packer, value: np.ndarray) -> Node:
    dtype = value.dtype
    if dtype.kind == "O":
        return packer.objects(value)
    if dtype.kind not in _SIZED:
        return packer._other(value)
    packer.spend(value.nbytes)
    if dtype in _NATIVE and value.ndim <= 8:
        return value
    return [int(Tag.ARRAY), dtype.str, list(value.shape), value.tobytes()]


def _scalar(packer: Packer, value: np.generic) -> Node:
    if value.dtype.kind not in _SIZED:
        return packer._other(value)
    packer.spend(value.nbytes)
    return [int(Tag.SCALAR), value.dtype.str, value.tobytes()]


def _dtype(packer: Packer, value: Any) -> Node:
    plain = value.kind in _SIZED and value.names is None and value.subdtype is None
    return [int(Tag.DTYPE), value.str] if plain else packer._other(value)


def _deque(packer: Packer, value: Any) -> Node:
    return [int(Tag.DEQUE), value.maxlen, packer.items(Tag.LIST, value)]


def _default(packer: Packer, value: Any) -> Node:
    factory = value.default_factory
    name = next((name for name, each in FACTORIES.items() if each is factory), None)
    node = packer.keyed(Tag.DICT, value, dict.items(value))
    return [int(Tag.DEFAULT), name, node] if node[0] == Tag.DICT else node


def _moment(packer: Packer, value: Any) -> Node:
    fields = [value.year, value.month, value.day, value.hour, value.minute, value.second]
    zone = value.tzinfo
    if zone is not None and type(zone) is not datetime.timezone:
        return packer._other(value)
    offset = None if zone is None else zone.utcoffset(None) // datetime.timedelta(microseconds=1)
    return [int(Tag.DATETIME), *fields, value.microsecond, value.fold, offset]


def _decimal(packer: Packer, value: Any) -> Node:
    if value.is_finite() and abs(value.adjusted()) > MAX_EXPONENT:
        raise TooLargeError("a Decimal with too large an exponent")
    text = str(value)
    packer.spend(len(text))
    return [int(Tag.DECIMAL), text]


def _path(packer: Packer, value: Any) -> Node:
    kind = "nt" if isinstance(value, pathlib.PureWindowsPath) else "posix"
    return [int(Tag.PATH), kind, packer.pack(str(value))]


_PACKED: Final[dict[type, Callable[[Packer, Any], Node]]] = {
    int: _int,
    str: _text,
    bytes: _bytes,
    complex: lambda packer, value: [int(Tag.COMPLEX), value.real, value.imag],
    list: lambda packer, value: packer.items(Tag.LIST, value),
    tuple: lambda packer, value: packer.items(Tag.TUPLE, value),
    dict: lambda packer, value: packer.keyed(Tag.DICT, value, dict.items(value)),
    set: lambda packer, value: packer.unordered(Tag.SET, value),
    frozenset: lambda packer, value: packer.unordered(Tag.FROZENSET, value),
    range: lambda packer, value: packer.items(Tag.RANGE, (value.start, value.stop, value.step)),
    slice: lambda packer, value: packer.items(Tag.SLICE, (value.start, value.stop, value.step)),
    np.ndarray: _array,
    float: lambda packer, value: value,
    collections.Counter: lambda packer, value: packer.keyed(Tag.COUNTER, value, dict.items(value)),
    collections.OrderedDict: lambda packer, value: packer.keyed(
        Tag.ORDERED, value, collections.OrderedDict.items(value)
    ),
    collections.defaultdict: _default,
    collections.deque: _deque,
    datetime.date: lambda packer, value: [int(Tag.DATE), value.year, value.month, value.day],
    datetime.datetime: _moment,
    datetime.timedelta: lambda packer, value: [
        int(Tag.TIMEDELTA), value.days, value.seconds, value.microseconds
    ],
}  # fmt: skip

_READ_AS: Final[dict[type, Callable[[Any], Any]]] = {
    int: int.__int__,
    float: float.__float__,
    complex: complex.__complex__,
    str: str.__str__,
    bytes: bytes.__bytes__,
    list: lambda value: list(list.__iter__(value)),
    tuple: lambda value: tuple(tuple.__iter__(value)),
    collections.Counter: lambda value: value,
    collections.OrderedDict: lambda value: value,
    collections.defaultdict: lambda value: value,
    dict: lambda value: dict(dict.items(value)),
    set: lambda value: set(set.__iter__(value)),
    frozenset: lambda value: frozenset(frozenset.__iter__(value)),
    collections.deque: lambda value: value,
    np.ndarray: lambda value: np.ndarray.view(value, np.ndarray),
}
"""How to read an instance of a bare subclass: with the methods of its nearest built-in base."""

_LAZY: Final[dict[str, list[tuple[str, Callable[[Packer, Any], Node]]]]] = {}
"""Classes of modules that may not be loaded: by name, a list of (module, packing function)."""


def _by_name(kind: type) -> Callable[[Packer, Any], Node] | None:
    for module, pack in _LAZY.get(kind.__name__, ()):
        if getattr(sys.modules.get(module), kind.__name__, None) is kind:
            return pack
    return None


def extend(module: str, name: str, pack: Callable[[Packer, Any], Node]) -> None:
    """Pack instances of the class ``name`` of ``module`` with ``pack`` once it is loaded."""
    _LAZY.setdefault(name, []).append((module, pack))


extend("decimal", "Decimal", _decimal)
extend(
    "fractions",
    "Fraction",
    lambda packer, value: packer.items(Tag.FRACTION, (value.numerator, value.denominator)),
)
extend("torch", "Size", lambda packer, value: packer.items(Tag.TUPLE, tuple.__iter__(value)))
for _name in ("dtype", "device", "layout"):
    extend("torch", _name, lambda packer, value: str(value))
for _name in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"):
    extend("pathlib", _name, _path)
