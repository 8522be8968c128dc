"""Handles: a hidden test's references to objects that stay in a worker.

    a = student.Value(2.0)           # calls a `CallableHandle`, which returns a `Handle`
    (a * 3 + a).backward()           # operators, attributes and methods are requests
    assert a.grad == 4.0             # returns a float, which is compared in this process

A special method of a student's object never decides a verdict. `FORWARDED` lists the methods whose
result comes back as data: a plain value, or a handle if the reference returned one. `LOCAL` methods
are answered in this process. `UNDECIDABLE` ones raise, because Python would turn their result into
a verdict. `ABSENT` ones do not exist.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn, cast

import numpy as np

from grader.checks.boundary import names
from grader.checks.boundary.approx import approx
from grader.checks.boundary.channel import Reference
from grader.checks.boundary.peer import MAX_ELEMENTS, Peer
from grader.checks.boundary.raised import RefusedError, StudentRaisedError, UndecidableError
from grader.sandbox.guest.operations import CALLABLE, CLASS, FUNCTION, ITERATOR, TENSOR

MODULE_REFERENCE: Final = (0,)
_BINARY: Final = "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift".split()
_UNARY: Final = "neg pos abs invert trunc floor ceil".split()
_COMPARED: Final = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_OPPOSITE: Final = {"eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "le": "gt", "gt": "le"}
"""Comparisons that cannot both be true; an object that answers yes to both is undecidable."""

FORWARDED: Final = frozenset(
    f"__{name}__"
    for name in (
        *_BINARY, *(f"r{name}" for name in _BINARY), *(f"i{name}" for name in _BINARY), *_UNARY,
        "divmod", "rdivmod", "round", "getitem", "setitem", "delitem", "len", "iter", "reversed",
        "next", "call", "enter", "exit", "float", "int", "complex", "index", "getattr", "setattr",
        "delattr", "array", "dir",
    )
)  # fmt: skip
"""Sent to the object; the result is a value, or a handle if the reference returned one.

``__call__`` exists only for callables and ``__next__`` only for iterators.
"""
BETWEEN: Final = frozenset(f"__{name}__" for name in _COMPARED)
"""Sent to the object if both operands are handles and the reference's were too; else undecidable.

``h == None`` is False.
"""
FACTS: Final = frozenset({"__instancecheck__", "__subclasscheck__"})
"""Sent to the class; the program's answer is accepted as a fact."""
UNDECIDABLE: Final = frozenset({"__bool__", "__contains__", "__hash__"})
LOCAL: Final = frozenset(
    "__repr__ __str__ __format__ __class__ __array_ufunc__ __array_function__ __sizeof__ "
    "__getattribute__ __new__ __init__ __init_subclass__ __subclasshook__ __doc__ __module__ "
    "__slots__ __signature__ __weakref__ __annotations__".split()
)
REFUSED: Final = frozenset(
    "__copy__ __deepcopy__ __reduce__ __reduce_ex__ __getstate__ __mro_entries__".split()
)
"""Raise an error for the author: a handle cannot be copied, nor its class be subclassed."""
ABSENT: Final = frozenset(
    "__del__ __bytes__ __missing__ __length_hint__ __await__ __aiter__ __anext__ __aenter__ "
    "__aexit__ __get__ __set__ __delete__ __set_name__ __fspath__ __class_getitem__ __buffer__ "
    "__release_buffer__ __prepare__ __getnewargs__ __getnewargs_ex__ __setstate__ __match_args__ "
    "__dict__ __name__ __qualname__ __wrapped__ __replace__".split()
)


class Own:
    """A method of handles: it can be called, but other uses raise an error.

    A student's attribute of the same name (``node.value``) is hidden by it. Without the error, a
    test that compares ``node.value`` would compare the method, and fail for everyone without
    explanation.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        """Wrap a method of a class of handles."""
        self._function = function
        self.__doc__ = function.__doc__

    def __get__(self, handle: Any, kind: type) -> Any:
        return self if handle is None else OwnMethod(self._function, handle)


class OwnMethod:
    """A method of handles that is bound to one handle."""

    __slots__ = ("_function", "_handle")

    def __init__(self, function: Callable[..., Any], handle: Any) -> None:
        """Bind a method to a handle."""
        self._function, self._handle = function, handle

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Call the method."""
        return self._function(self._handle, *args, **named)

    def _refuse(self, *others: Any) -> NoReturn:
        name = self._function.__name__
        raise TypeError(
            f"h.{name} is a method of every handle; write h.attr({name!r}) for the student's attribute"
        )

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = __bool__ = __len__ = _refuse
    __iter__ = __getitem__ = __contains__ = __float__ = __int__ = __index__ = __array__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __str__ = __repr__ = _refuse
    __truediv__ = __rtruediv__ = __mod__ = __neg__ = __abs__ = __round__ = __getattr__ = _refuse


