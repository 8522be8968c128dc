"""Run coroutines without sockets: asyncio's event loop with a selector that only waits.

The seccomp filter forbids the socket pair that asyncio's usual loops create. `install` is called
once a submission has imported asyncio; then ``asyncio.run``, tasks, ``gather`` and ``sleep`` work.
"""

from __future__ import annotations

import importlib
import time
import types
from typing import Any, Final


def install() -> None:
    """Make asyncio create the loop that `complete` uses."""
    asyncio: Any = importlib.import_module("asyncio")
    policy: Any = _policy(asyncio)
    setter = getattr(asyncio.events, "_set_event_loop_policy", None)
    (setter or asyncio.set_event_loop_policy)(policy)


def complete(coroutine: Any) -> Any:
    """Run a coroutine to its end in the loop of all cells, as IPython's ``await`` does."""
    asyncio: Any = importlib.import_module("asyncio")
    if not _LOOP:
        install()
        _LOOP.append(asyncio.new_event_loop())
    return _LOOP[0].run_until_complete(coroutine)


_LOOP: Final[list[Any]] = []


class _Waiting:
    """A selector that watches no files."""

    def select(self, timeout: float | None = None) -> list[Any]:
        """Sleep until the timeout; raise if there is none, since nothing could end the wait."""
        if timeout is None:
            raise RuntimeError("every task waits for another: nothing can happen any more")
        if timeout > 0:
            time.sleep(timeout)
        return []

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


def _policy(asyncio: types.ModuleType) -> Any:
    loops: Any = asyncio

    class SocketlessLoop(loops.BaseEventLoop):  # type: ignore[misc]  # asyncio is imported only on demand
        def __init__(self) -> None:
            super().__init__()
            self._selector = _Waiting()

        def _process_events(self, events: list[Any]) -> None: ...
        def _write_to_self(self) -> None: ...

    class Policy(loops.DefaultEventLoopPolicy):  # type: ignore[misc]
        def new_event_loop(self) -> Any:
            return SocketlessLoop()

    return Policy()
