"""Plain values of exact types on the wire: packed on one side, rebuilt on the other.

    node = Packer(other).pack({"W": np.eye(2), 3: (1, 2j)})      # what `wire.encode` can send
    value = unpack(node, handle)                                  # equal, and of the same types

Scalars and arrays of bool, int64 and float64 stand for themselves. Everything else is a list that
begins with a number of `Tag`. What is no plain value is given to ``other`` by the packer, and nodes
that are no plain value are given to ``handle`` on arrival.

`unpack` reads what a hostile program may have written. It builds only types of Python and NumPy from
the table below, checks every size before it allocates, and raises `wire.WireError` for all else.
Nothing that is received is called, imported, evaluated or unpickled.
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
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, Final

import numpy as np

from grader.sandbox.guest.wire import MAX_NODES, MAX_TEXT, WireError

MAX_DEPTH: Final = 32
MAX_BYTES: Final = 4 << 20
"""Bytes of text and arrays in one answer."""
MAX_DIGITS: Final = 1 << 15
"""Bytes of one integer."""
MAX_EXPONENT: Final = 20_000
"""Largest exponent of a Decimal: its integer value would otherwise fill the memory."""
MAX_RANGE: Final = 1_000_000
"""Elements of a range: a test may make a list of it."""


class Tag(enum.IntEnum):
    """The meaning of a list on the wire."""

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


class TooLargeError(Exception):
    """A value beyond the limits on depth, count or bytes; the text says which."""


class _NotPlainError(Exception):
    """A key of a dict or an element of a set is an object."""


Node = Any
Other = Callable[[Any], Node]

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
_FACTORIES: Final = {
    each.__name__: each for each in (int, float, complex, str, list, tuple, dict, set, bool)
}


# --- packing ----------------------------------------------------------------------------------


class Packer:
    """Turn values into nodes, within the limits for one answer."""

    def __init__(self, other: Other, nodes: int = MAX_NODES, room: int = MAX_BYTES) -> None:
        """Start with ``nodes`` values and ``room`` bytes left; ``other`` packs what is not plain."""
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
        """Take ``count`` bytes from the room that is left."""
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
        """Return the node of a dict; a dict with an object among its keys is no plain value."""
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
        """Return the node of a set; a set with an object in it is no plain value."""
        try:
            return [int(tag), *self._plainly(list(value))]
        except _NotPlainError:
            return self._other(value)

    def objects(self, value: np.ndarray) -> Node:
        """Return the node of an array of Python objects, if all of them are plain."""
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
        """Pack an instance of a subclass without methods of its own, read by the base's methods."""
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
    """Return the built-in class of which ``kind`` is a bare subclass or a named tuple."""
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
    name = next((name for name, each in _FACTORIES.items() if each is factory), None)
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
"""How an instance of a bare subclass is read: by the methods of its base, the nearest one first."""

_LAZY: Final[dict[str, list[tuple[str, Callable[[Packer, Any], Node]]]]] = {}
"""Classes of modules that not every worker has loaded: by name, the modules and how they are packed."""


def _by_name(kind: type) -> Callable[[Packer, Any], Node] | None:
    for module, pack in _LAZY.get(kind.__name__, ()):
        if getattr(sys.modules.get(module), kind.__name__, None) is kind:
            return pack
    return None


def extend(module: str, name: str, pack: Callable[[Packer, Any], Node]) -> None:
    """Let ``pack`` write instances of the class ``name`` of ``module``, where that is loaded."""
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


# --- rebuilding -------------------------------------------------------------------------------


def unpack(node: Node, handle: Callable[[list[Any]], Any]) -> Any:
    """Return the value of ``node``; raise `WireError` for what no packer writes.

    Args:
        node: A value that `wire.decode` returned.
        handle: Rebuilds the nodes that stand for no plain value, from the whole node.
    """
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
        built = self.rest(node)
        pairs = list(zip(built[::2], built[1::2], strict=True))
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
    for i, item in enumerate(items):
        built.flat[i] = builder.build(item)
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
    """Return a path that cannot open anything, whatever class it had."""
    _, kind, text = node
    text = _exact(builder.build(text), str)
    return pathlib.PureWindowsPath(text) if kind == "nt" else pathlib.PurePosixPath(text)


def _built_default(builder: _Builder, node: list[Any]) -> Any:
    _, name, items = node
    factory = None if name is None else _FACTORIES[_exact(name, str)]
    return collections.defaultdict(factory, builder.pairs(_exact(items, list)))


def _built_deque(builder: _Builder, node: list[Any]) -> Any:
    _, most, items = node
    return collections.deque(builder.rest(_exact(items, list)), _exact(most, int, type(None)))


def _built_text(builder: _Builder, node: list[Any]) -> str:
    _, data = node
    return str(_exact(data, bytes).decode("utf-8", "surrogatepass"))


class Named(tuple[Any, ...]):
    """A named tuple that was rebuilt: a tuple whose elements have names."""

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
    for each in (name, *_exact(fields, list)):
        if not _NAME.fullmatch(_exact(each, str)):
            name = "Row"
    for each in fields:
        if hasattr(tuple, each) or each.startswith("_"):
            raise WireError("a field that is the name of a method")
    values = builder.rest(_exact(items, list))
    if len(values) != len(fields) or len(set(fields)) != len(fields):
        raise WireError("a named tuple whose fields do not fit")
    names = {field: property(itemgetter(i)) for i, field in enumerate(fields)}
    kind = type(name, (Named,), {"__slots__": (), "_fields": tuple(fields), **names})
    built: Named = kind(values)
    return built


def _built_set(builder: _Builder, node: list[Any]) -> set[Any]:
    return set(builder.rest(node))


_BUILT: Final[dict[int, Callable[[_Builder, list[Any]], Any]]] = {
    Tag.LIST: _Builder.rest,
    Tag.TUPLE: lambda builder, node: tuple(builder.rest(node)),
    Tag.DICT: lambda builder, node: dict(builder.pairs(node)),
    Tag.SET: _built_set,
    Tag.FROZENSET: lambda builder, node: frozenset(builder.rest(node)),
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
    """Let ``build`` rebuild the nodes with this tag."""
    _BUILT[tag] = build
