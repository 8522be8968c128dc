"""Plain values: they arrive equal and of the same type; what a hostile peer sends builds nothing else.

A longer run:

    GRADER_FUZZ=1000000 python -m pytest tests/sandbox/test_values.py -q
"""

import collections
import datetime
import decimal
import fractions
import os
import pathlib
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from grader.sandbox.guest import values, wire
from grader.sandbox.guest.packing import Packer
from grader.sandbox.guest.values import Tag, TooLargeError, unpack
from grader.sandbox.guest.wire import WireError

FUZZ = int(os.environ.get("GRADER_FUZZ", "3000"))
Row = collections.namedtuple("Row", "x y")
ZONE = datetime.timezone(datetime.timedelta(hours=2))


def never(value):
    raise AssertionError(f"{value!r} is no plain value")


def refuse(node):
    raise WireError("no handle here")


def crossed(value):
    """Return ``value`` as it arrives on the other side."""
    return unpack(wire.decode(wire.encode(Packer(never).pack(value))), refuse)


def arrived(node, handle):
    """Return what is built of a node that a hostile program wrote, its tags as bare numbers."""
    return unpack(wire.decode(wire.encode(node), trusted=True), handle)


def same(one, other):
    """Whether two values are equal and of the same types at every depth, NaN like NaN."""
    if isinstance(one, np.ndarray):
        return (
            type(other) is np.ndarray
            and (one.dtype, one.shape) == (other.dtype, other.shape)
            and (one.tobytes() == other.tobytes() or one.dtype == object)
            and (one.dtype != object or all(map(same, one.flat, other.flat)))
        )
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return len(one) == len(other) and all(
            same(key, other_key) and same(item, other_item)
            for (key, item), (other_key, other_item) in zip(one.items(), other.items(), strict=True)
        )
    if isinstance(one, (list, tuple, collections.deque)):
        return len(one) == len(other) and all(map(same, one, other))
    return repr(one) == repr(other) if one != one else one == other


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-(2**300), 2**300), st.floats(),
    st.complex_numbers(), st.text(), st.text(st.characters(categories=["Cs", "Lu"])), st.binary(),
    st.fractions(), st.decimals(allow_nan=False), st.dates(), st.datetimes(), st.timedeltas(),
    st.just(...), st.builds(slice, st.integers(), st.none(), st.integers()),
    st.builds(range, st.integers(-9, 9), st.integers(-9, 99), st.integers(1, 5)),
    arrays.arrays(
        arrays.scalar_dtypes(),
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    ),
)  # fmt: skip
KEYS = st.one_of(st.none(), st.integers(), st.text(), st.binary(), st.dates(),
                 st.tuples(st.integers(), st.text()))  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(KEYS, inner, max_size=4), st.sets(KEYS, max_size=4),
        st.frozensets(KEYS, max_size=4), st.lists(inner, max_size=3).map(collections.deque),
        st.dictionaries(KEYS, inner, max_size=3).map(collections.OrderedDict),
    ),
    max_leaves=20,
)  # fmt: skip


