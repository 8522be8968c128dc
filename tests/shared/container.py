"""Imitate an LMS's container without Docker: a clean root, confined like a container.

    with Container(tmp_path) as box:
        box.unpack(bundle, "/autograder/source")
        box.run(["/autograder/source/setup.sh"])

Inside: uid 0, Docker's capabilities, unshare and mount refused (see `confine`), without the
project, home folders or network, 768 MB. Only steps that a test cannot do offline are replaced:
``apt-get`` does nothing; pip unpacks and compiles the bundle's wheel next to this project's
packages, bound read-only; and sudo, which cannot raise rights here, starts as root and clears the
environment.

A watchdog limits the memory, because tests cannot rely on cgroups. Like the kernel, it kills the
largest process if all of them together (PSS) exceed the limit; a command that is not meant to reach
the limit has then failed. Short peaks between two checks are seen in the largest process's own
peak.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from places import ROOT

import grader

PYTHON = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
PACKAGES = sysconfig.get_paths()["purelib"]
STANDIN = """
import compileall, os, sys, zipfile, stat
PYTHON, PACKAGES, VERSION = {python!r}, {packages!r}, {version!r}

def script(path, text):
    with open(path, "w") as out:
        out.write(text)
    os.chmod(path, 0o755)

def venv(folder):
    site = f"{{folder}}/lib/python{{VERSION}}/site-packages"
    os.makedirs(site)
    os.makedirs(f"{{folder}}/bin", exist_ok=True)
    os.symlink(PYTHON, f"{{folder}}/bin/python3")
    script(f"{{folder}}/pyvenv.cfg", f"home = {{os.path.dirname(PYTHON)}}\\n"
           "include-system-site-packages = false\\n")
    script(f"{{site}}/packages.pth", PACKAGES + "\\n")
    script(f"{{folder}}/bin/pip", f"#!/bin/sh\\nexec {{PYTHON}} {{__file__}} pip {{folder}} \\"$@\\"\\n")

def pip(folder, arguments):
    [wheel] = [a for a in arguments if a.endswith(".whl")]
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(f"{{folder}}/lib/python{{VERSION}}/site-packages")
    compileall.compile_dir(f"{{folder}}/lib/python{{VERSION}}/site-packages/grader", quiet=1)
    script(f"{{folder}}/bin/grader", f"#!{{folder}}/bin/python3\\n"
           "import sys\\nfrom grader.cli import main\\nsys.exit(main())\\n")

match sys.argv[1:]:
    case ["-I", "-m", "venv", folder] | ["-m", "venv", folder]:
        venv(folder)
    case ["pip", folder, "install", *arguments]:
        pip(folder, arguments)
    case arguments:
        os.execv(PYTHON, [PYTHON, *arguments])
"""


INIT = """
import ctypes, os, resource, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: what is orphaned comes here
child = os.fork()
if not child:
    os.execvp(sys.argv[1], sys.argv[1:])
status = None
while True:
    try:
        pid, how = os.wait()
    except ChildProcessError:
        break
    status = how if pid == child else status
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open("/standin/cpu", "w") as out:
    out.write(f"{used.ru_utime + used.ru_stime} {used.ru_maxrss * 1024}")
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""Runs a command and waits for all its descendants, so that no CPU time is missed."""

SUDO = """
[ "$1" = -n ] && shift
for name in $(cat /standin/kept 2>/dev/null); do
    set -- "$name=$(printenv "$name")" "$@"
done
exec env -i PATH="$PATH" "$@"
"""
MEMORY = 768 << 20
"""Gradescope's standard container, in bytes."""


@dataclass
class Ran:
    """The result of a command, and its resource use."""

    status: int
    stdout: bytes
    stderr: bytes
    cpu: float
    pss: int
    """Largest observed memory of all its processes together, in bytes."""
    killed: int
    """Number of processes killed for lack of memory."""