class Handle:
    """An object in a worker; it exists until the test ends.

    No class of handles is a subclass of another: Python would then ask the right operand of a
    comparison first.
    """

    __slots__ = (
        "__weakref__",
        "_grader_flags",
        "_grader_name",
        "_grader_peer",
        "_grader_reference",
    )
    __array_ufunc__: Any = None  # ``array * handle`` then asks the handle, not NumPy

    def __init__(self, peer: Peer, reference: Reference, flags: int, name: str = "") -> None:
        """Create a handle of the object ``reference`` in the program of ``peer``."""
        _keep_peer(self, peer)
        _keep_reference(self, reference)
        _keep_flags(self, flags)
        _keep_name(self, name)

    # --- methods of handles ---

    @Own
    def value(self) -> Any:
        """Return a plain copy of a held value, an array or a dataclass; raise if there is none."""
        return forward(self, "value", name="value")

    @Own
    def attr(self, name: str) -> Any:
        """Return an attribute that plain access does not reach, such as ``h.attr("value")``."""
        return _get(self, name, special=True)

    @Own
    def call(self, name: str, *args: Any, **named: Any) -> Any:
        """Call a method by name, also a special one: ``a.call("__eq__", b) is True``."""
        if not name.startswith("__"):
            return _get(self, name)(*args, **named)
        peer = self._grader_peer
        return forward(self, "special", name, peer.pack(list(args)), peer.pack(named), name=name)

    # --- attributes ---

    def __getattr__(self, name: str) -> Any:
        return _get(self, name, special=name == "__name__" and _is_class(self))

    def __setattr__(self, name: str, value: Any) -> None:
        forward(self, "set", _public(name), self._grader_peer.pack(value), name=name)

    def __delattr__(self, name: str) -> None:
        forward(self, "delete", _public(name), name=name)

    def __dir__(self) -> list[str]:
        found = _exactly(self, self.call("__dir__"), list, "dir")
        return [name for name in found if isinstance(name, str)]

    # --- items ---

    def __getitem__(self, key: Any) -> Any:
        return forward(self, "item", self._grader_peer.pack(key))

    def __setitem__(self, key: Any, value: Any) -> None:
        peer = self._grader_peer
        forward(self, "set item", peer.pack(key), peer.pack(value))

    def __delitem__(self, key: Any) -> None:
        forward(self, "delete item", self._grader_peer.pack(key))

    def __len__(self) -> int:
        return int(_exactly(self, forward(self, "len"), int, "len"))

    def __iter__(self) -> Iterator[Any]:
        self._grader_peer.settle()
        if self._grader_flags & ITERATOR:
            return _elements(self, self)
        return _elements(self, _iterator(self, "iter"))

    def __reversed__(self) -> Iterator[Any]:
        return _elements(self, _iterator(self, "operate", "reversed"))

    # --- numbers ---

    def __float__(self) -> float:
        return float(_number(self, "float", float))

    def __int__(self) -> int:
        return int(_number(self, "int", int))

    def __complex__(self) -> complex:
        return complex(_number(self, "complex", complex))

    def __index__(self) -> int:
        return int(_number(self, "index", int))

    def __round__(self, *digits: Any) -> Any:
        return forward(self, "operate", "round", *map(self._grader_peer.pack, digits))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        self._grader_peer.reached("array", "an array")
        found = forward(self, "array", name="an array")
        array: np.ndarray = _exactly(self, found, np.ndarray, "array")
        return array if dtype is None else array.astype(dtype)

    def __array_function__(self, function: Any, kinds: Any, args: Any, named: Any) -> Any:
        return function(*map(_as_array, args), **{key: _as_array(v) for key, v in named.items()})

    # --- with ---

    def __enter__(self) -> Any:
        return forward(self, "enter")

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        forward(self, "leave", kind is not None)

    # --- classes ---

    def __instancecheck__(self, other: Any) -> bool:
        if not isinstance(type(other), type) or not hasattr(type(other), "_grader_reference"):
            return False
        peer = self._grader_peer
        found = peer.do("isinstance", other._grader_reference, peer.pack(self), name="isinstance")
        return bool(_exactly(self, found, bool, "isinstance"))

    def __subclasscheck__(self, other: Any) -> bool:
        if not hasattr(type(other), "_grader_reference"):
            return False
        peer = self._grader_peer
        found = peer.do("issubclass", other._grader_reference, peer.pack(self), name="issubclass")
        return bool(_exactly(self, found, bool, "issubclass"))

    # --- answered in this process, or refused ---

    def __repr__(self) -> str:
        return f"<handle {'.'.join(map(str, self._grader_reference))}>"

    def __str__(self) -> str:
        return repr(self)

    def __format__(self, form: str) -> str:
        return repr(self)

    def __bool__(self) -> bool:
        raise self._grader_peer.undecidable(
            'whether an object is true; write `is not None`, or h.call("__bool__") is True'
        )

    def __contains__(self, item: Any) -> bool:
        raise self._grader_peer.undecidable('`in`; write h.call("__contains__", item) is True')

    def __hash__(self) -> int:
        raise self._grader_peer.undecidable("the hash of an object; it cannot be a key")

    def __eq__(self, other: object) -> bool:
        return _compared(self, "eq", other)

    def __ne__(self, other: object) -> bool:
        return _compared(self, "ne", other)

    def __lt__(self, other: object) -> bool:
        return _compared(self, "lt", other)

    def __le__(self, other: object) -> bool:
        return _compared(self, "le", other)

    def __gt__(self, other: object) -> bool:
        return _compared(self, "gt", other)

    def __ge__(self, other: object) -> bool:
        return _compared(self, "ge", other)

    def __copy__(self) -> Any:
        raise TypeError("an object of a submission cannot be copied here")

    def __deepcopy__(self, memo: object) -> Any:
        raise TypeError("an object of a submission cannot be copied here")

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("an object of a submission cannot be copied here")

    def __mro_entries__(self, bases: object) -> tuple[type, ...]:
        raise TypeError("a class of a submission has no subclasses here: use student.exec")


