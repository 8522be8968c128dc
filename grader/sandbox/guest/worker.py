"""The untrusted side: the fork server, and the workers that it forks to run student code.

`grader.sandbox.fork_server` starts this program. It imports nothing from the grader except modules
in this folder, and `torch_bridge` only where torch is preloaded. The protocol, in frames of `wire`:

On the control socket (one packet per frame), grader <-> fork server:

    {"fork": uid, "memory": bytes, "cpu": seconds} + [worker socket, capture pipe]
                                       -> {"pid": pid here} + [pidfd]
    {"wait": pid}                      -> {"status": as os.waitpid gives it, or null}

On a worker's socket (a stream), grader <-> worker; a worker that is ready sends ["ready"]:

    ["load", name, [[title, source], ...], imports, cpu seconds, sparing, [["data.py", source], ...]]
                                       -> ["loaded", [problem, ...]]
    ["call", [[function, arguments, want, keep], ...], repeat]
                                       -> ["answers", [answer, ...]]

    ["do", number, test, operation, target, ...]     an operation: see `operations`
    ["do all", [["do", ...], ...]]                   some, one after the other

    problem = [kinds, cell, line, text]
    answer  = ["ok", value as ``want`` asks, modified]
            | ["raised", kinds, cell, line, text]

``want`` is the form of the result that the contract specifies: "number" or "int" for a leaf (an
array, a scalar, a list of them), a list for a pair, a dict for a dict; "exact" for a plain value of
any type, answered as [node] (see `exact`, also for the forms of ``arguments``); "held" asks only
whether the value exists. If a leaf cannot be read as an array, the answer holds a word with the
reason, one of `grader.sandbox.guest.refusals`. With torch preloaded, classes are called with arrays
only; see `grader.sandbox.guest.torch_bridge`.

``keep`` >= 0 stores the whole result in the worker under that number, and an argument may be a
`wire.Ref` to it, so opaque caches are never sent. ``kinds`` are the names of the exception's
built-in classes, exact type first ("" if that is a student's class), or ["undefined"] for a missing
function. ``modified`` lists the indices of modified arguments, and -1 - index for a dict that only
gained keys. ``repeat`` runs each call that many times (to time the reference).
"""

from __future__ import annotations

import importlib
import json
import linecache
import os
import pathlib
import posix
import socket
import sys
from typing import Any, Final

import numpy as np

from grader.sandbox.guest import exact, figures, library, lockdown, newer, startup, wire
from grader.sandbox.guest.imports import Gate
from grader.sandbox.guest.operations import PLAIN, Bridge, Operations
from grader.sandbox.guest.plain_values import MAX_ANSWER, modified, portable
from grader.sandbox.guest.program import Running
from grader.sandbox.guest.streams import capture
from grader.sandbox.guest.watch import LoadWatch

PRELOADED: Final = """
    numpy.random numpy.linalg
    abc array bisect cmath collections collections.abc contextlib copy dataclasses datetime
    enum functools heapq inspect io itertools json math numbers operator os pathlib random re
    string struct sys textwrap time traceback types typing warnings weakref
""".split()
"""Modules imported before any fork: those that most submissions import. Each makes forks slower."""

PRELOADED_IN_A_JAIL: Final = """
    numpy.fft numpy.ma numpy.polynomial numpy.testing numpy.ctypeslib numpy.typing numpy.matlib
    numpy.rec numpy.char numpy.strings
""".split()
"""More modules to import before any fork if workers cannot read files.

All extension modules of Python are imported as well; `library` holds pure Python modules. Other workers
read files on demand.
"""

_AT_ONCE: Final = 1 << 16
"""Bytes requested by one read."""
REHEARSALS: Final = 12
_REHEARSED: Final = """
import numpy as np

def f(params, X):
    z = np.maximum(X @ params["W"].T + params["b"], 0)
    return 1 / (1 + np.exp(-z)).sum(axis=0), {"z": np.log(z.mean()), "X": X}
"""


# --- the fork server --------------------------------------------------------------------------


def serve(control: socket.socket, settings: dict[str, Any]) -> None:
    """Preload modules, prepare the layers, then fork a worker for each request until the end."""
    _preload(settings)
    if "torch" in sys.modules:
        _enable_torch()
    newer.supply()
    if "pandas" in sys.modules:
        importlib.import_module("grader.sandbox.guest.frames")
    np.ones((8, 8)) @ np.ones((8, 8))
    listable = [os.path.dirname(os.__file__), os.path.dirname(os.path.dirname(np.__file__))]
    work = settings["work"]
    readable = [*_readable(settings["preload"]), *([work["data"]] if work else [])]
    places = {"own": work["own"], "given": work["data"]} if work else {}
    plan = lockdown.prepare(settings["layers"], readable, listable, settings["jail"], **places)
    if "quiet" in settings["layers"]:
        lockdown.read_quietly("mounts" in settings["layers"], [*readable, *listable[1:]])
    _hide_our_modules()
    _rehearse()
    _seed()
    os.register_at_fork = posix.register_at_fork
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    startup.settle()
    _reply(control, {"up": os.getpid()})
    ended: dict[int, int] = {}
    while True:
        packet, fds, _, _ = socket.recv_fds(control, 1 << 16, 2)
        if not packet:
            return
        request = wire.decode(packet, trusted=True)
        if "wait" in request:
            _reply(control, {"status": _wait(request["wait"], ended)})
        else:
            _reap(ended)
            _fork(control, plan, request, fds)


