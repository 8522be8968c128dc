"""Start the web process and the grading service, restart them if they die, stop on a signal.

    run(Options(courses, data, url="", port=8000), say=print)

Sockets are opened here and passed on, so that connections wait while a process is restarted.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct, field

from grader.errors import UserError
from grader.sandbox import interpreter
from grader.sandbox.faults import GraderError, StudentError
from grader.sandbox.fork_server import ForkServer, Sandbox
from grader.sandbox.guest import lockdown
from grader.serve import forget
from grader.serve.courses import Courses
from grader.serve.database import FILE, FOLDER, ServeError, connect
from grader.serve.messages import SOCKET, address
from grader.serve.process_settings import GradingSettings, WebSettings

WEB_UID: Final = 64_011
"""The web process's uid if we are root and there is no account grader-web."""
ACCOUNT: Final = "grader-web"
END_SECONDS: Final = 8.0
RESTART: Final = 0.2
QUICK: Final = 2.0
"""Seconds; a process that lived for less time is restarted more slowly."""
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
RETAIN_EVERY: Final = 3600.0


class Options(Struct, frozen=True):
    """The settings of the service at its start."""

    courses: Sequence[Path]
    data: Path
    url: str = ""
    port: int = 8000
    retain_days: int = 0
    jobs: int = 0
    """Number of grading processes; 0 means twice the number of cores."""


class _Child(Struct):
    """A process that must be running."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    process: subprocess.Popen[bytes] | None = None
    since: float = field(default_factory=time.monotonic)
    again_at: float = 0.0


def prepare(data: Path) -> int:
    """Create DATA and its two private folders; return the web process's uid (0: our own).

    Raises:
        ServeError: DATA is not writable, or the web process could not reach it.
    """
    uid = web_uid()
    try:
        data.mkdir(parents=True, exist_ok=True)
        data.chmod(0o711)
        for name, owner in ((FOLDER, uid), ("results", 0)):
            folder = data / name
            folder.mkdir(exist_ok=True)
            folder.chmod(0o700)
            if owner and folder.stat().st_uid != owner:
                _give(folder, owner)
        probe = data / ".probe"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
        link = data / FILE
        if not link.is_symlink():
            link.symlink_to(f"{FOLDER}/{FILE}")
    except OSError as error:
        raise ServeError(
            f"{data} cannot be written: {(error.strerror or str(error)).lower()}"
        ) from None
    if uid:
        _check_parents(data)
    return uid


def _give(folder: Path, uid: int) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, uid, uid, follow_symlinks=False)


def _check_parents(data: Path) -> None:
    for folder in data.resolve().parents:
        if not folder.stat().st_mode & 0o001:
            raise ServeError(
                f"the user of the web process cannot enter {folder}; choose another --data, "
                f"or run: chmod o+x {folder}"
            )


def web_uid() -> int:
    """Return the uid that the web process changes to; 0 if we are not root."""
    if os.geteuid() != 0:
        return 0
    import pwd

    with contextlib.suppress(KeyError):
        return pwd.getpwnam(ACCOUNT).pw_uid
    return WEB_UID


def lock(data: Path) -> int:
    """Lock DATA while the returned file descriptor is open.

    Raises:
        ServeError: Another `grader serve` has locked it.
    """
    held = os.open(data / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise ServeError(
            f"another `grader serve` uses {data}; end it, or choose another --data"
        ) from None
    return held


def origin_of(options: Options) -> str:
    """Return the origin that browsers use; raise `ServeError` for an unsafe one."""
    if not options.url:
        return f"http://127.0.0.1:{options.port}"
    try:
        url = urlsplit(options.url)
        host, port = url.hostname, url.port
    except ValueError:
        host, port = None, None
        url = urlsplit("")
    wrong = not host or url.path not in ("", "/") or url.query or url.fragment or url.username
    if wrong or not (url.scheme == "https" or (url.scheme == "http" and host in LOOPBACK)):
        raise ServeError(f"--url {options.url}: write https://HOST, or http://127.0.0.1:PORT for this "
                         "machine only")  # fmt: skip
    default = {"https": 443, "http": 80}[url.scheme]
    shown = f"[{host}]" if ":" in str(host) else host
    return f"{url.scheme}://{shown}" + (f":{port}" if port and port != default else "")


def check_sandbox() -> None:
    """Raise `ServeError` unless the sandbox is good enough to grade other people's code."""
    try:
        with ForkServer(Sandbox.best()) as server:
            server.ready()
            missing = lockdown.missing_for_grading(server.sandbox.layers)
    except (GraderError, StudentError) as error:
        missing = str(error)
    if missing:
        raise ServeError(
            f"the sandbox is not good enough to grade here: {missing}; see `grader doctor`"
        )


