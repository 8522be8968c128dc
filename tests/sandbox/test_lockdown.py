"""Every layer of the sandbox matters: with it alone switched off, an attack that it holds succeeds.

Each test runs one attack twice, beside the same things: once with the layer on, once without. Some
attacks are held by several layers; for those the others that hold it are off in both runs.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from places import ROOT

from grader.model import Limits
from grader.sandbox import launch as view
from grader.sandbox import worker_process
from grader.sandbox.faults import OverrunError, StudentError
from grader.sandbox.fork_server import ForkServer, Sandbox
from grader.sandbox.guest import lockdown, wire
from grader.sandbox.student import Call, Program, Student

HAVE = lockdown.available() if sys.platform == "linux" else frozenset()
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has this layer to put on")


def needs(*layers: str) -> pytest.MarkDecorator:
    missing = [layer for layer in layers if layer not in HAVE]
    return pytest.mark.skipif(bool(missing), reason=f"not to be had here: {', '.join(missing)}")


BUBBLEWRAP = shutil.which("bwrap") is not None and not subprocess.call(
    ["bwrap", "--ro-bind", "/", "/", "true"], stderr=subprocess.DEVNULL
)
needs_bubblewrap = pytest.mark.skipif(
    not BUBBLEWRAP, reason="bubblewrap is missing, or refused its namespaces"
)


@pytest.fixture(scope="module")
def servers() -> Iterator[Callable[[frozenset[str]], ForkServer]]:
    """A fork server for each set of layers that a test asks for."""
    started: dict[frozenset[str], ForkServer] = {}

    def server(layers: frozenset[str]) -> ForkServer:
        if layers not in started:
            started[layers] = ForkServer(Sandbox(layers))
            started[layers].ready()
            possible = layers if BUBBLEWRAP else layers - {"mounts"}
            assert possible <= started[layers].sandbox.layers, "a layer did not start"
        return started[layers]

    yield server
    for each in started.values():
        each.close()


class Called:
    """``called(source, *arguments)``: what ``attack`` of ``source`` answers in a worker."""

    def __init__(self, servers: Callable[[frozenset[str]], ForkServer]) -> None:
        self.servers = servers
        self.captured = b""

    def __call__(
        self,
        source: str,
        *arguments: Any,
        layers: frozenset[str] | None = None,
        limits: Limits | None = None,
        imports: tuple[str, ...] = (),
    ) -> float:
        server = self.servers(Sandbox.best().layers if layers is None else layers)
        program = Program("attack", (("attack.py", source),), imports)
        student = Student(server, program, limits or Limits())
        try:
            [answer] = student.call([Call("attack", arguments, "number")])
        finally:
            student.end()
            self.captured = student.captured
        if answer.error is not None:
            raise answer.error
        return float(answer.value)


@pytest.fixture
def called(servers: Callable[[frozenset[str]], ForkServer]) -> Called:
    return Called(servers)


@pytest.fixture
def attempt(called: Called) -> Callable[..., bool]:
    """``attempt(layers, attack, *arguments)``: whether ``_attack`` of that text succeeds."""
    guarded = """
def attack(*given):
    try:
        return float(bool(_attack(*given)))
    except (OSError, MemoryError):
        return 0.0
"""

    def attempted(layers: set[str] | frozenset[str], attack: str, *arguments: Any) -> bool:
        return bool(called(attack + guarded, *arguments, layers=frozenset(layers)))

    return attempted


@pytest.fixture
def victim() -> Iterator[int]:
    """A process of ours that an attack could reach."""
    with subprocess.Popen(["/bin/sleep", "600"]) as process:
        yield process.pid
        process.kill()


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that everybody may read and write, with a file in it that everybody may read."""
    folder = Path(tempfile.mkdtemp(prefix="lockdown-"))
    folder.chmod(0o777)
    (folder / "answers").write_text("42", encoding="utf-8")
    (folder / "answers").chmod(0o644)
    yield folder
    shutil.rmtree(folder)