def _preload(settings: dict[str, Any]) -> None:
    """Import common modules, and those whose files a worker could not read."""
    shut_out = "uid" in settings["layers"] and _lies_in_a_home()
    jailed = PRELOADED_IN_A_JAIL if "chroot" in settings["layers"] or shut_out else []
    if "matplotlib" in settings["preload"]:
        figures.settle()
    for name in (*PRELOADED, *jailed, *settings["preload"]):
        importlib.import_module(name)
    if jailed:
        library.load_extensions()
        before_files = len(sys.meta_path) - 1
        sys.meta_path.insert(before_files, library.Library.of_this_python("numpy"))


def _lies_in_a_home() -> bool:
    """Return whether a folder above Python or NumPy is closed to the worker's uid."""
    files = pathlib.Path(os.__file__), pathlib.Path(np.__file__)
    return any(not folder.stat().st_mode & 0o001 for file in files for folder in file.parents)


def _rehearse() -> None:
    """Run typical requests here, so that CPython's adaptive code is warm in every fork."""
    arrays = {"W": np.ones((3, 2)), "b": np.ones(3)}
    call = wire.encode(
        ["call", [["f", [arrays, np.ones((4, 2))], ["number", {"z": "held"}], 0]], 1]
    )
    gates, modules = list(sys.meta_path), dict(sys.modules)
    for _ in range(REHEARSALS):
        channel = _Channel(-1)
        channel._load("rehearsal", [["rehearsal", _REHEARSED]], [], 1.0, False, [])
        _, calls, repeat = wire.decode(call, trusted=True)
        _, before, _ = wire.sketch(call)
        pairs = zip(calls, before, strict=True)
        wire.encode(["answers", [channel._answer(c, b[1], repeat) for c, b in pairs]])
    sys.meta_path[:] = gates
    for name in set(sys.modules) - set(modules):
        del sys.modules[name]
    linecache.cache.pop("rehearsal", None)


_bridge: Bridge = PLAIN


def _enable_torch() -> None:
    """Prepare torch for forks, and use its bridge for classes from now on."""
    global _bridge
    bridge = importlib.import_module("grader.sandbox.guest.torch_bridge")
    bridge.settle()
    _bridge = Bridge(bridge.answering, bridge.standing_in)


def _readable(preload: list[str]) -> list[str]:
    """Return the paths of the interpreter's files and of the allowed packages."""
    stdlib = os.path.dirname(os.__file__)
    skipped = ("site-packages", "dist-packages", "test", "idlelib", "ensurepip")
    paths = [os.path.join(stdlib, name) for name in os.listdir(stdlib) if name not in skipped]
    for name in {"numpy", *(name.partition(".")[0] for name in preload)}:
        folder = os.path.dirname(sys.modules[name].__file__ or "")
        paths += [folder, folder + ".libs"]
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        mapped = {line.split(maxsplit=5)[5].strip() for line in maps if "/" in line}
    paths += [path for path in mapped if ".so" in path]
    libc = next((path for path in mapped if "/libc.so" in path or "/libc-" in path), "")
    return [*paths, os.path.dirname(libc)] if libc else paths


def _reply(control: socket.socket, message: dict[str, Any], fds: tuple[int, ...] = ()) -> None:
    socket.send_fds(control, [wire.encode(message)], fds)


def _fork(
    control: socket.socket, plan: lockdown.LayerPlan, request: dict[str, Any], fds: list[int]
) -> None:
    try:
        pid = lockdown.fork_in_pidns(plan)
    except OSError as error:
        _reply(control, {"error": f"fork: {error.strerror}"})
        pid = -1
    if pid == 0:
        _become_worker(control, plan, request, fds)
    for fd in fds:
        os.close(fd)
    if pid > 0:
        pidfd = os.pidfd_open(pid)
        _reply(control, {"pid": pid}, (pidfd,))
        os.close(pidfd)


