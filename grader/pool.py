"""The trusted end: starts the fork server, hands out workers, and bounds what each may use.

    with ForkServer(Sandbox.best()) as server:
        student = Student(server, Program("two_layer_network", cells), Limits())
        [answer] = student.call([Call("relu", (np.array([-1.0, 2.0]),), "number")])

A worker that exits, crashes, hangs or answers nonsense raises `StudentError`: a failed check of
that submission. What goes wrong before student code is read raises `GraderError`: ours.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple

from grader import lockdown, wire
from grader.model import Limits
from grader.worker import MAX_TEXT, REFUSALS

_START_SECONDS: Final = 60.0
_UIDS: Final = 64
FAR: Final = 999
"""Lines after this one are not named: which one raises can be made to spell a hidden input."""
MAX_CAPTURED: Final = 1 << 16
"""Bytes of output kept of one submission, however many workers it wore out."""
LESS: Final = 0.25
"""The share of a call's time for several calls in one request, and once a function has overrun: 1 %
of a class hanging must not cost more than the class."""


class GraderError(Exception):
    """We could not tell: the sandbox failed, not the student."""


class StudentError(Exception):
    """Student code raised, hung, died or answered nonsense: one line that a student may read.

    ``kinds`` are the built-in exception classes when it raised; ``detail`` is for the instructor.
    """

    def __init__(self, message: str, kinds: Sequence[str] = (), detail: str = "") -> None:
        super().__init__(message)
        self.kinds = tuple(kinds)
        self.detail = detail


class OverrunError(StudentError):
    """A limit was passed, and the worker killed for it."""


# --- the sandbox ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The layers to put on workers; ``none`` for students' own machines."""

    layers: frozenset[str]

    @classmethod
    @cache
    def best(cls) -> Sandbox:
        """Every layer that can be had here."""
        found = set(lockdown.available())
        if shutil.which("bwrap"):
            found.add("mounts")
        if found & {"landlock", "mounts"}:
            found.discard("chroot")
        return cls(frozenset(found))

    def unmounted(self) -> Sandbox:
        """These layers where bubblewrap cannot start: a jail, if nothing else hides files."""
        found = lockdown.available()
        layers = self.layers & found
        return Sandbox(layers if "landlock" in layers else layers | (found & {"chroot"}))

    def without(self, *layers: str) -> Sandbox:
        """These layers less ``layers``: for the tests that show what each is for."""
        return Sandbox(self.layers - set(layers))

    def ordered(self) -> list[str]:
        """The layers' names in the order in which they are put on."""
        return [layer for layer in lockdown.LAYERS if layer in self.layers]


# --- the fork server --------------------------------------------------------------------------


class ForkServer:
    """A program of its own, never forked from this process; it sees no secret and runs no student."""

    def __init__(self, sandbox: Sandbox, preload: Sequence[str] = ()) -> None:
        self.sandbox = sandbox
        self._preload = list(preload)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._jail = ""
        self._uids: Sequence[int] = (os.geteuid(),)
        self._forked = 0
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
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if "mounts" in self.sandbox.layers and os.geteuid() != 0:
            # Bubblewrap's user namespace gives the right to it.
            self.sandbox = Sandbox(self.sandbox.layers | {"pidns"})
        layers = self.sandbox.layers
        if "chroot" in layers and not self._jail:
            self._jail = tempfile.mkdtemp(prefix="grader-jail-")
            Path(self._jail).chmod(0o555)
        settings = {"layers": sorted(layers), "preload": self._preload, "jail": self._jail}
        command = [*_python(), str(theirs.fileno()), json.dumps(settings)]
        environment = _environment()
        if "mounts" in layers:
            command = [*_bubblewrap(self._preload, environment), *command]
        try:
            self._process = subprocess.Popen(  # noqa: S603  # our own program, fixed arguments
                command, pass_fds=[theirs.fileno()], env=environment, cwd="/",
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise GraderError(f"the fork server cannot be started: {error.strerror}") from None
        theirs.close()
        ours.settimeout(_START_SECONDS)
        self._control = ours
        self._up = False

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
        request = {
            "fork": self._uids[self._forked % len(self._uids)],
            "memory": limits.memory_mb << 20,
            "cpu": int(limits.import_cpu + limits.total) + 10,
        }
        self._forked += 1
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
        return Worker(self, ours, reply["pid"], pidfd, output)

    def status(self, pid: int) -> int | None:
        """How a worker ended, as ``os.waitpid`` gives it; waits for it to end."""
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
            shutil.rmtree(self._jail, ignore_errors=True)
            self._jail = ""

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


def _python() -> list[str]:
    """The base interpreter with nothing on its path but what the worker imports."""
    paths = sorted({str(_package("grader").parent), str(_package("numpy").parent)})
    code = f"import sys; sys.path += {paths!r}; from grader import worker; worker.main()"
    interpreter = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    return [interpreter, "-P", "-s", "-S", "-B", "-c", code]


def _environment() -> dict[str, str]:
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}
    return {
        **threads, "PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0", "PYTHONUTF8": "1",
    }  # fmt: skip


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.origin:
        raise GraderError(f"the package {name} is not installed")
    return Path(spec.origin).parent