@given(VALUES)
@settings(max_examples=max(100, FUZZ // 30), deadline=None)
def test_what_goes_in_comes_out(value):
    """Equal, and of exactly the same types."""
    assert same(value, crossed(value))


@pytest.mark.parametrize(
    "value",
    [
        True, 1, 1.0, 2**64, -(2**63) - 1, 1j, "\ud800", "ä" * 70_000, b"\0", NotImplemented,
        {1: "a", "1": "b", (1, 2): 3, None: 4, 2.5: 5, b"x": 6}, {(): frozenset({1})},
        collections.Counter("abca"), collections.defaultdict(list, {1: [2]}),
        collections.deque([1, 2], 5), collections.defaultdict(None, {}),
        fractions.Fraction(-1, 3), decimal.Decimal("NaN"), decimal.Decimal("1.50"),
        datetime.datetime(2026, 3, 29, 2, 30, fold=1), datetime.datetime(2026, 1, 1, tzinfo=ZONE),
        np.float32(0.1), np.int8(-3), np.bool_(True), np.str_("text"), np.datetime64("2026-01-01"),
        np.array(["ab", "c"]), np.array([b"ab"]), np.array([1 + 2j]), np.zeros((2, 0, 3), "u2"),
        np.array(["2026-01-01"], "M8[D]"), np.array([3], "m8[s]"), np.array([1.5], ">f4"),
        np.array([1, "a", None, (2,)], dtype=object), np.dtype("f4"), np.dtype("<U3"),
    ],
    ids=repr,
)  # fmt: skip
def test_each_kind(value):
    """Every row of the table in boundary.md."""
    assert same(value, crossed(value)) or repr(value) == repr(crossed(value)) == "Decimal('NaN')"


def test_named_tuples_and_paths():
    """A named tuple keeps its names; a path that could open files becomes one that cannot."""
    row = crossed(Row(1, [2]))
    assert isinstance(row, tuple)
    assert (1, [2]) == (row.x, row.y) == row
    assert ("x", "y") == row._fields
    assert "Row(x=1, y=[2])" == repr(row)
    words = crossed(collections.namedtuple("Words", "count größe def", rename=True)(3, 4, 5))
    assert (3, 4, 5) == (words.count, words.größe, words._2)
    path = crossed(pathlib.Path("/etc/passwd"))
    assert path == pathlib.PurePosixPath("/etc/passwd")
    assert not hasattr(path, "read_text")


def test_subclasses():
    """A bare subclass arrives as its base; one with methods of its own is no plain value."""
    bare = type("Bare", (dict,), {})
    assert type(crossed(bare(a=1))) is dict
    assert type(crossed(type("Bare", (float,), {})(1.5))) is float
    assert type(crossed(np.zeros(2).view(type("Bare", (np.ndarray,), {})))) is np.ndarray
    for base, argument in ((list, []), (float, 1.0), (dict, {}), (tuple, ()), (str, "")):
        odd = type("Odd", (base,), {"__eq__": lambda self, other: True, "__hash__": lambda self: 0})
        assert "an object" == Packer(lambda value: "an object").pack(odd(argument))


def test_objects_in_keys_make_the_whole_an_object():
    """A set or the keys of a dict that hold an object do not cross as plain values."""
    for value in ({object()}, {object(): 1}, frozenset({object()}), np.array([object()])):
        assert "an object" == Packer(lambda value: "an object").pack(value)
    assert [Tag.LIST, "an object"] == Packer(lambda value: "an object").pack([object()])


def test_limits():
    """Depth, count, bytes, digits and exponents are bounded for each answer."""
    deep = circle = []
    for _ in range(values.MAX_DEPTH):
        deep = [deep]
    circle.append(circle)
    for value in (deep, circle, list(range(wire.MAX_NODES)), np.zeros(values.MAX_BYTES), "x" * (5 << 20),
                  1 << (8 * values.MAX_DIGITS), decimal.Decimal("1E+99999999")):  # fmt: skip
        with pytest.raises(TooLargeError):
            Packer(never).pack(value)


# --- a hostile peer ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "node",
    [
        [], [99], [True, 1], ["LIST"], {}, {"a": 1}, [Tag.DICT, 1], [Tag.DICT, 1, 2, 1, 3],
        [Tag.DICT, [Tag.LIST], 1], [Tag.SET, [Tag.LIST]], [Tag.INT, "12"], [Tag.INT, bytes(1 << 16)],
        [Tag.ARRAY, "O", [1], bytes(8)], [Tag.ARRAY, "V8", [1], bytes(8)],
        [Tag.ARRAY, "f8,f8", [1], bytes(16)], [Tag.ARRAY, "<f8", [2], bytes(8)],
        [Tag.ARRAY, "<f8", [-1], bytes(8)], [Tag.ARRAY, "<U0", [1 << 60], b""],
        [Tag.ARRAY, "<f8", [0, 1 << 60], b""], [Tag.ARRAY, "|b1", [1], b"\x02"],
        [Tag.ARRAY, "<U1", [1], b"\xff\xff\xff\xff"], [Tag.ARRAY, "<f8", [1], "x" * 8],
        [Tag.DTYPE, "O"], [Tag.DTYPE, "object"], [Tag.DTYPE, "i4,(2,3)f8"],
        [Tag.SCALAR, "<f8", bytes(4)], [Tag.RANGE, 0, 1 << 62, 1], [Tag.RANGE, 0, 1, 0],
        [Tag.DECIMAL, "1E+999999999"], [Tag.DECIMAL, "one"], [Tag.FRACTION, 1, 0],
        [Tag.FRACTION, 1.5, 2], [Tag.DATE, 2026, 13, 1], [Tag.DATETIME, 1], [Tag.TIMEDELTA, 10**12, 0, 0],
        [Tag.COMPLEX, "1", 2.0], [Tag.DEFAULT, "eval", [Tag.DICT]], [Tag.DEFAULT, "type", [Tag.DICT]],
        [Tag.NAMED, "Row", ["__class__"], [Tag.TUPLE, 1]], [Tag.NAMED, "Row", ["_asdict"], [Tag.TUPLE, 1]],
        [Tag.NAMED, "Row", ["x", "x"], [Tag.TUPLE, 1, 2]], [Tag.NAMED, "Row", ["x"], [Tag.TUPLE]],
        [Tag.NAMED, "Row", ["x=1, y"], [Tag.TUPLE, 1]], [Tag.DEQUE, -1, [Tag.LIST]],
        [Tag.TEXT, b"\xff"], [Tag.PATH, "posix", 3], [Tag.OBJECTS, [2], [1]],
        [Tag.REFERENCE, 1], [Tag.FUNCTION, 1], [Tag.CLASS, "int"],
    ],
    ids=repr,
)  # fmt: skip
def test_what_no_packer_writes_is_refused(node):
    """Every malformed node is one exception, before anything large is built."""
    with pytest.raises(WireError):
        arrived(node, refuse)


HANDLE = [int(Tag.HANDLE), 1, "Yes", [], 0]


@pytest.mark.parametrize(
    "node",
    [
        [Tag.SET, HANDLE], [Tag.FROZENSET, [Tag.TUPLE, HANDLE]], [Tag.DICT, HANDLE, 1],
        [Tag.COUNTER, [Tag.TUPLE, HANDLE], 1], [Tag.OBJECTS, [1], [HANDLE]],
        [Tag.OBJECTS, [1], [[Tag.DICT, 1, [Tag.LIST, HANDLE]]]],
    ],
    ids=repr,
)  # fmt: skip
def test_an_object_is_refused_where_no_packer_puts_one(node):
    """Lists, tuples and values of dicts may hold objects; keys, sets and arrays may not."""
    assert [0] == arrived([Tag.LIST, HANDLE], lambda handle: 0)
    with pytest.raises(WireError):
        arrived(node, lambda handle: 0)


ATOMS = [
    None,
    True,
    0,
    1,
    -1,
    2**40,
    1.5,
    "",
    "x",
    "<f8",
    "<U2",
    "Row",
    "eval",
    b"",
    bytes(8),
    b"\xff" * 8,
]
BUILT = (
    type(None), bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, range, slice,
    type(...), np.ndarray, np.generic, np.dtype, decimal.Decimal, fractions.Fraction, datetime.date,
    datetime.timedelta, pathlib.PurePath, collections.deque, type(NotImplemented),
)  # fmt: skip


def noise(rng, depth):
    if depth == 0 or rng.random() < 0.4:
        return rng.choice(ATOMS)
    tag = rng.choice(list(Tag)) if rng.random() < 0.9 else rng.choice(ATOMS)
    return [tag, *(noise(rng, depth - 1) for _ in range(rng.randrange(5)))]


def test_any_nodes():
    """Whatever is sent is a plain value of the table or a `WireError`."""
    rng = random.Random(7)  # noqa: S311  # not for secrets
    for _ in range(FUZZ):
        node = noise(rng, 4)
        try:
            value = arrived(node, refuse)
        except WireError:
            continue
        assert isinstance(value, BUILT)