def _reap(ended: dict[int, int]) -> None:
    """Collect the children that have ended, and remember the statuses of the last few."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        ended[pid] = status
        if len(ended) > 64:
            del ended[next(iter(ended))]


def _wait(pid: int, ended: dict[int, int]) -> int | None:
    if pid in ended:
        return ended.pop(pid)
    try:
        return os.waitpid(pid, 0)[1]
    except ChildProcessError:
        return None


def _become_worker(
    control: socket.socket, plan: lockdown.LayerPlan, request: dict[str, Any], fds: list[int]
) -> None:
    """Lock down, confirm it, and serve; never return."""
    try:
        channel, output = fds
        control.close()
        lockdown.enter(plan, request["fork"], request["memory"], request["cpu"], fds)
        sys.stdout = sys.stderr = capture(output)
        vars(sys).update(__stdout__=sys.stdout, __stderr__=sys.stderr)
        _Channel(channel).run()
    except MemoryError:
        os._exit(lockdown.OUT_OF_MEMORY)
    finally:
        os._exit(0)


def _seed() -> None:
    """Give every worker the same random state in every run."""
    np.random.seed(20_131)
    importlib.import_module("random").seed(20_131)


# --- a worker ---------------------------------------------------------------------------------


class _Channel:
    """The worker's end of its socket, and the results that it keeps between requests."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._read = b""
        """Bytes read beyond the last frame."""
        self._running = Running("submission", [])
        self._operations = self._operate([])
        self._kept: dict[int, Any] = {}

    def run(self) -> None:
        self._send(["ready"])
        while (frame := self._receive()) is not None:
            match wire.decode(frame, trusted=True):
                case ["load", *program]:
                    self._send(["loaded", self._load(*program)])
                case ["call", calls, repeat]:
                    _, before, _ = wire.sketch(frame)  # the arguments before the call
                    pairs = zip(calls, before, strict=True)
                    self._send_answers([self._answer(c, b[1], repeat) for c, b in pairs])
                case ["do", *_] as request:
                    self._operations.answer(request)
                case ["do all", requests]:
                    self._operations.answer_all(requests)

    def _operate(self, imports: list[str]) -> Operations:
        """Return the operations on the loaded program."""
        return Operations(self._running, imports, self._send, self._send_all, self._next, _bridge)

    def _next(self) -> Any:
        frame = self._receive()
        return None if frame is None else wire.decode(frame, trusted=True)

    def _receive(self) -> bytes | None:
        """Return the next frame, or None at the end; usually one read is enough."""
        data = self._read or os.read(self._fd, _AT_ONCE)
        while len(data) < wire.HEAD.size:
            if not (part := os.read(self._fd, _AT_ONCE)):
                return None
            data += part
        end = wire.HEAD.size + wire.HEAD.unpack_from(data)[0]
        parts, left = [data], end - len(data)
        while left > 0:
            if not (part := os.read(self._fd, min(left, 1 << 20))):
                return None
            parts.append(part)
            left -= len(part)
        whole = data if len(parts) == 1 else b"".join(parts)
        self._read = whole[end:]
        return whole[wire.HEAD.size : end]

    def _send(self, value: Any) -> None:
        self._send_all([value])

    def _send_all(self, values: list[Any]) -> None:
        frames = [wire.encode(value) for value in values]
        left: bytes | memoryview = b"".join(wire.HEAD.pack(len(each)) + each for each in frames)
        while left:
            left = memoryview(left)[os.write(self._fd, left) :]

    def _send_answers(self, answers: list[Any]) -> None:
        try:
            self._send(["answers", answers])
        except wire.WireError:  # deeper or larger than a frame may be
            self._send(["answers", [["ok", "unreadable", []] for _ in answers]])

    def _load(
        self,
        name: str,
        cells: list[list[str]],
        imports: list[str],
        cpu: float,
        sparing: bool,
        helpers: list[list[str]],
    ) -> list[Any]:
        """Run the cells as the module ``name``; return the problems."""
        gate = Gate(imports)
        sys.meta_path.insert(0, gate)
        self._running = Running(name, cells, gate, helpers)
        self._operations = self._operate(imports)
        return self._running.run(LoadWatch(cpu), sparing)

    # --- call ---

    def _answer(self, call: list[Any], before: Any, repeat: int) -> list[Any]:
        function, packed, want, keep = call
        arguments, before = exact.arguments(packed), exact.arguments(before)
        target = getattr(self._running.module, function, None)
        if target is None:
            return ["raised", ["undefined"], -1, 0, ""]
        try:
            given = [self._resolve(argument) for argument in arguments]
            run = _bridge.answering(function, target, want)
            for _ in range(repeat):
                result = run(*given)
        except BaseException as error:
            return ["raised", *self._running.describe(error)]
        if keep >= 0:
            self._kept[keep] = result
        changed = modified(before, given)
        try:
            return ["ok", portable(result, want, [MAX_ANSWER]), changed]
        except BaseException:
            return ["ok", "unreadable", changed]

    def _resolve(self, argument: Any) -> Any:
        if type(argument) is not wire.Ref:
            return argument
        kept = self._kept[argument.key]
        return kept if argument.item < 0 else kept[argument.item]


def _hide_our_modules() -> None:
    """Remove our modules from sys.modules, so that ``import grader`` finds the stand-in."""
    for name in list(sys.modules):
        if name.partition(".")[0] in ("grader", "msgspec"):
            del sys.modules[name]


def main() -> None:
    """Serve the file descriptor ``argv[1]`` with the settings in ``argv[2]`` (JSON)."""
    lockdown.lift_data_limit()
    serve(socket.socket(fileno=int(sys.argv[1])), json.loads(sys.argv[2]))
