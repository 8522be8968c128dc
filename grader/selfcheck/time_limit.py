"""Stop a call of a student's own function after some seconds."""

from __future__ import annotations

import _thread
import contextlib
import signal
import threading
import time
from collections.abc import Iterator


class OverranError(Exception):
    """The time limit was exceeded; the traceback shows where."""


class _Clock:
    """A timer that interrupts a call once, and only during that call."""

    def __init__(self, seconds: float) -> None:
        self.fired = False
        self._over = False
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._fire)
        self._timer.daemon = True

    def start(self) -> None:
        self._timer.start()

    def _fire(self) -> None:
        with self._lock:
            if not self._over:
                self.fired = True
                _interrupt()

    def stop(self) -> None:
        """Cancel the interrupt, and wait for one that is on its way."""
        self._timer.cancel()
        with self._lock:
            self._over = True
        if self.fired:
            time.sleep(1.0)


def _interrupt() -> None:
    """Interrupt the main thread, even during ``sleep``, by a real signal if the system has them."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Interrupt the block after a time in the same way as Ctrl-C, which works on every system.

    Raises `OverranError` with the traceback of the interrupted code. Only the main thread can be
    interrupted; in other threads there is no limit.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    clock = _Clock(seconds)
    try:
        clock.start()
        try:
            yield
        except KeyboardInterrupt:
            raise
        except BaseException:
            clock.stop()
            raise
        clock.stop()
    except KeyboardInterrupt as error:
        if not clock.fired:
            clock.stop()
            raise
        raise OverranError(seconds).with_traceback(error.__traceback__) from None
    finally:
        signal.signal(signal.SIGINT, before)