_SLOTS: Final = vars(Handle)
_keep_peer, _keep_reference, _keep_flags, _keep_name = (
    _SLOTS[f"_grader_{name}"].__set__ for name in ("peer", "reference", "flags", "name")
)
"""Setters of a handle's own fields; `__setattr__` would set attributes in the worker."""


class ObjectHandle(Handle):
    """An object that is neither callable nor an iterator."""

    __slots__ = ()


class _CallableMethods:
    """Methods of handles on callables."""

    __slots__ = ()

    def __call__(self, *args: Any, **named: Any) -> Any:
        return _called(self, args, named, {})

    @Own
    def hold(self, *args: Any, **named: Any) -> Any:
        """Call it, and keep the whole result in the worker; return a handle of it."""
        return _called(self, args, named, {"hold": True})

    @Own
    def printed(self, *args: Any, **named: Any) -> str:
        """Call it, and return the text that it printed to the standard output."""
        return str(_called(self, args, named, {"printed": True}))

    @Own
    def with_input(self, text: str) -> Calling:
        """Return the same callable with ``text`` as its standard input."""
        return Calling(self, text)

    @property
    def __signature__(self) -> inspect.Signature:
        found = forward(cast(Handle, self), "signature", name="signature")
        kinds = list(type(inspect.Parameter("x", inspect.Parameter.POSITIONAL_ONLY).kind))
        return inspect.Signature([
            inspect.Parameter(name, kinds[kind], default=default if has else inspect.Parameter.empty)
            for name, kind, has, default in found
        ])  # fmt: skip


class _IteratorMethods:
    """Methods of handles on iterators."""

    __slots__ = ()

    def __next__(self) -> Any:
        handle = cast(Handle, self)
        return next(_elements(handle, handle))


