"""Values on the pipe between the grader and a worker: length-prefixed frames of plain data.

A frame is a little-endian ``u32`` length and that many bytes of MessagePack. What may cross:
``None``, ``bool``, ``int`` of 64 bits, ``float``, ``str``, ``bytes``, ``list`` (a tuple arrives as a
list), ``dict`` with ``str`` or ``int`` keys, ``ndarray`` of bool, int64 or float64, and `Ref`, the name
of an object that stays in the worker. Nothing executable, in either direction: no pickle.

A hostile program may have written a frame from a worker. So `decode` walks through it once before
it builds anything: this checks depth, counts, sizes, types and duplicate keys. Every malformed
frame raises `WireError`.

>>> decode(encode({"W": np.eye(2), "name": "W1"}))["W"].shape
(2, 2)
"""

from __future__ import annotations

import math
import re
import struct
from typing import Any, Final

import msgspec
import numpy as np

MAX_FRAME: Final = 16 << 20
"""Bytes of the largest frame that is read; right answers take about 0.1 MiB."""
MAX_DEPTH: Final = 40
MAX_NODES: Final = 20_000
MAX_TEXT: Final = 1 << 16
MAX_DIMENSIONS: Final = 8

HEAD: Final = struct.Struct("<I")

_ARRAY, _REF = 1, 2
_DTYPES: Final = {b"f": np.dtype("<f8"), b"i": np.dtype("<i8"), b"b": np.dtype("|b1")}
_CODES: Final = {dtype: code for code, dtype in _DTYPES.items()}
_REF_HEAD: Final = struct.Struct("<qq")


class WireError(Exception):
    """A value that may not be sent, or a frame that is malformed."""


class Ref:
    """A result that stays in the worker: number ``key``, or its element ``item`` (-1: all of it).

    It is not a tuple, because msgspec would encode it as a list.
    """

    __slots__ = ("item", "key")

    def __init__(self, key: int, item: int = -1) -> None:
        self.key, self.item = key, item

    def __eq__(self, other: object) -> bool:
        return type(other) is Ref and (self.key, self.item) == (other.key, other.item)

    def __hash__(self) -> int:
        return hash((self.key, self.item))

    def __repr__(self) -> str:
        return f"Ref({self.key}, {self.item})"