def open_port(port: int) -> socket.socket:
    """Open the port on the loopback interface; a proxy makes it public.

    Raises:
        ServeError: The port is in use.
    """
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as error:
        listening.close()
        why = (error.strerror or "cannot be used").lower()
        raise ServeError(f"port {port}: {why}; choose another --port") from None
    listening.listen(2048)
    return listening


def run(options: Options, say: Callable[[str], None]) -> int:
    """Serve until SIGTERM or SIGINT; return the exit status.

    Raises:
        ServeError: The service cannot start; the line says why.
        CatalogError: A course cannot be read.
    """
    stopped = _signals()
    origin = origin_of(options)
    Courses(options.courses)
    uid = prepare(options.data)
    held = lock(options.data)
    listening = open_port(options.port)
    check_sandbox()
    connect(options.data / FOLDER / FILE).close()
    if uid:
        _give(options.data / FOLDER, uid)
    asked = _open_socket(options.data, uid)
    children = _children(options, origin, uid, listening, asked)
    try:
        if not stopped:
            say(f"serving {origin} (data: {options.data}); Ctrl-C ends")
            threading.Thread(target=_retain, args=(options, say), daemon=True).start()
        _watch(children, stopped, say)
    finally:
        end([child.process for child in children if child.process is not None])
        listening.close()
        asked.close()
        with contextlib.suppress(OSError):
            (options.data / SOCKET).unlink()
        os.close(held)
    return 0


def _signals() -> list[int]:
    """Register the signals that end the service; SIGHUP is included unless nohup ignores it."""
    stopped: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda number, frame: stopped.append(number))
    return stopped


def _children(
    options: Options, origin: str, uid: int, listening: socket.socket, asked: socket.socket
) -> list[_Child]:
    jobs, data = options.jobs or 2 * (os.cpu_count() or 1), str(options.data.resolve())
    courses = [str(each.resolve()) for each in options.courses]
    grading = GradingSettings(asked.fileno(), courses, data, jobs, os.getpid())
    web = WebSettings(listening.fileno(), data, origin, jobs, os.getpid(), uid, options.retain_days)
    return [
        _Child("the grading service", lambda: _start("grading", grading, asked.fileno())),
        _Child("the web process", lambda: _start("web", web, listening.fileno())),
    ]


def _open_socket(data: Path, uid: int) -> socket.socket:
    (data / SOCKET).unlink(missing_ok=True)
    asked = socket.socket(socket.AF_UNIX)
    asked.bind(address(data))
    (data / SOCKET).chmod(0o600)
    if uid:
        os.chown(data / SOCKET, uid, uid)
    asked.listen(1024)
    return asked


def _start(
    name: str, settings: GradingSettings | WebSettings, descriptor: int
) -> subprocess.Popen[bytes]:
    code = f"from grader.serve import {name}; {name}.main()"
    encoded = msgspec.json.encode(settings).decode()
    return subprocess.Popen(  # noqa: S603  # our own module
        interpreter.command(code, encoded), pass_fds=[descriptor], stdin=subprocess.DEVNULL,
        env=interpreter.environment() | _secret(), cwd=interpreter.NEUTRAL, start_new_session=True,
    )  # fmt: skip


def _secret() -> dict[str, str]:
    named = os.environ.get("GRADER_SECRET_FILE", "")
    return {"GRADER_SECRET_FILE": os.path.abspath(named)} if named else {}


def _watch(children: Sequence[_Child], stopped: Sequence[int], say: Callable[[str], None]) -> None:
    """Start processes that are not running, until a signal ends the service."""
    while not stopped:
        for child in children:
            _keep_up(child, say)
        time.sleep(0.05)


def _retain(options: Options, say: Callable[[str], None]) -> None:
    """Delete students after the operator's retention period, now and once an hour."""
    while options.retain_days:
        try:
            for student in forget.overdue(options.data, options.retain_days):
                forget.forget(options.data, student)
                say(f"forgot a student after {options.retain_days} days without a submission")
        except (UserError, OSError, sqlite3.Error) as error:
            say(f"a student could not be forgotten, and is tried again: {error}")
        time.sleep(RETAIN_EVERY)


def _keep_up(child: _Child, say: Callable[[str], None]) -> None:
    now = time.monotonic()
    if child.process is not None and child.process.poll() is not None:
        status, lived = child.process.returncode, now - child.since
        say(f"{child.name} ended ({_how(status)}); it is restarted")
        child.process = None
        child.again_at = now + (RESTART if lived > QUICK else 1.0)
    if child.process is None and now >= child.again_at:
        child.process, child.since = child.start(), now


def _how(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """End processes: ask first, then kill, within ten seconds."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
    until = time.monotonic() + END_SECONDS
    for process in processes:
        try:
            process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def remove(data: Path) -> None:
    """Remove the data of a demo."""
    shutil.rmtree(data, ignore_errors=True)