class CallableHandle(_CallableMethods, Handle):
    """An object that can be called: a function, a class, a method, an instance with `__call__`."""

    __slots__ = ()


class IteratorHandle(_IteratorMethods, Handle):
    """A generator or another iterator."""

    __slots__ = ()


class CallableIteratorHandle(_CallableMethods, _IteratorMethods, Handle):
    """An iterator that can be called."""

    __slots__ = ()


class TensorHandle(Handle):
    """A torch tensor, which NumPy's functions convert to an array."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **named: Any) -> Any:
        return getattr(ufunc, method)(*map(_as_array, inputs), **named)


class Calling:
    r"""A callable with a standard input: ``student.f.with_input("3 ").printed()``."""

    def __init__(self, handle: Any, text: str) -> None:
        """Store the callable and its standard input."""
        self._handle, self._text = handle, text

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Call it with the standard input."""
        return _called(self._handle, args, named, {"stdin": self._text})

    def hold(self, *args: Any, **named: Any) -> Any:
        """Call it, and keep the whole result in the worker; return a handle of it."""
        return _called(self._handle, args, named, {"stdin": self._text, "hold": True})

    def printed(self, *args: Any, **named: Any) -> str:
        """Call it, and return the text that it printed, including the prompts of `input`."""
        return str(_called(self._handle, args, named, {"stdin": self._text, "printed": True}))


def handle_of(peer: Peer, reference: Reference, flags: int, name: str = "") -> Handle:
    """Return a handle of the class that has the same methods as its object."""
    if flags & TENSOR:
        return TensorHandle(peer, reference, flags, name)
    if flags & CALLABLE:
        kind = CallableIteratorHandle if flags & ITERATOR else CallableHandle
        return kind(peer, reference, flags, name)
    return (IteratorHandle if flags & ITERATOR else ObjectHandle)(peer, reference, flags, name)


# --- requests ---------------------------------------------------------------------------------


def forward(handle: Handle, operation: str, *arguments: Any, name: str = "") -> Any:
    """Send an operation on an object to its program, and return the result."""
    return handle._grader_peer.do(operation, handle._grader_reference, *arguments, name=name)


def _called(handle: Any, args: tuple[Any, ...], named: dict[str, Any], how: Any) -> Any:
    reference = handle._grader_reference
    name = str(reference[-1]) if len(reference) > 1 else handle._grader_name
    return handle._grader_peer.call(reference, args, named, how, name)


def _public(name: str) -> str:
    if name.startswith("__"):
        raise AttributeError(
            f"{name} is not read from a submission in this way; write h.call({name!r}, ...) to call "
            f"it, or h.attr({name!r}) to read it"
        )
    return name


def _get(handle: Handle, name: str, special: bool = False) -> Any:
    """Return an attribute; for a method that is then called, lookup and call are one request."""
    name = name if special else _public(name)
    peer = handle._grader_peer
    if handle._grader_reference != MODULE_REFERENCE:
        peer.settle()
    reference = (*handle._grader_reference, name)
    if peer.is_method(handle._grader_reference, name, handle._grader_flags):
        if handle._grader_reference == MODULE_REFERENCE and name in peer.names().classes:
            return _only(CallableHandle(peer, reference, CALLABLE | CLASS, name))
        return CallableHandle(peer, reference, CALLABLE | FUNCTION, name)
    found = forward(handle, "get", name, name=name)
    if isinstance(found, Handle):
        _keep_name(found, name)
    return _only(found)


def _only(found: Any) -> Any:
    """Return the single handle of a class in a test, so that `is` compares classes."""
    if _is_class(found):
        return found._grader_peer.classes.setdefault(found._grader_reference, found)
    return found


def class_of(handle: Handle) -> Any:
    """Return the class of an object, as the handle that the test already has, if any."""
    peer = handle._grader_peer
    peer.settle()
    found, name = forward(handle, "type", name="type")
    found = _only(found)
    if name in peer.names().classes and name in peer.names().functions:
        known = _only(CallableHandle(peer, (0, name), CALLABLE | CLASS, name))
        if _are_one(found, known):
            return known
    return found


def _is_class(value: Any) -> bool:
    return isinstance(value, Handle) and bool(value._grader_flags & CLASS)


