"""A container as an LMS has it, without Docker: a clean root by bubblewrap, confined as Docker does.

    with Container(tmp_path) as box:
        box.unpack(bundle, "/autograder/source")
        box.run(["/autograder/source/setup.sh"])

Inside: uid 0, Docker's capabilities, unshare and mount refused (see `confine`), no project, no home,
no network. What a test cannot do offline is stood in for, and nothing else: ``apt-get`` does
nothing, and pip unpacks the bundle's own wheel beside this project's packages, bound read-only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

import grader

PROJECT = Path(__file__).resolve().parents[2]
PYTHON = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
PACKAGES = sysconfig.get_paths()["purelib"]
STANDIN = """
import os, sys, zipfile, stat
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
    script(f"{{folder}}/bin/grader", f"#!{{folder}}/bin/python3\\n"
           "import sys\\nfrom grader.cli import main\\nsys.exit(main())\\n")

match sys.argv[1:]:
    case ["-m", "venv", folder]:
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
    out.write(str(used.ru_utime + used.ru_stime))
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""Runs a command and waits for all that it starts, so that no CPU time is left out."""


@dataclass
class Ran:
    """What became of a command, and what it took."""

    status: int
    stdout: bytes
    stderr: bytes
    cpu: float
    pss: int
    """Bytes, the most of all its processes together that was seen."""


class Container:
    """A root of its own under ``folder``; needs root and bubblewrap."""

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

    def install(self, wheel: Path) -> None:
        """What an image's Dockerfile does: the grader for the system's own Python."""
        (self.root / "job" / wheel.name).write_bytes(wheel.read_bytes())
        script = f"""
            python3 -m venv /opt/image && /opt/image/bin/pip install /job/{wheel.name}
            chmod -R go+rX /opt/image && rm /job/{wheel.name}"""
        done = self.run(["/bin/sh", "-ec", script])
        assert (0, b"") == (done.status, done.stderr)

    def unpack(self, bundle: Path, where: str) -> Path:
        """Unpack a zip as LMSs do, with the modes it holds; return the folder."""
        target = self.path(where)
        with zipfile.ZipFile(bundle) as archive:
            for member in archive.infolist():
                path = Path(archive.extract(member, target))
                path.chmod((member.external_attr >> 16) & 0o777)
        return target

    def path(self, inside: str) -> Path:
        """Where a path inside stands outside."""
        return self.root / inside.lstrip("/")

    def put(self, inside: str, data: bytes) -> None:
        """Write a file, readable by all."""
        path = self.path(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def run(
        self,
        command: list[str],
        cwd: str = "/",
        environ: dict[str, str] | None = None,
        uid: int = 0,
        watched: bool = False,
    ) -> Ran:
        """Run a command inside, to its end. ``watched``: look at its memory meanwhile."""
        environ = {
            "PATH": "/standin:/opt/image/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            **(environ or {}),
        }
        confine = [PYTHON, "/confine/tests/grader/confine.py", "--no-namespaces"]
        if uid:
            confine += ["--uid", str(uid)]
        init = [PYTHON, "-I", "-S", "/standin/init.py"]
        with subprocess.Popen(
            [*self._bubblewrap(cwd, environ), *confine, "--", *init, *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            watch = _Watch(process.pid if watched else 0)
            try:
                stdout, stderr = process.communicate(timeout=120)
            finally:
                process.kill()
                watch.stop()
        cpu = float((self.root / "standin" / "cpu").read_text() or "nan")
        return Ran(process.returncode, stdout, stderr, cpu, watch.most)

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
        for each in sorted(self.root.iterdir()):  # before the rest: a venv may lie below /tmp
            words += ["--bind", str(each), f"/{each.name}"]
        seen = dict.fromkeys((sys.base_prefix, PACKAGES, sysconfig.get_paths()["platlib"]))
        for folder in sorted({parent for path in seen for parent in Path(path).parents}):
            words += ["--perms", "0755", "--dir", str(folder)]
        for path in seen:
            words += ["--ro-bind", path, path]
        for folder in ("/confine", "/confine/tests", "/confine/tests/grader"):
            words += ["--perms", "0755", "--dir", folder]
        words += ["--ro-bind", str(package), "/confine/grader"]
        words += ["--ro-bind", str(PROJECT / "tests/grader/confine.py"),
                  "/confine/tests/grader/confine.py"]  # fmt: skip
        for name, value in environ.items():
            words += ["--setenv", name, value]
        return [*words, "--chdir", cwd, "--"]

    def _script(self, path: Path, text: str) -> None:
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)


class _Watch:
    """Looks at the memory of a process and all below it, every 30 ms."""

    def __init__(self, pid: int) -> None:
        self.most = 0
        self._pid, self._stopped = pid, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        if pid:
            self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._pid:
            self._thread.join()

    def _look(self) -> None:
        while not self._stopped.is_set():
            self.most = max(self.most, sum(_pss(pid) for pid in _family(self._pid)))
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