_OF_OURS: Final = (
    "__init__.py", "worker.py", "wire.py", "lockdown.py", "model.py", "torch_bridge.py"
)  # fmt: skip
_OF_TORCH: Final = ("torchgen", "typing_extensions.py", "sympy", "mpmath")
"""What torch itself imports, beside it."""


def _bubblewrap(preload: Sequence[str], environment: dict[str, str]) -> list[str]:
    """A mount view of the interpreter, its libraries and the packages wanted, and nothing else."""
    base = sys.base_prefix
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    others = (f"{base}/lib/python{version}/site-packages", f"{base}/lib/python3/dist-packages")
    ours = _package("grader")
    packages = [_package(name) for name in ("numpy", "msgspec", *preload)]
    if "torch" in preload:
        packages += [_package("torch").with_name(name) for name in _OF_TORCH]
    seen = [
        *(package for package in packages),
        *(package.with_name(f"{package.name}.libs") for package in packages),
        *(ours / name for name in _OF_OURS),
    ]
    command = [
        "bwrap", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-pid",
        "--die-with-parent", "--new-session", "--clearenv", "--cap-add", "ALL",
    ]  # fmt: skip
    if os.geteuid() != 0:
        command += ["--unshare-user"]
    for name, value in environment.items():
        command += ["--setenv", name, value]
    for folder in sorted({parent for path in (Path(base), *seen) for parent in path.parents}):
        command += ["--perms", "0755", "--dir", str(folder)]
    for path in ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache"):
        command += ["--ro-bind-try", path, path]
    command += ["--ro-bind", base, base, "--proc", "/proc"]
    # Not --dev: its devpts needs a second user namespace, from which no pid namespace is left.
    for path in ("/dev/null", "/dev/zero", "/dev/urandom"):
        command += ["--dev-bind", path, path]
    for path in filter(os.path.isdir, others):  # a distribution's Python lacks one of them
        command += ["--tmpfs", path]
    for each in seen:
        command += ["--ro-bind-try", str(each), str(each)]
    return [*command, "--chdir", "/", "--"]


# --- a worker ---------------------------------------------------------------------------------


