"""A stand-in for ``student`` that returns a fresh object for every call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class FreshObject:
    """An object that is equal to nothing, and can be called, used and iterated over."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return FreshObject()

    def __call__(self, *args: Any, **named: Any) -> FreshObject:
        """Accept any arguments."""
        return FreshObject()

    def __iter__(self) -> Iterator[FreshObject]:
        return iter(())

    def __getitem__(self, key: Any) -> FreshObject:
        return FreshObject()

    def __setitem__(self, key: Any, value: Any) -> None:
        """Accept any item."""

    def __enter__(self) -> FreshObject:
        return self

    def __exit__(self, *error: object) -> None:
        """Let exceptions pass."""

    def __neg__(self) -> FreshObject:
        return FreshObject()

    def _combined(self, other: Any) -> FreshObject:
        return FreshObject()

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _combined
    __truediv__ = __rtruediv__ = __pow__ = __rpow__ = __matmul__ = __rmatmul__ = _combined