READ = "def _attack(path):\n    return open(path).read()"
READ_BY_CAT = """
import subprocess
def _attack(path):
    return subprocess.run(["/bin/cat", path], stdout=subprocess.DEVNULL).returncode == 0
"""
EXISTS = "import os\ndef _attack(path):\n    return os.path.exists(path)"
WRITE = "import os\ndef _attack(path):\n    return os.open(path, os.O_WRONLY | os.O_CREAT)"
SIGNAL = "import os\ndef _attack(pid):\n    os.kill(pid, 0)\n    return True"
LIMIT = """
import resource
def _attack(pid):
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (7, 7))
    return True
"""
CONNECT = """
import socket
def _attack(port):
    with socket.socket() as s:
        s.connect(("127.0.0.1", port))
    return True
"""
SEND = """
import socket
def _attack(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    return s.sendto(b"what I was given", ("127.0.0.1", port))
"""
ABSTRACT = """
import socket
def _attack(name):
    socket.socket(socket.AF_UNIX).connect(chr(0) + name)
    return True
"""
MEMORY = "import numpy as np\ndef _attack():\n    return len(np.empty(3 << 27))"
DESCRIPTORS = "import os\ndef _attack():\n    return len([os.dup(1) for _ in range(200)])"
GROW = """
import os
def _attack():
    import signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    return os.write(os.memfd_create("note"), b"hello")
"""
FORK = """
import os
def _attack():
    if os.fork() == 0:
        os._exit(0)
    return True
"""


# --- the layers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("attack", [MEMORY, DESCRIPTORS], ids=["memory", "descriptors"])
def test_rlimits_bound_memory_and_descriptors(attempt: Callable[..., bool], attack: str) -> None:
    best = Sandbox.best()
    assert not attempt(best.layers, attack)
    assert attempt(best.without("rlimits").layers, attack)


@needs("seccomp")
def test_rlimits_keep_files_from_growing(attempt: Callable[..., bool]) -> None:
    """Even in memory, were the call to make such a file allowed."""
    bare = Sandbox.best().without("seccomp")
    assert not attempt(bare.layers, GROW)
    assert attempt(bare.without("rlimits").layers, GROW)


@needs_root
@needs("uid", "seccomp")
def test_rlimits_bound_processes(attempt: Callable[..., bool]) -> None:
    """Each worker has a uid of its own, so that the limit is its alone."""
    bare = Sandbox.best().without("seccomp")
    assert not attempt(bare.layers, FORK)
    assert attempt(bare.without("rlimits").layers, FORK)


@needs_root
@needs("chroot")
@pytest.mark.parametrize("attack", [READ, EXISTS], ids=["read", "exists"])
def test_chroot_hides_files(attempt: Callable[..., bool], public: Path, attack: str) -> None:
    """Where neither Landlock nor a mount view does."""
    without = {"rlimits", "uid", "caps", "seccomp"}
    assert not attempt(without | {"chroot"}, attack, str(public / "answers"))
    assert attempt(without, attack, str(public / "answers"))


@needs_root
@needs("uid")
def test_uid_keeps_others_out_of_reach(attempt: Callable[..., bool], victim: int) -> None:
    """Where neither a pid namespace, nor the filter, nor Landlock does."""
    before = resource.prlimit(victim, resource.RLIMIT_NOFILE)
    assert not attempt({"rlimits", "uid"}, LIMIT, victim)
    assert not attempt({"rlimits", "uid"}, SIGNAL, victim)
    assert resource.prlimit(victim, resource.RLIMIT_NOFILE) == before
    assert attempt({"rlimits"}, SIGNAL, victim)
    assert attempt({"rlimits"}, LIMIT, victim)
    assert resource.prlimit(victim, resource.RLIMIT_NOFILE) == (7, 7)


@needs_root
def test_caps_take_root_from_root(attempt: Callable[..., bool], public: Path) -> None:
    """Where no uid is dropped: root without capabilities does not read what is another's."""
    secret = public / "another's"
    secret.write_text("42", encoding="utf-8")
    secret.chmod(0o600)
    os.chown(secret, 12_345, 12_345)
    for attack in (READ, READ_BY_CAT):  # a new program's capabilities come of the bounding set
        assert not attempt({"rlimits", "caps"}, attack, str(secret))
        assert attempt({"rlimits"}, attack, str(secret))