class Container:
    """A separate root under ``folder``; needs root and bubblewrap."""

    def __init__(self, folder: Path) -> None:
        if os.geteuid() != 0 or not shutil.which("bwrap"):
            pytest.skip("needs root and bubblewrap")
        self.root = folder / "root"
        for name in ("opt", "tmp", "standin", "autograder", "grade", "job"):
            (self.root / name).mkdir(parents=True)
        (self.root / "tmp").chmod(0o1777)
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        standin = self.root / "standin"
        told = STANDIN.format(python=PYTHON, packages=PACKAGES, version=version)
        (standin / "standin.py").write_text(told)
        (standin / "init.py").write_text(INIT)
        (standin / "cpu").touch()
        (standin / "cpu").chmod(0o666)
        self._script(standin / "python3", f'exec {PYTHON} /standin/standin.py "$@"')
        self._script(standin / "apt-get", "exit 0")
        self._script(standin / "sudo", SUDO)

    def install(self, wheel: Path) -> None:
        """Do what an image's Dockerfile does: install the grader for the system's Python."""
        (self.root / "job" / wheel.name).write_bytes(wheel.read_bytes())
        script = f"""
            python3 -m venv /opt/image && /opt/image/bin/pip install /job/{wheel.name}
            chmod -R go+rX /opt/image && rm /job/{wheel.name}"""
        done = self.run(["/bin/sh", "-ec", script])
        assert (0, b"") == (done.status, done.stderr)

    def build(self, context: Path) -> dict[str, str]:
        """Execute the Dockerfile in ``context``; return the image's environment.

        ``FROM`` is replaced by the system's Python, into which pip installs.
        """
        environ: dict[str, str] = {}
        for instruction, words in instructions((context / "Dockerfile").read_text()):
            if instruction == "FROM":
                done = self.run(["python3", "-m", "venv", "/opt/image"])
                assert (0, b"") == (done.status, done.stderr)
                self.run(["chmod", "-R", "go+rX", "/opt/image"])
            elif instruction == "RUN":
                done = self.run(["/bin/sh", "-c", words], environ=environ)
                assert (0, b"") == (done.status, done.stderr), words
            elif instruction == "COPY":
                self._copy(context, [word for word in words.split() if not word.startswith("--")])
            elif instruction == "ENV":
                environ |= dict(word.split("=", 1) for word in shlex.split(words))
            else:
                assert (instruction, words) == ("USER", "root")
        return environ

    def _copy(self, context: Path, paths: list[str]) -> None:
        *sources, target = paths
        for source in sources:
            whole = (context / source).is_dir()
            to = self.path(target) / (Path(source).name if target.endswith("/") else "")
            to.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if whole else shutil.copy)(context / source, to)

    def unpack(self, bundle: Path, where: str) -> Path:
        """Unpack a zip as LMSs do, with its file modes; return the folder."""
        target = self.path(where)
        with zipfile.ZipFile(bundle) as archive:
            for member in archive.infolist():
                path = Path(archive.extract(member, target))
                path.chmod((member.external_attr >> 16) & 0o777)
        return target

    def path(self, inside: str) -> Path:
        """Return the outside path of a path inside."""
        return self.root / inside.lstrip("/")

    def put(self, inside: str, data: bytes) -> None:
        """Write a file that everyone may read."""
        path = self.path(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def run(
        self,
        command: list[str],
        cwd: str = "/",
        environ: dict[str, str] | None = None,
        uid: int = 0,
        memory: int = MEMORY,
        starved: bool = False,
        landlock: bool = True,
    ) -> Ran:
        """Run a command inside, to its end. ``starved``: whether it should run out of memory."""
        environ = {
            "PATH": "/standin:/opt/image/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            **(environ or {}),
        }
        confine = [PYTHON, "/confine/tests/shared/confine.py", "--no-namespaces"]
        if uid:
            confine += ["--uid", str(uid)]
        if not landlock:
            confine += ["--no-landlock"]
        init = [PYTHON, "-I", "-S", "/standin/init.py"]
        with subprocess.Popen(
            [*self._bubblewrap(cwd, environ), *confine, "--", *init, *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            watch = _Watch(process.pid, memory)
            try:
                stdout, stderr = process.communicate(timeout=120)
            finally:
                process.kill()
                watch.stop()
        cpu, largest = map(float, (self.root / "standin" / "cpu").read_text().split())
        if not starved:
            assert (0, True) == (watch.killed, largest <= memory), f"over {memory:,} bytes"
        return Ran(process.returncode, stdout, stderr, cpu, watch.most, watch.killed)

    def _bubblewrap(self, cwd: str, environ: dict[str, str]) -> list[str]:
        package = Path(grader.__file__).parent
        words = ["bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--die-with-parent",
                 "--cap-add", "ALL", "--clearenv", "--proc", "/proc", "--dev", "/dev"]  # fmt: skip
        for path in ("/usr", "/bin", "/sbin", "/lib", "/lib64"):
            if Path(path).is_symlink():
                words += ["--symlink", os.readlink(path), path]
            elif Path(path).is_dir():
                words += ["--ro-bind", path, path]
        words += ["--perms", "0755", "--dir", "/etc"]
        for path in ("/etc/ld.so.cache", "/etc/passwd", "/etc/group"):
            words += ["--ro-bind-try", path, path]
        for each in sorted(self.root.iterdir()):  # first, because a venv may be below /tmp
            words += ["--bind", str(each), f"/{each.name}"]
        seen = dict.fromkeys((sys.base_prefix, PACKAGES, sysconfig.get_paths()["platlib"]))
        for folder in sorted({parent for path in seen for parent in Path(path).parents}):
            words += ["--perms", "0755", "--dir", str(folder)]
        for path in seen:
            words += ["--ro-bind", path, path]
        for folder in ("/confine", "/confine/tests", "/confine/tests/shared"):
            words += ["--perms", "0755", "--dir", folder]
        words += ["--ro-bind", str(package), "/confine/grader"]
        words += ["--ro-bind", str(ROOT / "tests/shared/confine.py"),
                  "/confine/tests/shared/confine.py"]  # fmt: skip
        for name, value in environ.items():
            words += ["--setenv", name, value]
        return [*words, "--chdir", cwd, "--"]

    def _script(self, path: Path, text: str) -> None:
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)


def gradescope_image(zipped: Path, folder: Path) -> Container:
    """Build the image as Gradescope does: unpack, copy run_autograder, run setup.sh."""
    box = Container(folder)
    source = box.unpack(zipped, "/autograder/source")
    (box.path("/autograder/results")).mkdir()
    box.put("/autograder/run_autograder", (source / "run_autograder").read_bytes())
    box.path("/autograder/run_autograder").chmod(0o755)
    done = box.run(["/autograder/source/setup.sh"], cwd="/autograder")
    assert (0, b"") == (done.status, done.stderr)
    return box


def instructions(dockerfile: str) -> Iterator[tuple[str, str]]:
    """Yield the instructions of a Dockerfile, each with the rest of its lines."""
    text = re.sub(r"^\s*#.*\n", "", dockerfile, flags=re.MULTILINE).replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip():
            instruction, _, words = line.strip().partition(" ")
            yield instruction, words.strip()


class _Watch:
    """Checks the memory of a process and its descendants every 30 ms, and enforces the limit."""

    def __init__(self, pid: int, cap: int) -> None:
        self.most = self.killed = 0
        self._pid, self._cap, self._stopped = pid, cap, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stopped.is_set():
            sizes = {pid: _pss(pid) for pid in _family(self._pid)}
            self.most = max(self.most, sum(sizes.values()))
            if sum(sizes.values()) > self._cap:
                self.killed += 1
                with contextlib.suppress(ProcessLookupError):
                    os.kill(max(sizes, key=lambda pid: sizes[pid]), signal.SIGKILL)
            time.sleep(0.03)


def _family(pid: int) -> set[int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found, grown = {pid}, True
    while grown:
        more = {child for child, parent in parents.items() if parent in found} - found
        found |= more
        grown = bool(more)
    return found


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
