"""The trusted side of one worker: send requests, read replies, enforce limits.

    worker = server.fork(Limits())            # see `grader.sandbox.fork_server`
    worker.ask(["load", ...], Limits(), cpu=10.0)

A worker that exits, crashes, hangs or sends an invalid answer raises `StudentError`, which fails a
check of that submission.
"""

from __future__ import annotations

import contextlib
import math
import os
import select
import signal
import socket
import struct
import time
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from grader.model import Limits
from grader.sandbox import priority
from grader.sandbox.faults import STOPPED, CrashError, GraderError, OverrunError, PipeError
from grader.sandbox.guest import lockdown, wire

NONSENSE: Final = "your program wrote to the pipe that carries its answers"
START_SECONDS: Final = 60.0
_SMALL: Final = 4096
"""Bytes; the time to read smaller answers is not worth measuring."""
_BRIEF: Final = 0.2
"""Wall seconds; for shorter requests it is not worth measuring the sleep."""


class Starter(Protocol):
    """The parts of the fork server that a worker needs."""

    starts: int
    """Number of starts; workers die with the fork server that forked them."""
    killed: int
    """Number of workers killed from outside (out of memory), which is not the student's fault."""

    def release(self, uid: int) -> None:
        """Make the uid of a worker that has ended available again."""

    def status(self, pid: int) -> int | None:
        """Wait for a worker to end; return its status as ``os.waitpid`` does."""


class Reply(NamedTuple):
    """The answer to one request, and what it cost."""

    value: Any
    cpu: float
    """CPU seconds that the request used."""
    asleep: float
    """Wall seconds that the worker slept, as far as observed."""
    size: int
    """Bytes of the reply."""
    read: float = 0.0
    """CPU seconds that this process used to read a large answer."""


