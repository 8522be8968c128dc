"""Run coroutines without sockets: asyncio's own loop, with a selector that only waits.

The seccomp filter refuses the socket pair that asyncio's usual loops begin with. `install` is
called when a submission has imported asyncio; ``asyncio.run``, tasks, ``gather`` and ``sleep`` work then.
"""

from __future__ import annotations

import importlib
import time
import types
from typing import Any, Final


def install() -> None:
    """Make the loop of `complete` the one that asyncio makes."""
    asyncio: Any = importlib.import_module("asyncio")
    policy: Any = _policy(asyncio)
    setter = getattr(asyncio.events, "_set_event_loop_policy", None)
    (setter or asyncio.set_event_loop_policy)(policy)


def complete(coroutine: Any) -> Any:
    """Run a coroutine to its end, in one loop for all cells, as IPython runs a top-level ``await``."""
    asyncio: Any = importlib.import_module("asyncio")
    if not _LOOP:
        install()
        _LOOP.append(asyncio.new_event_loop())
    return _LOOP[0].run_until_complete(coroutine)


_LOOP: Final[list[Any]] = []


class _Waiting:
    """A selector of nothing."""

    def select(self, timeout: float | None = None) -> list[Any]:
        """Wait; without a timeout nothing could ever happen, so raise."""
        if timeout is None:
            raise RuntimeError("every task waits for another: nothing can happen any more")
        if timeout > 0:
            time.sleep(timeout)
        return []

    def close(self) -> None:
        """Close nothing."""


def _policy(asyncio: types.ModuleType) -> Any:
    loops: Any = asyncio

    class SocketlessLoop(loops.BaseEventLoop):  # type: ignore[misc]  # asyncio is only imported when wanted
        def __init__(self) -> None:
            super().__init__()
            self._selector = _Waiting()

        def _process_events(self, events: list[Any]) -> None: ...
        def _write_to_self(self) -> None: ...

    class Policy(loops.DefaultEventLoopPolicy):  # type: ignore[misc]
        def new_event_loop(self) -> Any:
            return SocketlessLoop()

    return Policy()
