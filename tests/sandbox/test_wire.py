"""The wire: what goes in comes out; what a hostile peer sends is a value or a `WireError`.

A longer run of the fuzz, with a million frames:

    GRADER_FUZZ=1000000 python -m pytest tests/sandbox/test_wire.py -k any_bytes -q
"""

from __future__ import annotations

import os
import random
import resource
import struct
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from grader.sandbox.guest import wire
from grader.sandbox.guest.wire import Ref, WireError, decode, encode

FRAMES = int(os.environ.get("GRADER_FUZZ", "20000"))
INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
ARRAYS = arrays.arrays(
    st.sampled_from([np.dtype("f8"), np.dtype("i8"), np.dtype("bool")]),
    arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)
LEAVES = st.one_of(
    st.none(), st.booleans(), INT64, st.floats(), TEXT, ARRAYS, st.builds(Ref, INT64, INT64)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.lists(inner, max_size=5).map(tuple),
        st.dictionaries(st.one_of(TEXT, INT64), inner, max_size=5),
    ),
    max_leaves=25,
)


def same(sent: Any, arrived: Any) -> bool:
    """Whether ``arrived`` is ``sent``, of exact built-in types, a tuple as a list."""
    if isinstance(sent, np.ndarray):
        equal_nan = sent.dtype.kind == "f"
        return (
            type(arrived) is np.ndarray
            and (arrived.dtype, arrived.shape) == (sent.dtype, sent.shape)
            and np.array_equal(arrived, sent, equal_nan=equal_nan)
        )
    if isinstance(sent, (list, tuple)):
        return (
            type(arrived) is list
            and len(arrived) == len(sent)
            and all(same(one, other) for one, other in zip(sent, arrived, strict=True))
        )
    if isinstance(sent, dict):
        return (
            type(arrived) is dict
            and list(arrived) == list(sent)
            and all(same(item, arrived[key]) for key, item in sent.items())
        )
    return type(arrived) is type(sent) and (arrived == sent or sent != sent)


# --- there and back ------------------------------------------------------------------------------


@given(VALUES)
@settings(max_examples=100, deadline=None)
def test_what_goes_in_comes_out(value: Any) -> None:
    assert same(value, decode(encode(value)))


def test_arrays_of_any_layout_arrive_plain() -> None:
    """Transposed, strided and read-only arrays arrive as writable ones of their own."""
    whole = np.arange(24.0).reshape(2, 3, 4)
    for array in (
        whole.T,
        whole[::-1, ::2],
        np.broadcast_to(1.0, (2, 2)),
        np.asfortranarray(whole),
    ):
        arrived = decode(encode(array))
        assert same(np.array(array), arrived)
        assert arrived.flags.writeable
        assert arrived.flags.c_contiguous


@pytest.mark.parametrize(
    "value",
    [object(), 1j, 2**64, -(2**64), "\ud800", {1.5: 1}, {None: 1}, np.zeros((1,) * 9),
     np.zeros(2, "c16"), np.zeros(2, "f4"), np.zeros(2, "i4"), np.zeros(2, "M8[s]"),
     np.array(["x"]), np.array([object()]), np.zeros(2, [("a", float)])],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_nothing_else_goes_in(value: Any) -> None:
    """What is none of the kinds allowed is refused before it is sent, or by who reads it."""
    with pytest.raises(WireError):
        decode(encode(value))


def test_a_circle_does_not_go_in() -> None:
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(WireError):
        encode(circle)


# --- a hostile peer ------------------------------------------------------------------------------


def read(frame: bytes) -> Any:
    """The value of ``frame``, or None: any other exception than `WireError` fails the test."""
    try:
        return decode(frame)
    except WireError:
        return None


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_noise_is_refused(frame: bytes) -> None:
    read(frame)


@given(VALUES, st.data())
@settings(max_examples=100, deadline=None)
def test_damaged_frames_are_refused(value: Any, data: st.DataObject) -> None:
    """Cut short, lengthened, or with bytes changed, a frame is refused or is another value."""
    frame = bytearray(encode(value))
    cut = data.draw(st.integers(0, len(frame)))
    if cut < len(frame):
        with pytest.raises(WireError):
            decode(bytes(frame[:cut]))
    with pytest.raises(WireError):
        decode(bytes(frame) + b"\xc0")
    for _ in range(3):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(frame))


SEEDS = [
    encode(value)
    for value in (
        ["answers", [["ok", np.eye(3), [0]], ["raised", ["ValueError"], 0, 12, "no"]]],
        ["loaded", [[["SyntaxError"], 0, 3, "x" * 300]]],
        {"W1": np.zeros((2, 3)), 3: [True, None, -(2**40)], "deep": [[[[["x"]]]]]},
        [Ref(3, 1), 1.5, np.array([True, False]), np.arange(4), {"a": {"b": {}}}],
    )
]
HEADS = (
    [bytes([head]) for head in (0x80, 0x81, 0x91, 0xC0, 0xC1, 0xC4, 0xC7, 0xC9, 0xD4, 0xD6, 0xD8)]
    + [bytes([head]) + b"\xff" * 4 for head in (0xC6, 0xC9, 0xDB, 0xDD, 0xDF)]
    + [b"\xdd\x00\x0f\x00\x00", b"\xc7\x0a\x01f\x01" + b"\xff" * 8, b"\xd8\x02" + bytes(16)]
)