@needs("landlock")
def test_landlock_hides_files(attempt: Callable[..., bool], public: Path) -> None:
    """Where there are no mount views; nothing can be written either."""
    rest = (HAVE | {"landlock"}) - {"chroot", "mounts"}
    for attack, path in ((READ, public / "answers"), (READ, "/etc/passwd"), (READ, "/proc/1/stat")):
        assert not attempt(rest, attack, str(path))
        assert attempt(rest - {"landlock"}, attack, str(path))


@needs("landlock")
def test_landlock_keeps_files_unwritten(attempt: Callable[..., bool], public: Path) -> None:
    """Were the call to make one allowed."""
    note = public / "note"
    assert not attempt({"rlimits", "landlock"}, WRITE, str(note))
    assert not note.exists()
    assert attempt({"rlimits"}, WRITE, str(note))
    assert note.exists()


@needs("landlock")
@pytest.mark.skipif(lockdown.landlock_abi() < 4, reason="this kernel's Landlock knows no network")
def test_landlock_refuses_tcp(attempt: Callable[..., bool]) -> None:
    """Were sockets allowed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert not attempt({"rlimits", "landlock"}, CONNECT, port)
        assert attempt({"rlimits"}, CONNECT, port)


@needs("landlock")
@pytest.mark.skipif(lockdown.landlock_abi() < 6, reason="this kernel's Landlock has no scopes")
def test_landlock_scopes_signals_and_abstract_sockets(
    attempt: Callable[..., bool], victim: int
) -> None:
    """Without a uid of its own or a pid namespace, this is what hides the grader's processes."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0lockdown-{os.getpid()}")
        listener.listen()
        for attack, given in ((SIGNAL, victim), (ABSTRACT, f"lockdown-{os.getpid()}")):
            assert not attempt({"rlimits", "landlock"}, attack, given)
            assert attempt({"rlimits"}, attack, given)


@needs("seccomp")
def test_seccomp_refuses_the_network(attempt: Callable[..., bool]) -> None:
    """Landlock stops TCP alone: a datagram with what the student was given gets out."""
    rest = HAVE - {"chroot"}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.setblocking(False)
        port = listener.getsockname()[1]
        assert not attempt(rest, SEND, port)
        with pytest.raises(BlockingIOError):
            listener.recv(100)
        assert attempt(rest - {"seccomp"}, SEND, port)
        assert listener.recv(100) == b"what I was given"


@needs("seccomp")
def test_seccomp_refuses_limits_of_others(attempt: Callable[..., bool], victim: int) -> None:
    """As an unprivileged user without namespaces: Landlock does not stop prlimit."""
    rest = {"rlimits", "landlock"} & HAVE
    assert not attempt(rest | {"seccomp"}, LIMIT, victim)
    assert attempt(rest, LIMIT, victim)


@needs("pidns")
def test_pidns_hides_processes(attempt: Callable[..., bool], victim: int) -> None:
    """Where the uid is the grader's and nothing else keeps signals in."""
    assert not attempt({"rlimits", "pidns"}, SIGNAL, victim)
    assert attempt({"rlimits"}, SIGNAL, victim)


@needs_bubblewrap
@pytest.mark.parametrize("attack", [READ, EXISTS], ids=["read", "exists"])
def test_mounts_hide_files(attempt: Callable[..., bool], public: Path, attack: str) -> None:
    """Not even that a file exists can be told, which Landlock alone gives away."""
    rest = {"rlimits", "seccomp"} & HAVE
    for path in (public / "answers", ROOT / "reference" / "two_layer_network" / "solution.py"):
        assert not attempt(rest | {"mounts"}, attack, str(path))
        assert attempt(rest, attack, str(path))


def test_all_layers_hold_all_of_it(attempt: Callable[..., bool], public: Path, victim: int) -> None:
    """The same attacks, with everything on that this machine has."""
    attacks: list[tuple[Any, ...]] = [
        (READ, str(public / "answers")), (WRITE, str(public / "note")), (SIGNAL, victim),
        (LIMIT, victim), (FORK,), (CONNECT, 9), (SEND, 9), (MEMORY,), (DESCRIPTORS,), (GROW,),
    ]  # fmt: skip
    best = Sandbox.best()
    assert [attack for attack, *given in attacks if attempt(best.layers, attack, *given)] == []


@pytest.mark.parametrize(
    ("layers", "missing"),
    [
        ("uid landlock", "seccomp"),
        ("uid seccomp", "hides files"),
        ("seccomp chroot", "hides processes"),
        ("seccomp mounts uid", ""),
        ("seccomp chroot uid", ""),
        ("seccomp mounts pidns", ""),
    ],
)
def test_the_least_to_grade_with(layers: str, missing: str) -> None:
    """A filter, and one layer that hides files, and one that hides processes."""
    said = lockdown.missing_for_grading(layers.split())
    assert (missing in said) if missing else said == ""


# --- what is always on ---------------------------------------------------------------------------

_ALONE = """
import os, sys, time
from grader.sandbox.guest import lockdown
case, off = sys.argv[1], sys.argv[2] == "off"
options = {"no-new-privs": 38, "dumpable": 4, "pdeathsig": 1}
real = lockdown._prctl
def spared(option, value, *more):
    if option != options[case]:
        real(option, value, *more)
if off and case in options:
    lockdown._prctl = spared
if off and case == "close":
    lockdown._close_others = lambda keep: None
def enter(*layers, cpu=50, keep=()):
    lockdown.enter(lockdown.prepare(layers, ["/usr", "/lib"]), 1_900_000_001, 1 << 30, cpu, keep)
def child(work):
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(9)
    return pid
"""
_NO_NEW_PRIVS = """
enter("uid")
os.execv(sys.argv[3], ["id", "-u"])
"""
_DUMPABLE = """
def sleeper():
    enter("caps")
    os.write(1, b".")
    time.sleep(60)
def reader():
    enter("caps")
    try:
        os.open(f"/proc/{pid}/mem", os.O_RDONLY)
        os.write(1, b"read")
    except OSError:
        pass
r, w = os.pipe()
pid = child(sleeper)
time.sleep(0.3)
os.waitpid(child(reader), 0)
os.kill(pid, 9)
"""
_PDEATHSIG = """
import ctypes
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
r, w = os.pipe()
def parent():
    def orphan():
        enter("rlimits", keep=[w])
        os.write(w, b"%d" % os.getpid())
        time.sleep(60)
    child(orphan)
    time.sleep(0.3)
os.waitpid(child(parent), 0)
pid = int(os.read(r, 20))
time.sleep(0.2)
if os.waitpid(pid, os.WNOHANG) == (0, 0):
    print("alive")
    os.kill(pid, 9)
"""
_CLOSE = """
fd = os.open(sys.argv[3], os.O_RDONLY)
enter("rlimits")
try:
    os.write(1, os.read(fd, 10))
except OSError:
    pass
"""
_CPU = """
def burn():
    enter(*([] if off else ["rlimits"]), cpu=1)
    end = time.process_time() + 1.2
    while time.process_time() < end:
        pass
    os.write(1, b"done")
print(os.waitpid(child(burn), 0)[1])
"""
_SESSION = """
import signal
os.setpgid(0, 0)
own = os.getpid()
os.setsid = (lambda: None) if off else os.setsid
signal.signal(signal.SIGTERM, lambda *_: os.write(1, b"struck" * (os.getpid() == own)))
def striker():
    enter("rlimits")
    os.killpg(0, signal.SIGTERM)
os.waitpid(child(striker), 0)
"""
_GROUPS = """
os.setgroups([int(sys.argv[4])])
if off:
    setattr(os, case, lambda *_: None)
enter("uid")
try:
    print(open(sys.argv[3]).read())
except OSError:
    pass
"""


def alone(case: str, switch: str, script: str, *more: str) -> str:
    """What ``script`` says about one protection in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _ALONE + script, case, switch, *more],
        cwd=ROOT, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert not done.stderr, done.stderr
    return done.stdout.strip()


@needs_root
def test_no_new_privs_disarms_set_user_id_programs(public: Path) -> None:
    helper = Path(shutil.copy("/usr/bin/id", public))
    helper.chmod(0o4755)
    if os.statvfs(public).f_flag & os.ST_NOSUID:
        pytest.skip("the temporary folder does not honour set-user-id")
    assert alone("no-new-privs", "on", _NO_NEW_PRIVS, str(helper)) == "1900000001"
    assert alone("no-new-privs", "off", _NO_NEW_PRIVS, str(helper)) == "0"


def test_not_dumpable_closes_memory_to_siblings() -> None:
    """Where workers have one uid, one could open the memory of another."""
    yama = Path("/proc/sys/kernel/yama/ptrace_scope")
    if yama.exists() and yama.read_text(encoding="ascii").strip() != "0":
        pytest.skip("Yama closes it already")
    assert alone("dumpable", "on", _DUMPABLE) == "."
    assert alone("dumpable", "off", _DUMPABLE) == ".read"


def test_a_worker_dies_with_its_fork_server() -> None:
    assert alone("pdeathsig", "on", _PDEATHSIG) == ""
    assert alone("pdeathsig", "off", _PDEATHSIG) == "alive"


def test_descriptors_of_others_are_closed(public: Path) -> None:
    assert alone("close", "on", _CLOSE, str(public / "answers")) == ""
    assert alone("close", "off", _CLOSE, str(public / "answers")) == "42"


def test_a_session_of_its_own_keeps_signals_to_the_group_in() -> None:
    assert alone("session", "on", _SESSION) == ""
    assert alone("session", "off", _SESSION) == "struck"


@needs_root
@pytest.mark.parametrize(("call", "group"), [("setgroups", 12_345), ("setresgid", 0)])
def test_no_group_of_the_grader_is_kept(public: Path, call: str, group: int) -> None:
    """Neither its own nor those it is in besides."""
    os.chown(public / "answers", 12_346, group)
    (public / "answers").chmod(0o640)
    more = (str(public / "answers"), "12345")
    assert alone(call, "on", _GROUPS, *more) == ""
    assert alone(call, "off", _GROUPS, *more) == "42"


@needs_root
@needs("uid")
def test_workers_at_the_same_time_have_uids_of_their_own() -> None:
    """Where neither a pid namespace, nor the filter, nor Landlock keeps one from another."""
    signals = Program("attack", (("attack.py", SIGNAL),))
    reached = []
    with ForkServer(Sandbox(frozenset({"rlimits", "uid"}))) as server:
        for uids in (server._uids, server._uids[:1]):
            server._uids = uids
            one, other = Student(server, signals, Limits()), Student(server, signals, Limits())
            other.load()
            [answer] = one.call([Call("_attack", (other._worker._own_pid,), "number")])
            reached.append(answer.error is None)
            one.end()
            other.end()
    assert reached == [False, True]


def test_rlimits_end_what_nobody_watches() -> None:
    """The kernel kills past the CPU limit, were the grader itself dead."""
    assert alone("cpu", "on", _CPU) == str(int(signal.SIGKILL))
    assert alone("cpu", "off", _CPU).startswith("done")


def test_the_environment_is_built_not_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_TOKEN", "42")
    source = "import os\ndef attack():\n    return float('GRADER_TOKEN' in os.environ)"

    def seen() -> float:
        with ForkServer(Sandbox.best()) as server:
            return Called(lambda layers: server)(source)

    assert seen() == 0
    built = view.environment
    monkeypatch.setattr(view, "environment", lambda: {**built(), "GRADER_TOKEN": "42"})
    assert seen() == 1


# --- what the pool watches -----------------------------------------------------------------------


BURN = """
import time
def attack():
    end = time.process_time() + 0.6
    while time.process_time() < end:
        pass
    return 1.0
"""
SLEEP = "import time\ndef attack():\n    time.sleep(1.2)\n    return 1.0"
DRIP = """
import os, time
def attack():
    for fd in range(3, 20):
        try:
            os.write(fd, bytes([0, 0, 1, 0]))
        except OSError:
            continue
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            time.sleep(0.01)
            os.write(fd, b"x")
        os._exit(0)
"""


def test_the_cpu_deadline(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills what computes too long; without it, the answer comes when it likes."""
    limits = Limits(call_cpu=0.2)
    with pytest.raises(OverrunError, match="CPU time"):
        called(BURN, limits=limits)
    monkeypatch.setattr(worker_process._Patience, "check", lambda self: None)
    monkeypatch.setattr(worker_process._Patience, "slice", lambda self: 1.0)
    assert called(BURN, limits=limits) == 1