class Worker:
    """Our end of one worker: frames out and in, its CPU clock, and its end."""

    def __init__(
        self, server: ForkServer, channel: socket.socket, pid: int, pidfd: int, output: int
    ) -> None:
        self._server, self._channel, self._pid = server, channel, pid
        self._pidfd, self._output = pidfd, output
        self._own_pid = 0
        self._clock = 0
        self._last_cpu = 0.0
        self.asleep = 0.0
        """Wall seconds that requests spent waiting for nothing, as far as was seen."""
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
        """CPU seconds it has used, from the kernel's clock of that process; the last known once
        it has ended."""
        with contextlib.suppress(OSError):  # it ended of itself, and was collected
            self._last_cpu = max(self._last_cpu, time.clock_gettime(self._clock))
        return self._last_cpu

    def ask(self, request: list[Any], limits: Limits, cpu: float) -> Any:
        """Send ``request`` and return the reply; raises `StudentError` past ``cpu`` CPU seconds."""
        frame = wire.encode(request)
        patience = _Patience(self, limits, cpu)
        try:
            self._send(wire.HEAD.pack(len(frame)) + frame, patience)
            return wire.decode(self._receive(patience))
        except (OSError, EOFError) as error:
            raise StudentError(self._how_it_ended(), detail=str(error)) from None
        except wire.WireError as error:
            self.end()
            message = "your program wrote something of its own where its answer is read"
            raise StudentError(message, detail=str(error)) from None

    def _send(self, data: bytes, patience: _Patience) -> None:
        left = memoryview(data)
        while left:
            self._channel.settimeout(patience.slice())
            try:
                left = left[self._channel.send(left) :]
            except TimeoutError:
                patience.check()

    def _receive(self, patience: _Patience) -> bytes:
        data = self._some(1 << 16, patience)
        while len(data) < wire.HEAD.size:
            data += self._some(1 << 16, patience)
        size = wire.HEAD.unpack_from(data)[0]
        if size > wire.MAX_FRAME:
            raise wire.WireError(f"a frame of {size} bytes")
        parts, left = [data[wire.HEAD.size :]], size - (len(data) - wire.HEAD.size)
        while left > 0:
            parts.append(self._some(min(left, 1 << 20), patience))
            left -= len(parts[-1])
        if left < 0:
            raise wire.WireError("bytes after the end of a frame")
        return b"".join(parts)

    def _some(self, most: int, patience: _Patience) -> bytes:
        while True:
            self._channel.settimeout(patience.slice())
            try:
                data = self._channel.recv(most)
            except TimeoutError:
                patience.check()
                continue
            if not data:
                raise EOFError("the pipe was closed")
            return data

    def sleeping(self) -> bool:
        """Whether it waits for something, rather than for a processor."""
        try:
            stat = Path(f"/proc/{self._own_pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[0] in "SDT"

    def _how_it_ended(self) -> str:
        ended, _, _ = select.select([self._pidfd], [], [], 0.2)  # of itself, not by us
        self.end()
        status = self._server.status(self._pid)
        if ended and status is not None and os.WIFSIGNALED(status):
            self._server.killed += os.WTERMSIG(status) == signal.SIGKILL
        if status is None:
            return "your program ended in the middle of this"
        if os.WIFEXITED(status):
            return "your program ended itself (exit) in the middle of this"
        number = os.WTERMSIG(status)
        name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
        if name == "SIGKILL":
            return "your program closed the pipe on which its answer is read"
        return f"your program crashed in the middle of this ({name})"

    def end(self) -> None:
        """Kill it. Its last output stays in ``captured``."""
        if self._pidfd < 0:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        self._channel.close()
        with contextlib.suppress(OSError):
            self.captured = os.read(self._output, 1 << 16)
        os.close(self._output)
        os.close(self._pidfd)
        self._pidfd = -1


class _Patience:
    """How long one request may still take: CPU first, then sleep, then wall clock."""

    def __init__(self, worker: Worker, limits: Limits, cpu: float) -> None:
        self._worker, self._limits, self._cpu = worker, limits, cpu
        self._until = worker.cpu() + cpu
        self._deadline = time.monotonic() + max(limits.call_wall, 4 * cpu)
        self._last = self._until - cpu
        self._asleep_since = self._looked = time.monotonic()
        self._look = self._looked + min(cpu, 1.0)

    def slice(self) -> float:
        """Seconds to wait before looking at the clocks again; looks when it is time.

        A peer that drips bytes never lets a wait run out: silence must not be what ends it.
        """
        if time.monotonic() >= self._look:
            self.check()
        return max(self._look - time.monotonic(), 0.001)

    def check(self) -> None:
        """Raise `StudentError`, the worker killed, when a limit is passed."""
        now, used = time.monotonic(), self._worker.cpu()
        if used >= self._until:
            self._give_up(f"no answer within {self._cpu:.3g} s of CPU time: does a loop end?")
        if now >= self._deadline:
            self._give_up(f"no answer within {self._limits.call_wall:.3g} s")
        sleeping, worked = self._worker.sleeping(), used - self._last
        if sleeping:
            self._worker.asleep += max(now - self._looked - worked, 0.0)
        if worked > 0.001 or not sleeping:
            self._asleep_since = now
        elif now - self._asleep_since > self._limits.idle_wall:
            self._give_up("it waits for something that never comes (input? sleep?)")
        self._last, self._looked = used, now
        self._look = now + min(max((self._until - used) / 2, 0.02), 0.5)

    def _give_up(self, why: str) -> None:
        self._worker.end()
        raise OverrunError(why)


# --- a submission -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Program:
    """What is loaded into a worker: a module's name, its cells (title, source), allowed imports."""

    name: str
    cells: tuple[tuple[str, str], ...]
    imports: tuple[str, ...] = ()
    goes_on: bool = False
    """Whether a cell that raises is passed over: a notebook's is, a file's is not."""


class Call(NamedTuple):
    """One call: ``want`` is what is asked of its result, ``keep`` its number there, or -1.

    ``packed`` may hold the other four as `grader.wire.packed` makes them.
    """

    function: str
    arguments: tuple[Any, ...]
    want: Any
    keep: int = -1
    packed: Any = None

    def request(self) -> Any:
        """What is sent."""
        return self.packed or list(self[:4])


@dataclass(frozen=True, slots=True)
class Refused:
    """A leaf of an answer that could not be read; ``reason`` is one of `worker.REFUSALS`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call returned, rebuilt: arrays, `Refused` leaves, in lists and dicts as wanted."""

    value: Any
    modified: tuple[int, ...] = ()
    """Indices of modified arguments; -1 - index of a dict that was only given more keys."""
    error: StudentError | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What a cell raised when the program was loaded."""

    cell: str
    line: int
    kind: str
    text: str


@dataclass(slots=True)
class Student:
    """A submission at work: its worker, replaced when it dies, and what it has used."""

    server: ForkServer
    program: Program
    limits: Limits
    problems: tuple[Problem, ...] = ()
    generation: int = 0
    """Counts the workers: what an earlier one kept is gone."""
    cpu: float = 0.0
    """CPU seconds that the last request took."""
    captured: bytes = b""
    overran: dict[str, str] = field(default_factory=dict)
    """What is said of each function that took all of its time."""
    _worker: Worker | None = None
    _used: float = 0.0
    _dead: StudentError | None = None

    def call(self, calls: Sequence[Call], repeat: int = 1, cpu: float = 0.0) -> list[Answer]:
        """Return the answers, in order; raises `StudentError` when the worker does not answer.

        A function that overran once, alone in its request, is not called again, and the others have
        `LESS` of the time. ``cpu`` replaces the limit for the request.
        """
        for call in calls:
            if call.function in self.overran:
                raise StudentError(self.overran[call.function])
        request = ["call", [call.request() for call in calls], repeat]
        share = self._share(len(calls))
        try:
            reply = self._ask(request, cpu or self.limits.call_cpu * share, share)
        except OverrunError as error:
            if len(calls) == 1:
                self.overran[calls[0].function] = str(error)
            raise
        match reply:
            case ["answers", [*answers]] if len(answers) == len(calls):
                return [self._read(c, a) for c, a in zip(calls, answers, strict=True)]
        raise self._nonsense()

    def again(self) -> Student:
        """The same program for a worker of its own; what overran is not called there either."""
        return Student(self.server, self.program, self.limits, overran=self.overran)

    def _share(self, calls: int) -> float:
        """How much of a call's time a request has: what overruns among others is asked alone."""
        return (LESS if calls > 1 else 1.0) * (LESS if self.overran else 1.0)

    def end(self) -> None:
        """Kill the worker and keep what it printed."""
        if self._worker is not None:
            self._worker.end()
            self.captured = (self.captured + self._worker.captured)[:MAX_CAPTURED]
            self._worker = None

    def load(self) -> None:
        """Start a worker and load the program; raises `StudentError` when that does not end."""
        if self._dead is not None:
            raise self._dead
        if self._worker is not None:
            return
        self._worker = self._start()
        self.generation += 1
        program = self.program
        cells = [list(cell) for cell in program.cells]
        seconds = self.limits.import_cpu
        request = ["load", program.name, cells, list(program.imports), seconds, program.goes_on]
        try:
            reply = self._ask(request, seconds)
        except StudentError as error:
            self._dead = StudentError(f"your file did not load: {error}", detail=error.detail)
            raise self._dead from None
        match reply:
            case ["loaded", [*problems]]:
                self.problems = tuple(self._problem(problem) for problem in problems)
            case _:
                raise self._nonsense()

    def _start(self) -> Worker:
        try:
            return self.server.fork(self.limits)
        except GraderError:
            # The fork server is ours to keep alive: once more, then it is an error.
            self.server.close()
            return self.server.fork(self.limits)

    def _ask(self, request: list[Any], cpu: float, share: float = 1.0) -> Any:
        self.load()
        worker = self._worker
        if worker is None:
            raise GraderError("no worker")
        left = self.limits.total - self._used
        if left <= 0:
            raise StudentError(
                f"the {self.limits.total:.3g} s for the whole submission are used up"
            )
        started, slept, began = worker.cpu(), worker.asleep, time.monotonic()
        try:
            limits = replace(self.limits, idle_wall=share * self.limits.idle_wall)
            reply = worker.ask(request, limits, min(cpu, left))
        except StudentError as error:
            spent = cpu if isinstance(error, OverrunError) else time.monotonic() - began
            self._used += max(spent, worker.asleep - slept)
            self.end()
            raise
        self.cpu = worker.cpu() - started
        self._used += self.cpu + worker.asleep - slept
        return reply

    def _problem(self, raw: Any) -> Problem:
        match raw:
            case [[*kinds], int(cell), int(line), str(text)] if all(type(k) is str for k in kinds):
                cells = self.program.cells
                title, source = cells[cell] if 0 <= cell < len(cells) else ("", "")
                known = 0 < line <= source.count("\n") + 2  # an unfinished file fails past its end
                return Problem(title, line if known else 0, _builtin(kinds), cleaned(text))
        raise self._nonsense()

    def _read(self, call: Call, raw: Any) -> Answer:
        match raw:
            case ["ok", value, [*modified]] if all(type(i) is int for i in modified):
                count = len(call.arguments)
                changed = tuple(i for i in modified if -count <= i < count)
                return Answer(self._rebuild(call.want, value), changed)
            case ["raised", [*kinds], int(cell), int(line), str(text)] if all(
                type(kind) is str for kind in kinds
            ):
                return Answer(None, error=self._raised(call.function, kinds, cell, line, text))
        raise self._nonsense()

    def _rebuild(self, want: Any, value: Any) -> Any:
        if type(value) is str:
            return Refused(value if value in REFUSALS else "unreadable")
        if want == "held" and type(value) is bool:
            return value if value else Refused("none")
        if isinstance(want, str) and isinstance(value, _numpy().ndarray):
            return value
        if isinstance(want, str) and type(value) is float:
            return _numpy().asarray(value)
        if isinstance(want, (list, dict)) and type(value) is list and len(value) == len(want):
            if isinstance(want, list):
                return [self._rebuild(w, v) for w, v in zip(want, value, strict=True)]
            pairs = zip(want.items(), value, strict=True)
            return {key: self._rebuild(part, item) for (key, part), item in pairs}
        raise self._nonsense()

    def _raised(
        self, function: str, kinds: list[str], cell: int, line: int, text: str
    ) -> StudentError:
        text = cleaned(text)
        if kinds == ["undefined"]:
            return StudentError(self._why_undefined(function), kinds)
        name = _builtin(kinds)
        if name == "NotImplementedError":
            return StudentError(f"{function} is not written yet", kinds, text)
        what = (
            f"{'an' if name[:1] in 'AEIOU' else 'a'} {name}" if name else "an exception of your own"
        )
        return StudentError(f"{function} raised {what}{self._place(cell, line)}", kinds, text)

    def _why_undefined(self, function: str) -> str:
        if self.problems:
            first = self.problems[0]
            where = f" (line {first.line} of {first.cell})" if first.line else ""
            return f"{function} is not defined: your file stopped with an error before it{where}"
        return f"{function} is not defined in your file"

    def _place(self, cell: int, line: int) -> str:
        if not 0 <= cell < len(self.program.cells):
            return ""
        title, source = self.program.cells[cell]
        known = 0 < line <= min(source.count("\n") + 1, FAR)
        return f", line {line} of {title}" if known else ""

    def _nonsense(self) -> StudentError:
        self.end()
        return StudentError("your program wrote something of its own where its answer is read")


def cleaned(text: str) -> str:
    """What a worker wrote, for reading: cut short, nothing in it that steers a terminal or the
    direction of text."""
    steering = ("Cc", "Cf", "Cs", "Zl", "Zp")
    return "".join(
        c if c in "\n\t" or unicodedata.category(c) not in steering else "\ufffd"
        for c in text[:MAX_TEXT]
    )


def _builtin(kinds: Sequence[str]) -> str:
    """The exact type's name when it is one of Python's own exceptions, else ''."""
    import builtins

    kind = getattr(builtins, kinds[0], None) if kinds else None
    is_exception = isinstance(kind, type) and issubclass(kind, BaseException)
    return kinds[0] if is_exception else ""


@cache
def _numpy() -> Any:
    import numpy as np

    return np
