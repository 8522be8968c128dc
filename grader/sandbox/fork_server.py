"""Start the fork server and fork workers from it: the trusted side.

    with ForkServer(Sandbox.best()) as server:
        worker = server.fork(Limits())     # see `grader.sandbox.worker_process`

Failures here happen before student code is read, so they raise `GraderError`.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from msgspec import Struct

from grader.model import Limits
from grader.sandbox import launch as view
from grader.sandbox.faults import GraderError
from grader.sandbox.guest import lockdown, wire
from grader.sandbox.kept_folder import KeptFolder, sweep
from grader.sandbox.work_folder import SEEN_AT, WorkFolder
from grader.sandbox.worker_process import START_SECONDS, Worker

_UIDS: Final = 64


# --- the sandbox ------------------------------------------------------------------------------


class Sandbox(Struct, frozen=True):
    """The layers that workers run in; an empty set for students' own machines."""

    layers: frozenset[str]

    @classmethod
    @cache
    def best(cls) -> Sandbox:
        """Return all layers that this machine supports."""
        found = set(lockdown.available())
        if shutil.which("bwrap"):
            found.add("mounts")
        if found & {"landlock", "mounts"}:
            found.discard("chroot")
        return cls(frozenset(found))

    def unmounted(self) -> Sandbox:
        """Return the layers to use where bubblewrap cannot start; chroot if Landlock is missing."""
        found = lockdown.available()
        layers = self.layers & found
        return Sandbox(layers if "landlock" in layers else layers | (found & {"chroot"}))

    def without(self, *layers: str) -> Sandbox:
        """Return these layers without some, for tests that show what each layer prevents."""
        return Sandbox(self.layers - set(layers))

    def ordered(self) -> list[str]:
        """Return the layer names in the order in which they are applied."""
        return [layer for layer in lockdown.LAYERS if layer in self.layers]


# --- the fork server --------------------------------------------------------------------------


class ForkServer:
    """A separate program that forks workers; it holds no secret and runs no student code."""

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
            data: A folder whose files appear in the working folder of the workers.
            writes: Whether workers may write in that folder; each worker then gets a separate copy.
        """
        self.sandbox = sandbox
        self._data, self.writes = data, writes
        self._work: WorkFolder | None = None
        self._preload = list(preload)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._up = False
        """Whether it has reported that it is ready."""
        self._jail: KeptFolder | None = None
        self._uids: Sequence[int] = (os.geteuid(),)
        self._taken: set[int] = set()
        """The uids of workers that have not ended."""
        self.starts = 0
        """Number of starts; workers die with the fork server that forked them."""
        self.killed = 0
        """Number of workers killed from outside (out of memory): not the student's fault."""

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
        """Start it without waiting; `fork` waits, and falls back if bubblewrap cannot start."""
        if "uid" in self.sandbox.layers:
            self._uids = lockdown.free_uids(_UIDS)
        sweep()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if "mounts" in self.sandbox.layers and os.geteuid() != 0:
            # Bubblewrap's user namespace permits a pid namespace.
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
        ours.settimeout(START_SECONDS)
        self._control = ours
        self._up = False
        self.starts += 1

    def _root(self) -> str:
        """Return the root folder of the workers' files, or the empty directory for ``chroot``."""
        if self._work is None:
            return str(self._jail.path) if self._jail else ""
        return SEEN_AT if "mounts" in self.sandbox.layers else str(self._work.path)

    def _program(self, fd: int, settings: dict[str, Any]) -> subprocess.Popen[bytes]:
        """Start the worker program, which serves the file descriptor ``fd``."""
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
            raise GraderError(
                f"the package {error.name} is not installed; install it, or correct imports: in "
                "assignments.yaml"
            ) from None
        except OSError as error:
            raise GraderError(f"the fork server cannot be started: {error.strerror}") from None

    def ready(self) -> None:
        """Wait until it serves; otherwise raise `GraderError` with the last line it printed."""
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
            # Namespaces are not available here (in an LMS container), so continue without
            # bubblewrap.
            self.sandbox = self.sandbox.unmounted()
            self.start()
            self.ready()

    def fork(self, limits: Limits) -> Worker:
        """Return a worker that has confirmed that it is locked down."""
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
        """Return a random unused uid: consecutive uids would reveal the number of workers."""
        free = [uid for uid in self._uids if uid not in self._taken]
        return secrets.choice(free or self._uids)

    def release(self, uid: int) -> None:
        """Make the uid of a worker that has ended available again."""
        self._taken.discard(uid)

    def status(self, pid: int) -> int | None:
        """Wait for a worker to end; return its status as ``os.waitpid`` does."""
        reply, _ = self._ask({"wait": pid})
        status = reply.get("status")
        return status if isinstance(status, int) else None

    def close(self) -> None:
        """End the fork server and every worker."""
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