def _are_one(one: Handle, other: Any) -> bool:
    """Return whether two handles refer to the same object, as the worker says."""
    peer = one._grader_peer
    found = peer.do("same", one._grader_reference, peer.pack(other), name="is", raw=True)
    return found is True


def _exactly(handle: Handle, value: Any, kind: type, operation: str) -> Any:
    if type(value) is not kind:
        raise RefusedError(f"{operation} of your object gives something else than it must")
    return value


def _number(handle: Handle, kind: str, exact: type) -> Any:
    return _exactly(handle, forward(handle, "number", kind, name=kind), exact, kind)


def _iterator(handle: Handle, *operation: str) -> Handle:
    found: Handle = handle._grader_peer.do(
        operation[0], handle._grader_reference, *operation[1:], raw=True
    )
    return found


def _elements(handle: Handle, iterator: Handle) -> Iterator[Any]:
    """Yield the elements of an iterator in the worker, fetched in chunks."""
    peer, reference = handle._grader_peer, iterator._grader_reference
    for _ in range(MAX_ELEMENTS):
        found = peer.following(reference, ahead=iterator is not handle)
        if found is None:
            return
        yield found[0]
    raise RefusedError("your object gives more elements than a check can read")


def _compared(handle: Handle, name: str, other: object) -> bool:
    """Compare two handles; a comparison with a plain value would be the student's own verdict."""
    peer, sign = handle._grader_peer, _COMPARED[name]
    if other is None and name in ("eq", "ne"):
        return name == "ne"
    if isinstance(other, approx):
        return (other == handle) is (name == "eq")
    if name in ("eq", "ne") and (is_one := _is_one(handle, other)) is not None:
        return is_one is (name == "eq")
    if not hasattr(type(other), "_grader_reference"):
        raise peer.undecidable(
            f"`{sign}` between an object and a value; compare one of its values: an attribute, "
            'h.value(), int(h), h.call("__eq__", x) is True'
        )
    peer.settle()
    peer.reached("operate", sign)
    found = forward(handle, "operate", name, peer.pack(other), name=sign)
    if _exactly(handle, found, bool, sign) and _also(handle, _OPPOSITE[name], other):
        opposite = _COMPARED[_OPPOSITE[name]]
        raise UndecidableError(f"`{sign}` and `{opposite}` are both true for your object")
    return bool(found)


def _also(handle: Handle, name: str, other: Any) -> bool:
    """Return whether a comparison is true; False if the object lacks it or raises."""
    peer = handle._grader_peer
    try:
        return (
            peer.do("operate", handle._grader_reference, name, peer.pack(other), raw=True) is True
        )
    except StudentRaisedError:
        return False


def _is_one(handle: Handle, other: Any) -> bool | None:
    """Return whether two handles refer to the same object, without asking the object.

    None where only the object can say: it is not the same handle, and no class, nor a function that
    this process finds by its name in a module.
    """
    peer, reference = handle._grader_peer, handle._grader_reference
    if hasattr(type(other), "_grader_reference"):
        peer.settle()
        if other._grader_peer is peer and other._grader_reference == handle._grader_reference:
            return True
        return _are_one(handle, other) if _is_class(handle) and _is_class(other) else None
    if handle._grader_flags & CALLABLE and (place := names.place_of(other)):
        peer.settle()
        return peer.do("named", reference, *place, name="is", raw=True) is True
    return False if isinstance(other, type) and _is_class(handle) else None


def _as_array(value: Any) -> Any:
    if isinstance(value, Handle):
        return np.asarray(value)
    if isinstance(value, (list, tuple)):
        return type(value)(_as_array(item) for item in value)
    return value


def _operator(name: str) -> Callable[..., Any]:
    def operate(self: Handle, *others: Any) -> Any:
        return forward(self, "operate", name, *map(self._grader_peer.pack, others), name=name)

    operate.__name__ = f"__{name}__"
    operate.__doc__ = f"Ask the object for ``{name}``."
    return operate


for _name in (*_BINARY, *(f"{way}{name}" for way in "ri" for name in _BINARY), *_UNARY,
              "divmod", "rdivmod"):  # fmt: skip
    setattr(Handle, f"__{_name}__", _operator(_name))
