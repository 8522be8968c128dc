"""Start the fork server, hand out workers, and bound what each may use: the trusted end.

    with ForkServer(Sandbox.best()) as server:
        worker = server.fork(Limits())
        worker.ask(["load", ...], Limits(), cpu=10.0)

A worker that exits, crashes, hangs or answers nonsense raises `StudentError`: a failed check of
that submission. What goes wrong before student code is read raises `GraderError`: ours.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import secrets
import select
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple

from msgspec import Struct

from grader.errors import UserError
from grader.model import Cause, Limits
from grader.sandbox import launch as view
from grader.sandbox.guest import lockdown, wire
from grader.sandbox.kept_folder import KeptFolder, sweep
from grader.sandbox.work_folder import SEEN_AT, WorkFolder

_START_SECONDS: Final = 60.0
_UIDS: Final = 64
NONSENSE: Final = "your program wrote to the pipe that carries its answers"
_BRIEF: Final = 0.2
"""Wall seconds of a request whose sleep is not worth asking for."""


class GraderError(UserError):
    """We could not tell: the sandbox failed, not the student."""


class StudentError(Exception):
    """Student code raised, hung, died or answered nonsense: one line that a student may read.

    Args:
        message: The line.
        kinds: The built-in exception classes when it raised.
        detail: More, for the instructor.
        place: Where it raised: the title of the cell, and the line.
        needs: The function whose missing answer is an argument of the call, if that is why.
    """

    cause: Cause = "raised"
    """For code that decides (see `grader.model.Outcome`)."""

    def __init__(
        self,
        message: str,
        kinds: Sequence[str] = (),
        detail: str = "",
        *,
        place: tuple[str, int] | None = None,
        needs: str = "",
    ) -> None:
        super().__init__(message)
        self.kinds = tuple(kinds)
        self.detail = detail
        self.place, self.needs = place, needs


class OverrunError(StudentError):
    """A limit was passed, and the worker killed for it."""

    cause: Cause = "overran"


class CrashError(StudentError):
    """The worker ended in the middle of a request."""

    cause: Cause = "crashed"


class PipeError(CrashError):
    """The submission wrote to the pipe that carries its answers, or closed it."""

    cause: Cause = "pipe"


class Reply(NamedTuple):
    """The answer to one request, and what it cost."""

    value: Any
    cpu: float
    """CPU seconds."""
    asleep: float
    """Wall seconds that it waited for nothing, as far as was seen."""
    size: int
    """Bytes of the answer."""


# --- the sandbox ------------------------------------------------------------------------------


class Sandbox(Struct, frozen=True):
    """The layers to put on workers; ``none`` for students' own machines."""

    layers: frozenset[str]

    @classmethod
    @cache
    def best(cls) -> Sandbox:
        """Return every layer that this machine allows."""
        found = set(lockdown.available())
        if shutil.which("bwrap"):
            found.add("mounts")
        if found & {"landlock", "mounts"}:
            found.discard("chroot")
        return cls(frozenset(found))

    def unmounted(self) -> Sandbox:
        """Return the layers to use where bubblewrap cannot start; a jail if nothing else hides files."""
        found = lockdown.available()
        layers = self.layers & found
        return Sandbox(layers if "landlock" in layers else layers | (found & {"chroot"}))

    def without(self, *layers: str) -> Sandbox:
        """Return these layers without some: for tests that show what each prevents."""
        return Sandbox(self.layers - set(layers))

    def ordered(self) -> list[str]:
        """Return the layers' names in the order in which they are put on."""
        return [layer for layer in lockdown.LAYERS if layer in self.layers]


# --- the fork server --------------------------------------------------------------------------