class Worker:
    """The trusted side of one worker: its socket, its CPU clock and its end."""

    def __init__(
        self,
        server: Starter,
        channel: socket.socket,
        pid: int,
        pidfd: int,
        output: int,
        uid: int,
    ) -> None:
        self._uid = uid
        self._server, self._channel, self._pid = server, channel, pid
        self._start = server.starts
        self._pidfd, self._output = pidfd, output
        self._own_pid = 0
        self._clock = 0
        self._last_cpu = 0.0
        self._timeout = 0.0
        """The current timeout of the socket, in seconds."""
        self.asleep = 0.0
        """Wall seconds that requests have slept so far, as far as observed."""
        self._queued = 0.0
        self._gave_way = False
        self.captured = b""
        self._greet()

    def _greet(self) -> None:
        """Read *ready* from the worker, and its pid in our namespace from the kernel."""
        self._channel.settimeout(START_SECONDS)
        try:
            room = socket.CMSG_SPACE(struct.calcsize("3i"))
            data, ancillary, _, _ = self._channel.recvmsg(256, room)
        except OSError as error:
            self.end()
            raise GraderError(f"a worker did not get ready: {error}") from None
        self._channel.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
        if not data or wire.decode(data[wire.HEAD.size :]) != ["ready"] or not ancillary:
            self.end()
            raise GraderError("a worker ended before it was ready")
        self._own_pid = struct.unpack("3i", ancillary[0][2][:12])[0]
        self._clock = (~self._own_pid << 3) | 2

    def cpu(self) -> float:
        """Return the CPU seconds that the process has used, by the kernel's clock.

        After the process has ended, return the last value that was read.
        """
        with contextlib.suppress(OSError):  # the process ended by itself and was collected
            self._last_cpu = time.clock_gettime(self._clock)
        return self._last_cpu

    def ask(
        self,
        request: list[Any],
        limits: Limits,
        cpu: float,
        left: float = math.inf,
        replies: int = 0,
    ) -> Reply:
        """Send a request and return the reply.

        Args:
            request: A message that `grader.sandbox.guest.worker` understands.
            limits: The submission's limits; they bound sleep and wall-clock time.
            cpu: CPU seconds that this request may use.
            left: CPU seconds plus seconds asleep that the submission may still use.
            replies: The number of replies, if the request combines several; the value is then a
                list.

        Raises:
            OverrunError: A time limit was exceeded.
            CrashError: The worker ended, closed the pipe, or wrote something else to it.
        """
        frame = wire.encode(request)
        used, slept = self.cpu(), self.asleep
        patience = _Patience(self, used, limits, cpu, left)
        try:
            self._send(wire.HEAD.pack(len(frame)) + frame, patience)
            frames = self._receive(max(replies, 1), patience)
            patience.done()
            size = sum(map(len, frames))
            started = time.thread_time() if size > _SMALL else 0.0
            values = [wire.decode(frame) for frame in frames]
            read = time.thread_time() - started if size > _SMALL else 0.0
        except (OSError, EOFError) as error:
            raise self._how_it_ended(str(error)) from None
        except wire.WireError as error:
            self.end()
            raise PipeError(NONSENSE, detail=str(error)) from None
        value = values if replies else values[0]
        return Reply(value, self.cpu() - used, self.asleep - slept, size, read)

    def _send(self, data: bytes, patience: _Patience) -> None:
        left: bytes | memoryview = data
        while left:
            self._wait(patience.slice())
            try:
                sent = self._channel.send(left)
            except TimeoutError:
                patience.check()
            else:
                left = memoryview(left)[sent:]

    def _wait(self, seconds: float) -> None:
        """Set the socket's timeout to about ``seconds``, unless it is close to that already."""
        if seconds <= self._timeout <= 1.25 * seconds:
            return
        self._timeout = seconds
        self._channel.settimeout(seconds)  # not SO_RCVTIMEO: each signal would restart it

    def _receive(self, count: int, patience: _Patience) -> list[bytes]:
        """Return the next frames, which together have at most `wire.MAX_FRAME` bytes."""
        data, start, frames = self._received(1 << 16, patience), 0, list[bytes]()
        while True:
            end = start + wire.HEAD.size
            if end <= len(data):
                end += wire.HEAD.unpack_from(data, start)[0]
                if end > wire.MAX_FRAME + wire.HEAD.size * count:
                    raise wire.WireError(f"a frame of {end - start} bytes")
            if end > len(data):
                data = self._filled(data, end, patience)
                continue
            frames.append(data[start + wire.HEAD.size : end])
            start = end
            if len(frames) == count:
                break
        if start != len(data):
            raise wire.WireError("bytes after the end of a frame")
        return frames

    def _filled(self, data: bytes, size: int, patience: _Patience) -> bytes:
        """Return ``data`` with more bytes, at least ``size`` in all."""
        parts, left = [data], size - len(data)
        while left > 0:
            parts.append(self._received(max(min(left, 1 << 20), 1 << 16), patience))
            left -= len(parts[-1])
        return b"".join(parts)

    def _received(self, most: int, patience: _Patience) -> bytes:
        while True:
            self._wait(patience.slice())
            try:
                data = self._channel.recv(most)
            except TimeoutError:
                patience.check()
                continue
            if not data:
                raise EOFError("the pipe was closed")
            return data

    def sleeping(self) -> bool:
        """Return whether the process waits for something other than a processor."""
        try:
            stat = Path(f"/proc/{self._own_pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[0] in "SDT"

    def queued(self) -> float | None:
        """Return the seconds that it queued for a processor since the last call, or None."""
        try:
            fields = Path(f"/proc/{self._own_pid}/schedstat").read_text(encoding="ascii").split()
        except OSError:
            return None
        if fields[2] == "0":  # a kernel that does not count this reports 0 for every process
            return None
        before, self._queued = self._queued, int(fields[1]) / 1e9
        return self._queued - before

    def give_way(self) -> None:
        """Lower the worker's priority below other submissions from now on."""
        if not self._gave_way:
            self._gave_way = True
            priority.give_way(self._own_pid)

    def _how_it_ended(self, detail: str) -> CrashError:
        """Return the error that says how the worker ended, with ``detail`` for staff."""
        ending = select.poll()  # select() raises for a descriptor over 1,023
        ending.register(self._pidfd, select.POLLIN)
        ended = ending.poll(200)  # true if it ended by itself, not by our signal
        self.end()
        if self._start != self._server.starts:
            raise GraderError("the fork server died, and a worker with it")
        status = self._server.status(self._pid)
        if status is None:
            return CrashError("your program ended in the middle of this", detail=detail)
        if os.WIFEXITED(status):
            if os.WEXITSTATUS(status) == lockdown.OUT_OF_MEMORY:
                return CrashError("your program ran out of memory", detail=detail)
            return CrashError(
                "your program ended itself (exit) in the middle of this", detail=detail
            )
        number = os.WTERMSIG(status)
        if number == signal.SIGKILL:
            if not ended:
                return PipeError(
                    "your program closed the pipe that carries its answers", detail=detail
                )
            self._server.killed += 1
            said = "your program was stopped by the system: it ran out of memory"
            return CrashError(said, detail=detail)
        name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
        return CrashError(f"your program crashed in the middle of this ({name})", detail=detail)

    def end(self) -> None:
        """Kill the worker. Its last output stays in ``captured``."""
        if self._pidfd < 0:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        self._server.release(self._uid)
        self._channel.close()
        with contextlib.suppress(OSError):
            self.captured = os.read(self._output, 1 << 16)
        os.close(self._output)
        os.close(self._pidfd)
        self._pidfd = -1


class _Patience:
    """The time left for one request: CPU time, then sleep, then wall-clock time."""

    def __init__(
        self, worker: Worker, used: float, limits: Limits, cpu: float, left: float
    ) -> None:
        """Start the clocks of a request.

        Args:
            worker: The worker that received the request.
            used: CPU seconds that it has used before.
            limits: The limits of the submission.
            cpu: CPU seconds for this request.
            left: CPU seconds plus seconds asleep for the rest of the submission.
        """
        self._worker, self._limits, self._cpu = worker, limits, cpu
        self._all = used + worker.asleep + left
        self._until = used + cpu
        self._wall = max(limits.call_wall, 4 * cpu)
        self._asleep_since = self._looked = now = time.monotonic()
        self._deadline = now + self._wall
        self._last = used
        self._look = now + min(cpu, 1.0)

    def slice(self) -> float:
        """Return the seconds until the next check of the clocks; check now if it is due.

        A peer that sends single bytes would otherwise never reach the timeout.
        """
        left = self._look - time.monotonic()
        if left <= 0:
            self.check()
            left = self._look - time.monotonic()
        return max(left, 0.001)

    def check(self) -> None:
        """Kill the worker and raise `StudentError` if a limit is exceeded."""
        now, used = time.monotonic(), self._worker.cpu()
        if used + self._worker.asleep >= self._all:
            self._give_up(f"the {self._limits.total:.3g} s for the whole submission are used up")
        if used >= self._until:
            self._give_up(STOPPED.format(self._cpu))
        if now >= self._deadline:
            self._give_up(f"no answer within {self._wall:.3g} s")
        if self._until - used < self._cpu - priority.SLOW:
            self._worker.give_way()
        sleeping, worked = self._worker.sleeping(), used - self._last
        self._count_sleep(now, worked, sleeping)
        if worked > 0.001 or not sleeping:
            self._asleep_since = now
        elif now - self._asleep_since > self._limits.idle_wall:
            self._give_up("it waits for something that never happens (input? sleep?)")
        self._last, self._looked = used, now
        self._look = now + min(max((self._until - used) / 2, 0.02), 0.5)

    def done(self) -> None:
        """Add the sleep since the last check, after the reply has arrived."""
        now = time.monotonic()
        if now - self._looked > _BRIEF:
            self._count_sleep(now, self._worker.cpu() - self._last, False)

    def _count_sleep(self, now: float, worked: float, sleeping: bool) -> None:
        """Count as sleep the time that was neither work nor queueing for a processor.

        So a program that wakes only for our checks gains nothing. Where the kernel does not report
        queueing, only a process that is seen ``sleeping`` counts as asleep.
        """
        queued = self._worker.queued()
        if queued is not None or sleeping:
            self._worker.asleep += max(now - self._looked - worked - (queued or 0.0), 0.0)

    def _give_up(self, why: str) -> None:
        self._worker.end()
        raise OverrunError(why)