def _outgoing(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return msgspec.msgpack.Ext(_ARRAY, _array_bytes(value))
    if type(value) is Ref:
        return msgspec.msgpack.Ext(_REF, _REF_HEAD.pack(value.key, value.item))
    if isinstance(value, np.generic):
        return value.item()
    raise WireError(f"a value of type {type(value).__name__} cannot cross the pipe")


def _array_bytes(array: np.ndarray) -> bytes:
    code = _CODES.get(array.dtype)
    if code is None or array.ndim > MAX_DIMENSIONS:
        raise WireError(f"an array of dtype {array.dtype}, {array.ndim}-d, cannot cross the pipe")
    return struct.pack(f"<cB{array.ndim}Q", code, array.ndim, *array.shape) + array.tobytes()


def _incoming(code: int, data: memoryview) -> Any:
    if code == _REF and len(data) == _REF_HEAD.size:
        return Ref(*_REF_HEAD.unpack(data))
    if code != _ARRAY:
        raise WireError("an unknown kind of value")
    return _view(data).copy()


def _as_sent(code: int, data: memoryview) -> Any:
    """Return a read-only view of an array; small equal arrays share one copy."""
    if code != _ARRAY:
        return _incoming(code, data)
    if len(data) > _SMALL:
        return _view(data)
    key = bytes(data)
    if key not in _seen:
        _seen[key] = _view(memoryview(key))
    return _seen[key]


def _given(code: int, data: memoryview) -> Any:
    value = _as_sent(code, data)
    return value.copy() if type(value) is np.ndarray else value


def _view(data: memoryview) -> np.ndarray:
    if len(data) < 2 or data[1] > MAX_DIMENSIONS or len(data) < 2 + 8 * data[1]:
        raise WireError("an array without its shape")
    dtype = _DTYPES.get(bytes(data[:1]))
    shape = struct.unpack_from(f"<{data[1]}Q", data, 2)
    body = data[2 + 8 * data[1] :]
    if (
        dtype is None
        or math.prod(shape) * dtype.itemsize != len(body)
        or max(shape, default=0) >> 48
    ):
        raise WireError("an array whose bytes do not fit its shape")
    if dtype.kind == "b" and len(body) and np.frombuffer(body, np.uint8).max() > 1:
        raise WireError("a bool that is neither 0 nor 1")
    return np.frombuffer(body, dtype).reshape(shape)


_SMALL: Final = 4096
_seen: dict[bytes, np.ndarray] = {}
"""Small arrays of trusted frames, by their bytes.

A numeric gradient sends the same arrays again and again, and copying one costs less than decoding it.
"""

_encoder: Final = msgspec.msgpack.Encoder(enc_hook=_outgoing)
_decoder: Final = msgspec.msgpack.Decoder(ext_hook=_incoming)
_trusting: Final = msgspec.msgpack.Decoder(ext_hook=_given)
_sketcher: Final = msgspec.msgpack.Decoder(ext_hook=_as_sent)


def encode(value: Any) -> bytes:
    """Return the encoded bytes of ``value`` without the length prefix; raise `WireError`."""
    try:
        return _encoder.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        raise WireError(f"cannot cross the pipe: {error}") from None


def packed(value: Any) -> msgspec.Raw:
    """Encode ``value`` once, to include it in many messages."""
    return msgspec.Raw(encode(value))


def decode(frame: bytes, *, trusted: bool = False) -> Any:
    """Return the value of ``frame``; raise `WireError` if it is malformed.

    ``trusted`` skips the checks: a worker uses it for frames that the grader wrote.
    """
    if not trusted and not _FLAT.fullmatch(frame):
        _walk(frame)
    try:
        return (_trusting if trusted else _decoder).decode(frame)
    except WireError:
        raise
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise WireError(f"malformed frame: {type(error).__name__}") from None
    except MemoryError:
        raise WireError("malformed frame: MemoryError") from None


def sketch(frame: bytes) -> Any:
    """Decode a trusted frame only for comparison with `is_as_sent`; its arrays may be shared."""
    return _sketcher.decode(frame)


def is_as_sent(array: Any, sent: np.ndarray) -> bool:
    """Return whether ``array`` still has the sent type, dtype, shape and bits."""
    return (
        type(array) is np.ndarray
        and array.dtype == sent.dtype
        and array.shape == sent.shape
        and array.tobytes() == sent.tobytes()
    )


# For the first byte of a MessagePack value: (kind, bytes of the length or of the number).
_FIXED: Final = {
    0xC4: ("bytes", 1), 0xC5: ("bytes", 2), 0xC6: ("bytes", 4),
    0xC0: ("scalar", 0), 0xC2: ("scalar", 0), 0xC3: ("scalar", 0), 0xCB: ("scalar", 8),
    0xCC: ("int", 1), 0xCD: ("int", 2), 0xCE: ("int", 4), 0xCF: ("int", 8),
    0xD0: ("signed", 1), 0xD1: ("signed", 2), 0xD2: ("signed", 4), 0xD3: ("signed", 8),
    0xD4: ("fixext", 1), 0xD5: ("fixext", 2), 0xD6: ("fixext", 4), 0xD7: ("fixext", 8),
    0xD8: ("fixext", 16), 0xC7: ("ext", 1), 0xC8: ("ext", 2), 0xC9: ("ext", 4),
    0xD9: ("text", 1), 0xDA: ("text", 2), 0xDB: ("text", 4),
    0xDC: ("list", 2), 0xDD: ("list", 4), 0xDE: ("dict", 2), 0xDF: ("dict", 4),
}  # fmt: skip


_FLAT: Final = re.compile(
    rb"(?:[\x00-\x7F\xE0-\xFF\xC0\xC2\xC3\x90-\x9F]|\xCB.{8}|[\xCC\xD0].|[\xCD\xD1]..|"
    rb"[\xCE\xD2].{4}|\xCF[\x00-\x7F].{7}|\xD3.{8}|"
    + b"|".join(rb"%c.{%d}" % (0xA0 + size, size) for size in range(32))
    + rb"){1,%d}" % MAX_DEPTH,
    re.DOTALL,
)
"""Matches frames that need no walk: a few numbers, short texts and short lists.

They contain no dict, whose keys could be duplicates, and no more values than the allowed depth of
lists. The decoder itself checks that the lists have as many elements as they announce.
"""


class _Open:
    """A container that the walk has not finished: the number of values left, the keys seen."""

    __slots__ = ("keys", "left")

    def __init__(self, left: int, is_dict: bool) -> None:
        self.left = left
        self.keys: set[Any] | None = set() if is_dict else None

    def wants_key(self) -> bool:
        return self.keys is not None and self.left % 2 == 0


def _walk(frame: bytes) -> None:
    """Check the whole frame without building anything larger than a dict's set of keys."""
    position, nodes, size = 0, 0, len(frame)
    stack = [_Open(1, False)]
    while stack:
        top = stack[-1]
        if top.left == 0:
            stack.pop()
            continue
        nodes += 1
        if nodes > MAX_NODES:
            raise WireError(f"more than {MAX_NODES} values in one frame")
        kind, number, start, position = _token(frame, position)
        if position > size:
            raise WireError("the frame ends in the middle of a value")
        if kind == "ext" and frame[start - 1] not in (_ARRAY, _REF):  # msgspec decodes timestamps
            raise WireError("an unknown kind of value")
        if top.wants_key():
            _check_key(top, kind, number, frame[start:position])
        top.left -= 1
        if kind in ("list", "dict"):
            if len(stack) > MAX_DEPTH:
                raise WireError(f"nested deeper than {MAX_DEPTH}")
            stack.append(_Open(number * (2 if kind == "dict" else 1), kind == "dict"))
    if position != size:
        raise WireError("bytes after the end of the value")


def _token(frame: bytes, position: int) -> tuple[str, int, int, int]:
    """Return (kind, number, start of the body, end) of the value at ``position``."""
    if position >= len(frame):
        raise WireError("the frame ends where a value should begin")
    first = frame[position]
    position += 1
    if first <= 0x7F or first >= 0xE0:
        return "int", first if first <= 0x7F else first - 256, position, position
    if first <= 0xBF:
        return _short(first, position)
    kind, width = _FIXED.get(first, ("", 0))
    if not kind:
        raise WireError(f"a value that starts with the byte {first:#x}")
    if kind == "scalar":
        return kind, 0, position, position + width
    if kind in ("int", "signed"):
        number = int.from_bytes(frame[position : position + width], signed=kind == "signed")
        if number >> 63 > 0:
            raise WireError("an integer of more than 64 bits")
        return "int", number, position, position + width
    return _sized(frame, kind, width, position)


def _short(first: int, position: int) -> tuple[str, int, int, int]:
    if first <= 0x8F:
        return "dict", first & 0x0F, position, position
    if first <= 0x9F:
        return "list", first & 0x0F, position, position
    return "text", 0, position, position + (first & 0x1F)


def _sized(frame: bytes, kind: str, width: int, position: int) -> tuple[str, int, int, int]:
    if kind == "fixext":
        return "ext", 0, position + 1, position + 1 + width
    number = int.from_bytes(frame[position : position + width])
    position += width
    if kind == "ext":
        return kind, 0, position + 1, position + 1 + number
    if kind == "bytes":
        return kind, 0, position, position + number
    if kind == "text":
        if number > MAX_TEXT:
            raise WireError(f"a text of more than {MAX_TEXT} bytes")
        return kind, 0, position, position + number
    return kind, number, position, position


def _check_key(top: _Open, kind: str, number: int, body: bytes) -> None:
    if kind not in ("text", "int"):
        raise WireError("a key that is neither text nor an integer")
    key = number if kind == "int" else body
    keys = top.keys
    if keys is None or key in keys:
        raise WireError("a key that occurs twice in one dict")
    keys.add(key)