class ForkServer:
    """A program of its own, never forked from this process; it sees no secret and runs no student."""

    def __init__(
        self,
        sandbox: Sandbox,
        preload: Sequence[str] = (),
        data: Path | None = None,
        writes: bool = False,
    ) -> None:
        """Prepare a fork server; `start` starts it.

        Args:
            sandbox: The layers of the workers.
            preload: Modules to import before any fork.
            data: A folder whose files the workers find in their working folder.
            writes: Whether a worker may write there; each has a copy of its own then.
        """
        self.sandbox = sandbox
        self._data, self.writes = data, writes
        self._work: WorkFolder | None = None
        self._preload = list(preload)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._up = False
        """Whether it has said that it serves."""
        self._jail: KeptFolder | None = None
        self._uids: Sequence[int] = (os.geteuid(),)
        self._taken: set[int] = set()
        """The uids of workers that have not ended."""
        self.starts = 0
        """How often it was started: a worker ends with the one that forked it."""
        self.killed = 0
        """Workers that somebody else killed (the kernel, short of memory): no doing of theirs."""

    def __enter__(self) -> ForkServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start it, without waiting; `fork` waits. Falls back from bubblewrap where that fails."""
        if "uid" in self.sandbox.layers:
            self._uids = lockdown.free_uids(_UIDS)
        sweep()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if "mounts" in self.sandbox.layers and os.geteuid() != 0:
            # Bubblewrap's user namespace gives the right to it.
            self.sandbox = Sandbox(self.sandbox.layers | {"pidns"})
        layers = self.sandbox.layers
        if self._work is None and (self.writes or (self._data and self._data.is_dir())):
            self._work = WorkFolder.made(self._data, self.writes)
        if "chroot" in layers and not self._jail:
            self._jail = KeptFolder.made("grader-jail-")
            self._jail.path.chmod(0o555)
        settings = {
            "layers": sorted(layers), "preload": self._preload, "jail": self._root(),
            "work": self._work.settings(self._root()) if self._work else None,
        }  # fmt: skip
        self._process = self._program(theirs.fileno(), settings)
        theirs.close()
        ours.settimeout(_START_SECONDS)
        self._control = ours
        self._up = False
        self.starts += 1

    def _root(self) -> str:
        """Return where workers find their files, or the empty directory for ``chroot``."""
        if self._work is None:
            return str(self._jail.path) if self._jail else ""
        return SEEN_AT if "mounts" in self.sandbox.layers else str(self._work.path)

    def _program(self, fd: int, settings: dict[str, Any]) -> subprocess.Popen[bytes]:
        """Start the worker program, which serves the descriptor ``fd``."""
        environment = view.environment()
        folder = settings["work"]["data"] if settings["work"] else "/"
        try:
            command = [*view.python(), str(fd), json.dumps(settings)]
            if "mounts" in self.sandbox.layers:
                shown = {str(self._work.path): SEEN_AT} if self._work else {}
                command = [*view.bubblewrap(self._preload, environment, shown, folder), *command]
            return subprocess.Popen(  # noqa: S603  # our own program, fixed arguments
                command, pass_fds=[fd], env=environment,
                cwd="/" if "mounts" in self.sandbox.layers else folder,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                start_new_session=True,
            )  # fmt: skip
        except ModuleNotFoundError as error:
            raise GraderError(f"the package {error.name} is not installed") from None
        except OSError as error:
            raise GraderError(f"the fork server cannot be started: {error.strerror}") from None

    def ready(self) -> None:
        """Wait until it serves; raises `GraderError` with its last words if it does not."""
        if self._control is None:
            self.start()
        if self._up:
            return
        try:
            self._reply()
            self._up = True
        except GraderError:
            said = self._last_words()
            self.close()
            if "mounts" not in self.sandbox.layers:
                raise GraderError(f"the fork server did not start: {said}") from None
            # No namespaces here (an LMS container): the same without bubblewrap.
            self.sandbox = self.sandbox.unmounted()
            self.start()
            self.ready()

    def fork(self, limits: Limits) -> Worker:
        """Return a worker that is locked down and has said so."""
        self.ready()
        ours, theirs = socket.socketpair()
        output, capture = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        uid = self._free_uid()
        request = {
            "fork": uid,
            "memory": limits.memory_mb << 20,
            "cpu": int(limits.import_cpu + limits.total) + 10,
        }
        try:
            reply, pidfd = self._ask(request, (theirs.fileno(), capture))
        except GraderError:
            os.close(output)
            raise
        finally:
            theirs.close()
            os.close(capture)
        if "pid" not in reply:
            os.close(output)
            raise GraderError(f"no worker could be started: {reply.get('error')}")
        self._taken.add(uid)
        return Worker(self, ours, reply["pid"], pidfd, output, uid)

    def _free_uid(self) -> int:
        """Return a uid that no worker has, by chance: a number in order would count the workers."""
        free = [uid for uid in self._uids if uid not in self._taken]
        return secrets.choice(free or self._uids)

    def release(self, uid: int) -> None:
        """Let another worker have the uid of one that has ended."""
        self._taken.discard(uid)

    def status(self, pid: int) -> int | None:
        """Wait for a worker to end; return its status as ``os.waitpid`` does."""
        reply, _ = self._ask({"wait": pid})
        status = reply.get("status")
        return status if isinstance(status, int) else None

    def close(self) -> None:
        """End it, and with it every worker."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(2)
            self._process.kill()
            self._process.wait()
            if self._process.stderr:
                self._process.stderr.close()
            self._process = None
        if self._jail:
            self._jail.remove()
            self._jail = None
        if self._work is not None:
            self._work.remove()
            self._work = None

    def _ask(self, request: dict[str, Any], fds: Sequence[int] = ()) -> tuple[dict[str, Any], int]:
        if self._control is None:
            raise GraderError("the fork server is not running")
        try:
            socket.send_fds(self._control, [wire.encode(request)], fds)
        except OSError as error:
            self.close()
            raise GraderError(f"the fork server died: {error.strerror}") from None
        return self._reply()

    def _reply(self) -> tuple[dict[str, Any], int]:
        if self._control is None:
            raise GraderError("the fork server is not running")
        try:
            packet, fds, _, _ = socket.recv_fds(self._control, 1 << 16, 1)
        except OSError as error:
            raise GraderError(f"the fork server does not answer: {error}") from None
        if not packet:
            raise GraderError("the fork server died")
        return wire.decode(packet), fds[0] if fds else -1

    def _last_words(self) -> str:
        if self._process is None or self._process.stderr is None:
            return ""
        self._process.kill()
        lines = self._process.stderr.read(1 << 14).decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "no message"