def test_any_bytes_are_a_value_or_refused() -> None:
    """`FRAMES` frames, noise and mutants, without another exception or memory to speak of."""
    chance = random.Random(FRAMES)  # noqa: S311  # a fuzz, to be repeatable
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    values = 0
    for number in range(FRAMES):
        if number % 4 == 0:
            frame = chance.randbytes(chance.randrange(64))
        else:
            mutant = bytearray(chance.choice(SEEDS))
            for _ in range(chance.randrange(1, 6)):
                at = chance.randrange(len(mutant) + 1)
                size = chance.choice((0, 0, 1, 1, 4, 9))
                mutant[at : at + size] = chance.choice(
                    (chance.randbytes(chance.randrange(3)), chance.choice(HEADS), mutant[:at])
                )
                del mutant[5000:]
            frame = bytes(mutant)
        values += read(frame) is not None
    assert 0 < values < FRAMES
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10


def ext(code: int, body: bytes) -> bytes:
    return b"\xc9" + struct.pack(">IB", len(body), code) + body


def array(code: bytes, shape: tuple[int, ...], body: bytes = b"") -> bytes:
    return ext(1, struct.pack(f"<cB{len(shape)}Q", code, len(shape), *shape) + body)


@pytest.mark.parametrize(
    "frame",
    [
        b"", b"\xc1", b"\xc0\xc0", b"\x91", b"\x92\xc0", b"\xca\0\0\0\0", b"\xc4\x02x",
        b"\xcf" + b"\xff" * 8, b"\x82\xa1a\1\xa1a\2", b"\x82\1\1\xcc\1\2",
        b"\x81\xc0\1", b"\x81\x90\1",
        b"\x81\xcb" + bytes(9), b"\xa2\xff\xfe", b"\xa3\xed\xa0\x80", b"\xdb\xff\xff\xff\xff",
        b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xc9\xff\xff\xff\xff\1",
        b"\xd6\xff" + bytes(4), ext(1, b""), ext(1, b"f"), ext(1, b"f\x01"),
        ext(1, b"f\x09" + bytes(72)), ext(2, bytes(15)),
        ext(3, b"x"), ext(127, b""), array(b"f", (2,), bytes(15)), array(b"f", (2**63, 2)),
        array(b"f", (2**32, 2**32)), array(b"f", (0, 2**63)), array(b"f", (0, 2**47, 2**47)),
        array(b"O", (1,), bytes(8)), array(b"c", (1,), bytes(16)), array(b"b", (2,), b"\0\2"),
        array(b"f", (1,) * 9, bytes(8)),
    ],
    ids=lambda frame: frame[:12].hex(),
)  # fmt: skip
def test_a_malformed_frame_is_refused(frame: bytes) -> None:
    with pytest.raises(WireError):
        decode(frame)


@pytest.mark.parametrize(
    ("limit", "frame"),
    [
        ("MAX_DEPTH", b"\x91" * 41 + b"\xc0"),
        ("MAX_NODES", b"\xdd\x00\x01\x00\x00" + b"\xc0" * 0x10000),
        ("MAX_TEXT", b"\xdb\x00\x02\x00\x00" + b"x" * 0x20000),
        ("MAX_DIMENSIONS", array(b"f", (1,) * 9, bytes(8))),
    ],
)
def test_each_limit_holds_alone(limit: str, frame: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused with it, read without it: nothing else would have stopped this frame."""
    with pytest.raises(WireError):
        decode(frame)
    monkeypatch.setattr(wire, limit, 1 << 30)
    assert decode(frame) is not None


def test_the_walk_is_what_refuses_duplicate_keys() -> None:
    """Without it the second of two equal keys would silently win."""
    frame = b"\x82\xa1a\x01\xa1a\x02"
    with pytest.raises(WireError):
        decode(frame)
    assert decode(frame, trusted=True) == {"a": 2}


def test_the_walk_bounds_memory() -> None:
    """A million lists in 1 MB: refused before they are built, some 60 MB without the walk."""
    frame = b"\xdd" + struct.pack(">I", 1_000_000) + b"\x90" * 1_000_000
    assert _peak(frame, trusted=False) < 4 << 20
    assert _peak(frame, trusted=True) > 40 << 20


def test_claims_cost_nothing() -> None:
    """A frame that claims petabytes takes no more memory than its own bytes."""
    for frame in (
        b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff",
        array(b"f", (2**40, 2**20)), b"\xc9\xff\xff\xff\xff\1" + bytes(100),
        array(b"f", (0, 2**40)), b"\x91" * 1_000_000,
    ):  # fmt: skip
        assert _peak(frame, trusted=False) < 4 << 20


def _peak(frame: bytes, *, trusted: bool) -> int:
    tracemalloc.start()
    try:
        decode(frame, trusted=trusted)
    except WireError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak
