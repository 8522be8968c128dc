"""Two submissions of one run must not talk to each other, each way tried with and without its cure.

*Abel* runs in one worker and ends; then *bea* looks, in another. What remains open is timing: the
docs say so (docs/security.md).
"""

import itertools
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from grader.model import Limits
from grader.sandbox.faults import StudentError
from grader.sandbox.fork_server import ForkServer, Sandbox
from grader.sandbox.student import Call, Program, Student

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere: the sandbox is Linux's")

ABEL_READS = "def f(path):\n    open(path, 'rb').read(1)\n    return 1.0\n"
BEA_LOOKS = "import os\ndef f(path): return os.stat(path).st_atime\n"
BEA_ASKS = {
    "free memory, load, processes": (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "def f(path):\n    if libc.sysinfo(ctypes.create_string_buffer(256)):\n"
        "        raise OSError(ctypes.get_errno(), 'no')\n    return 1.0\n"
    ),
    "pages of a file in memory": (
        "import ctypes, mmap, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "libc.mmap.restype = ctypes.c_void_p\nlibc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t,\n"
        "    ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)\n"
        "libc.mincore.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p)\n"
        "def f(path):\n    at = libc.mmap(None, 4096, 1, 2, os.open(path, os.O_RDONLY), 0)\n"
        "    if libc.mincore(at, 4096, ctypes.create_string_buffer(8)):\n"
        "        raise OSError(ctypes.get_errno(), 'no')\n    return 1.0\n"
    ),
    "page faults": "import resource\ndef f(path): return float(resource.getrusage(0).ru_majflt >= 0)\n",
    "free space": "import os\ndef f(path): return float(os.statvfs(path).f_bfree >= 0)\n",
}
PROC = "def f(path): return float(len(open(path).read()) > 0)\n"


def ask(server: ForkServer, source: str, path: str) -> float:
    """Return what a new worker answers about a file; raise what it raised."""
    one = Student(server, Program("work", (("work.py", source),)), Limits())
    try:
        [answer] = one.call([Call("f", (path,), "number")])
    finally:
        one.end()
    if answer.error is not None:
        raise answer.error
    return float(answer.value)


def a_cold_file() -> Path:
    """Return a file that workers may read, as if nobody had read it for long."""
    path = Path(np.__file__).parent / "polynomial" / "hermite_e.py"
    if os.statvfs(path).f_flag & os.ST_NOATIME:
        pytest.skip("elsewhere: this file system keeps no access times")
    when = path.stat().st_mtime
    os.utime(path, (when - 1e6, when))
    return path


@pytest.mark.parametrize("missing", [(), ("mounts",)], ids=["all", "no bubblewrap"])
def test_bea_cannot_see_which_files_abel_has_read(missing: tuple[str, ...]) -> None:
    """Neither in bubblewrap's view nor without it."""
    with ForkServer(Sandbox.best().without(*missing)) as server:
        server.ready()
        path = a_cold_file()
        before = ask(server, BEA_LOOKS, str(path))
        ask(server, ABEL_READS, str(path))
        assert before == ask(server, BEA_LOOKS, str(path))


def test_without_quiet_mounts_she_can() -> None:
    """The access time is the message."""
    with ForkServer(Sandbox.best().without("mounts", "quiet")) as server:
        path = a_cold_file()
        before = ask(server, BEA_LOOKS, str(path))
        ask(server, ABEL_READS, str(path))
        assert before < ask(server, BEA_LOOKS, str(path))


def test_where_no_mounts_are_allowed_every_file_is_read_once(monkeypatch, tmp_path) -> None:
    """As in an LMS's container: afterwards Linux keeps no new time for a day."""
    from grader.sandbox.guest import lockdown

    def refused(*_: object) -> None:
        raise OSError(1, "not permitted")

    monkeypatch.setattr(lockdown, "unshare", refused)
    file = tmp_path / "a" / "b.py"
    file.parent.mkdir()
    file.write_text("x")
    os.utime(file, (1e9, 1.5e9))
    lockdown.read_quietly(False, [str(tmp_path)])
    if os.statvfs(file).f_flag & os.ST_NOATIME:
        pytest.skip("elsewhere: this file system keeps no access times")
    warmed = file.stat().st_atime
    assert warmed > 1.5e9
    file.read_text()
    assert warmed == file.stat().st_atime


@pytest.fixture(scope="module")
def best():
    with ForkServer(Sandbox.best()) as server:
        yield server


@pytest.fixture(scope="module")
def unfiltered():
    with ForkServer(Sandbox.best().without("seccomp")) as server:
        yield server


@pytest.mark.parametrize("what", BEA_ASKS)
def test_the_kernel_does_not_tell_of_the_machine(
    best: ForkServer, unfiltered: ForkServer, what: str
) -> None:
    """The filter refuses each question, and without it each is answered."""
    path = np.__file__
    with pytest.raises(StudentError, match="PermissionError"):
        ask(best, BEA_ASKS[what], path)
    assert 1.0 == ask(unfiltered, BEA_ASKS[what], path)


PLACES = ("/proc/meminfo", "/proc/loadavg", "/proc/stat", "/proc/uptime", "/proc/self/stat")


@pytest.mark.parametrize("missing", [("mounts", "quiet"), ("landlock",)], ids=["landlock", "quiet"])
def test_proc_is_not_there(missing: tuple[str, ...]) -> None:
    """Landlock alone hides it, and so does the view of the files alone."""
    with ForkServer(Sandbox.best().without(*missing)) as server:
        for place in PLACES:
            with pytest.raises(StudentError, match=r"PermissionError|FileNotFoundError"):
                ask(server, PROC, place)


def test_without_both_it_is() -> None:
    """Free memory and load would be a message."""
    with ForkServer(Sandbox.best().without("landlock", "quiet")) as server:
        assert 1.0 == ask(server, PROC, "/proc/meminfo")


def test_a_uid_does_not_count_the_workers_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Abel can end his worker as often as he likes: the next uid is drawn by chance."""
    if "uid" not in Sandbox.best().layers:
        pytest.skip("elsewhere: uids are for root to give")
    source = "import os\ndef f(path): return float(os.getuid())\n"

    def steps(server: ForkServer) -> set[float]:
        uids = [ask(server, source, "") for _ in range(12)]
        return {after - before for before, after in itertools.pairwise(uids)}

    with ForkServer(Sandbox.best()) as server:
        assert len(steps(server)) > 3
        counter: Callable[[], int] = iter(server._uids).__next__
        monkeypatch.setattr(server, "_free_uid", counter)
        assert {1.0} == steps(server)


def test_workers_beside_each_other_have_different_uids(best: ForkServer) -> None:
    """As many as there are uids."""
    if "uid" not in best.sandbox.layers:
        pytest.skip("elsewhere: uids are for root to give")
    workers = [best.fork(Limits()) for _ in range(6)]
    assert 6 == len(best._taken)
    for worker in workers:
        worker.end()
    assert set() == best._taken