# --- a worker ---------------------------------------------------------------------------------


class Worker:
    """Our end of one worker: frames out and in, its CPU clock, and its end."""

    def __init__(
        self,
        server: ForkServer,
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
        self._waits = 0.0
        """Seconds after which a transfer is given up."""
        self.asleep = 0.0
        """Wall seconds that requests spent waiting for nothing, as far as was seen."""
        self._queued = 0.0
        self.captured = b""
        self._greet()

    def _greet(self) -> None:
        """Read *ready*, and from the kernel, not from the worker, its pid in our namespace."""
        self._channel.settimeout(_START_SECONDS)
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
        """Return the CPU seconds that it has used, by the kernel's clock of that process.

        After its end it is the last value that was read.
        """
        with contextlib.suppress(OSError):  # it ended of itself, and was collected
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
            request: What `grader.sandbox.guest.worker` understands.
            limits: Those of the submission; they bound sleep and wall clock.
            cpu: CPU seconds that this request may take.
            left: CPU seconds and seconds asleep that the submission may take altogether.
            replies: How many come, if it is several requests in one; the value is then a list.

        Raises:
            OverrunError: A limit was passed.
            CrashError: The worker ended, closed the pipe, or wrote something else to it.
        """
        frame = wire.encode(request)
        used, slept = self.cpu(), self.asleep
        patience = _Patience(self, used, limits, cpu, left)
        try:
            self._send(wire.HEAD.pack(len(frame)) + frame, patience)
            frames = self._receive(max(replies, 1), patience)
            patience.done()
            values = [wire.decode(frame) for frame in frames]
        except (OSError, EOFError) as error:
            raise self._how_it_ended(str(error)) from None
        except wire.WireError as error:
            self.end()
            raise PipeError(NONSENSE, detail=str(error)) from None
        value = values if replies else values[0]
        return Reply(value, self.cpu() - used, self.asleep - slept, sum(map(len, frames)))

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
        """Let a transfer end after about ``seconds``; most need no new limit, and no system call."""
        if seconds <= self._waits <= 1.25 * seconds:
            return
        self._waits = seconds
        self._channel.settimeout(seconds)  # not SO_RCVTIMEO: each signal would begin it anew

    def _receive(self, count: int, patience: _Patience) -> list[bytes]:
        """Return the next frames, together no larger than one may be, after which nothing comes."""
        data, start, frames = self._some(1 << 16, patience), 0, list[bytes]()
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
        """Return ``data`` with what follows, ``size`` bytes or more."""
        parts, left = [data], size - len(data)
        while left > 0:
            parts.append(self._some(max(min(left, 1 << 20), 1 << 16), patience))
            left -= len(parts[-1])
        return b"".join(parts)

    def _some(self, most: int, patience: _Patience) -> bytes:
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
        """Return whether it waits for something other than a processor."""
        try:
            stat = Path(f"/proc/{self._own_pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[0] in "SDT"

    def queued(self) -> float | None:
        """Return the seconds since the last call that it waited for a processor; None if unknown."""
        try:
            fields = Path(f"/proc/{self._own_pid}/schedstat").read_text(encoding="ascii").split()
        except OSError:
            return None
        if fields[2] == "0":  # a kernel that does not count says so of every process
            return None
        before, self._queued = self._queued, int(fields[1]) / 1e9
        return self._queued - before

    def _how_it_ended(self, detail: str) -> CrashError:
        """Return the error that says how a worker ended, with ``detail`` for staff."""
        ending = select.poll()  # select() raises for a descriptor over 1,023
        ending.register(self._pidfd, select.POLLIN)
        ended = ending.poll(200)  # of itself, not by us
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
        """Kill it. Its last output stays in ``captured``."""
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
    """The remaining time of one request: CPU first, then sleep, then wall clock."""

    def __init__(
        self, worker: Worker, used: float, limits: Limits, cpu: float, left: float
    ) -> None:
        """Begin a request.

        Args:
            worker: Who is asked.
            used: The CPU seconds that it has used so far.
            limits: See `Worker.ask`, as ``cpu`` and ``left``.
            cpu: For this request.
            left: For the submission.
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
        """Return the seconds to wait before the next check of the clocks; check now if it is time.

        A peer that sends single bytes would otherwise never reach the timeout.
        """
        left = self._look - time.monotonic()
        if left <= 0:
            self.check()
            left = self._look - time.monotonic()
        return max(left, 0.001)

    def check(self) -> None:
        """Raise `StudentError`, the worker killed, when a limit is passed."""
        now, used = time.monotonic(), self._worker.cpu()
        if used + self._worker.asleep >= self._all:
            self._give_up(f"the {self._limits.total:.3g} s for the whole submission are used up")
        if used >= self._until:
            self._give_up(f"stopped after {self._cpu:.3g} s of CPU time (infinite loop?)")
        if now >= self._deadline:
            self._give_up(f"no answer within {self._wall:.3g} s")
        sleeping, worked = self._worker.sleeping(), used - self._last
        self._rest(now, worked, sleeping)
        if worked > 0.001 or not sleeping:
            self._asleep_since = now
        elif now - self._asleep_since > self._limits.idle_wall:
            self._give_up("it waits for something that never happens (input? sleep?)")
        self._last, self._looked = used, now
        self._look = now + min(max((self._until - used) / 2, 0.02), 0.5)

    def done(self) -> None:
        """Count the sleep since the last look, now that the reply has come."""
        now = time.monotonic()
        if now - self._looked > _BRIEF:
            self._rest(now, self._worker.cpu() - self._last, False)

    def _rest(self, now: float, worked: float, sleeping: bool) -> None:
        """Count as sleep what was neither work nor waiting for a processor.

        A program that knows when we look is awake then. Where the kernel does not count waiting,
        only a process that is seen ``sleeping`` has slept.
        """
        queued = self._worker.queued()
        if queued is not None or sleeping:
            self._worker.asleep += max(now - self._looked - worked - (queued or 0.0), 0.0)

    def _give_up(self, why: str) -> None:
        self._worker.end()
        raise OverrunError(why)