def test_the_wall_deadline(called: Called) -> None:
    """Kills what neither computes nor answers."""
    limits = Limits(call_cpu=0.05, call_wall=0.3, idle_wall=100)
    with pytest.raises(OverrunError, match=r"within 0\.3 s"):
        called(SLEEP, limits=limits)
    assert called(SLEEP, limits=Limits(call_wall=30, idle_wall=100)) == 1


def test_the_idle_limit(called: Called) -> None:
    """Kills what sleeps, long before the wall deadline."""
    with pytest.raises(OverrunError, match="waits for something"):
        called(SLEEP, limits=Limits(call_cpu=0.05, idle_wall=0.2))
    assert called(SLEEP, limits=Limits(call_cpu=0.05, idle_wall=100)) == 1


def test_deadlines_hold_for_one_who_drips(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then keeps every wait from running out: the clock must be looked at anyway."""
    limits = Limits(call_cpu=0.05, call_wall=0.4, idle_wall=0.3)
    began = time.monotonic()
    with pytest.raises(OverrunError):
        called(DRIP, limits=limits)
    assert time.monotonic() - began < 2
    monkeypatch.setattr(worker_process._Patience, "slice", lambda self: 2.0)
    with pytest.raises(StudentError, match="ended itself") as ended:
        called(DRIP, limits=limits)
    assert not isinstance(ended.value, OverrunError)


DEAF = """
import os, time
def attack(given):
    body = bytes.fromhex("92 a7616e7377657273 91 93 a26f6b c3 90")  # ["answers", [["ok", true, []]]]
    for fd in range(3, 20):
        try:
            os.write(fd, len(body).to_bytes(4, "little") + body)
        except OSError:
            pass
    time.sleep(60)
"""


def test_the_sending_deadline(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that does not read cannot block the grader."""
    limits = Limits(call_cpu=0.05, idle_wall=0.3)

    def second_call() -> float:
        server = called.servers(Sandbox.best().layers)
        student = Student(server, Program("attack", (("attack.py", DEAF),)), limits)
        student.call([Call("attack", (1,), "held")], cpu=1.0)
        began = time.monotonic()
        with pytest.raises(StudentError):
            student.call([Call("attack", (np.zeros(1 << 20),), "held")])
        student.end()
        return time.monotonic() - began

    assert second_call() < 1.5

    def patient(self: worker_process.Worker, data: bytes, patience: object) -> None:
        self._channel.settimeout(2.0)
        self._channel.sendall(data)

    monkeypatch.setattr(worker_process.Worker, "_send", patient)
    assert second_call() >= 2.0


def test_the_frame_limit(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame larger than any answer is not read into memory."""
    source = """
import os
def attack():
    size = 20 << 20
    for fd in range(3, 20):
        try:
            os.write(fd, size.to_bytes(4, "little"))
            left = memoryview(bytes(size))
            while left:
                left = left[os.write(fd, left):]
        except OSError:
            pass
"""
    taken: list[int] = []
    decode = wire.decode
    monkeypatch.setattr(
        wire, "decode", lambda frame, **more: (taken.append(len(frame)), decode(frame, **more))[1]
    )
    with pytest.raises(StudentError, match="wrote to the pipe"):
        called(source)
    assert max(taken) < wire.MAX_FRAME
    monkeypatch.setattr(wire, "MAX_FRAME", 1 << 30)
    with pytest.raises(StudentError, match="wrote to the pipe"):
        called(source)
    assert max(taken) == 20 << 20


def test_the_import_gate(called: Called) -> None:
    """It alone keeps a package out that is installed and can be read."""
    source = "import iniconfig\ndef attack():\n    return float(callable(iniconfig.IniConfig))"
    with pytest.raises(StudentError, match="raised a NameError"):
        called(source, layers=frozenset())
    assert called(source, layers=frozenset(), imports=("iniconfig",)) == 1


FLOOD = """
import sys
def attack():
    {}
    for _ in range(50):
        print("x" * 10**5)
    return 1.0
"""


def test_the_capture_cap(called: Called) -> None:
    """Printing a gigabyte costs the grader 16 KiB; past the cap, the pipe holds 64 KiB."""
    called(FLOOD.format("pass"))
    assert len(called.captured) == 1 << 14
    called(FLOOD.format("sys.stdout.buffer._left = 1 << 60"))
    assert 1 << 14 < len(called.captured) <= 1 << 16
