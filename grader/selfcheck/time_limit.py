"""Stop a call of a student's own function after some seconds."""

from __future__ import annotations

import _thread
import contextlib
import signal
import threading
import time
from collections.abc import Iterator


class OverranError(Exception):
    """Something ran over its time; raised from the interrupt that shows where it was."""


class _Clock:
    """The timer that interrupts a call once, and only during that call."""

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
        """Send no interrupt any more, and wait for one that is on its way."""
        self._timer.cancel()
        with self._lock:
            self._over = True
        if self.fired:
            time.sleep(1.0)


def _interrupt() -> None:
    """Interrupt the main thread, also in a ``sleep``: that takes a real signal, where there are any."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Interrupt what runs inside after a time, by Ctrl-C's own way: it works on every system.

    Raises `OverranError` with the traceback of what was interrupted. Only the main thread can be
    interrupted; in another one there is no limit.
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
