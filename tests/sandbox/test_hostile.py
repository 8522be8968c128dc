"""Hostile submissions, graded in a class of right ones through the command line.

Each sample in tests/samples/hostile tries one thing, named by the first line of its docstring; it is
told everything an attacker could wish to know (`Target`), and ends in `_tail.py`, whose answers are
wrong. None may gain a point over those wrong answers, read, write, connect, linger, show a student
what the inputs were, or touch the grades of the others. The whole class runs as the user who runs
the tests; what matters most runs again as an unprivileged user, with namespaces refused as in
Docker, and both.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import hashlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import confine
import pytest
from confine import STRANGER
from once import once
from places import ROOT

HOSTILE = ROOT / "tests" / "samples" / "hostile"
EXERCISE = "two_layer_network"
SEED = 7
GROUPS = ("answers", "judge", "early", "forging", "resources", "neighbours", "network", "input",
          "text", "leak")  # fmt: skip
CORE = ("answers", "neighbours", "network")
ALSO_CORE = {
    "fork_bomb", "thread_bomb", "memory_bomb", "descriptor_bomb", "write_frames", "patch_the_worker",
    "die_between_calls", "leak_by_reloading", "pickle_bombs", "patch_the_wire",
}  # fmt: skip
RIGHT = ("plain_loops", "einsum", "network_class", "left_in")
COURSE = f"""\
title: A course for attacks
timezone: UTC
assignments:
  - name: {EXERCISE}
    title: Two-layer network
    limits: {{call_cpu: 0.25, call_wall: 2, idle_wall: 0.3, import_cpu: 0.5, total: 1.2, memory_mb: 256}}
"""
RIGHT_ONCE = (HOSTILE / "_right_once.py").read_bytes()
TAIL = (HOSTILE / "_tail.py").read_text(encoding="utf-8")


def notebook(*sources: str) -> bytes:
    cells = [{"cell_type": "code", "metadata": {}, "source": s, "outputs": []} for s in sources]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


GENERATED = {
    # Files that cannot stand in a repository as text: name -> (what it tries, bytes).
    "null_bytes.py": ("input: null bytes", b"x = 1\0\nimport os\n"),
    "utf_16.py": ("input: UTF-16 with a BOM", '"""x"""\nrelu = abs\n'.encode("utf-16")),
    "not_utf_8.py": ("input: bytes that are no UTF-8", b'"""\xff\xfe\xc0\x80\xed\xa0\x80"""\n'),
    "two_boms.py": ("input: a BOM that contradicts the cookie", b"\xef\xbb\xbf# coding: latin-1\n"),
    "nothing.py": ("input: an empty file", b""),
    "huge.py": ("input: 32 MiB", b"# " + b"x" * (32 << 20)),
    "no_notebook.ipynb": ("input: a pickle for a notebook", b"\x80\x04cos\nsystem\n(S'id'\ntR."),
    "deep.ipynb": ("input: JSON nested deep", b'{"cells": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
    "wide.ipynb": ("input: a million cells", b'{"nbformat":4,"cells":[' + b"{}," * 10**6 + b"{}]}"),
    "numbers.ipynb": ("input: numbers past every range", b'{"nbformat": 1e999, "cells": -1e400}'),
    "kinds.ipynb": ("input: cells of wrong types",
                    b'{"nbformat": 4, "metadata": [], "cells": [{"cell_type": [], "source": {}}, 7]}'),
    "many_cells.ipynb": ("input: thousands of cells that raise", notebook(*["1/0"] * 4000)),
    "escapes.ipynb": ("input: escapes in a cell that fails", notebook("x = '\x1b[2J\u202e' + 1")),
}  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """One hostile file: what it tries, and what stands before and after it in the submission."""

    name: str
    tries: str
    data: bytes
    is_attack: bool = True

    @property
    def file(self) -> str:
        return f"{EXERCISE}{Path(self.name).suffix}"

    @property
    def group(self) -> str:
        return self.tries.partition(":")[0]

    def submission(self, target: Target) -> bytes:
        """The bytes to hand in: an attack is told its target and ends in the tail."""
        if not self.is_attack:
            return self.data
        told = f"TARGET = {dataclasses.asdict(target)!r}\n"
        return self.data + told.encode() + TAIL.encode()


def _samples() -> dict[str, Sample]:
    found = {}
    for path in sorted(HOSTILE.iterdir()):
        if path.name.startswith("_") or path.suffix not in (".py", ".ipynb"):
            continue
        data = path.read_bytes()
        tries = re.search(rb"(\w+): [^\"\n\\]*", data)
        assert tries, f"{path.name} does not say what it tries"
        is_attack = not path.name.startswith("input_")
        found[path.stem] = Sample(path.name, tries[0].decode().strip(), data, is_attack)
    for name, (tries, data) in GENERATED.items():
        found[f"input_{Path(name).stem}"] = Sample(name, tries, data, False)
    return found


SAMPLES = _samples()


# --- what they are after, and whether they got it ------------------------------------------------


@dataclass(frozen=True)
class Target:
    """What every sample is told: where things are that it must not reach."""

    files: list[str]
    folders: list[str]
    notes: list[str]
    pids: list[int]
    tcp: int
    udp: int
    unix: str
    abstract: str
    marker: str
    digests: list[str]
    """SHA-256 of the secret and of lines of the hidden tests."""
    needle_reversed: str
    unseen: bool
    """Whether it must not even learn that a file exists."""
    answers: bool = True
    """Whether it ends in wrong arrays, whose diagnosis takes most of the time, or in None."""


@dataclass
class World:
    """Everything around a run that an attack could touch."""

    mode: Mode
    folder: Path
    course: Path
    victim: subprocess.Popen[bytes]
    listeners: list[socket.socket]
    target: Target

    def spoils(self) -> list[str]:
        """What has been touched, if anything."""
        places = (*self.target.notes, "/tmp", "/dev/shm", "/var/tmp")  # noqa: S108
        found = [str(path) for place in places for path in _marked(place, self.target)]
        found += [f"connected: {each}" for each in self.listeners if _heard(each)]
        found += ["System V memory"] * any("5ec" in line.lower().split()[0] for line in _sysv())
        return found


def _marked(place: str, target: Target) -> list[Path]:
    words = (target.marker, "-note", "hostile-magic")
    return [path for path in Path(place).iterdir() if any(word in path.name for word in words)]


def _sysv() -> list[str]:
    lines = []
    for name in ("shm", "msg", "sem"):
        with contextlib.suppress(OSError):
            lines += Path(f"/proc/sysvipc/{name}").read_text(encoding="ascii").splitlines()[1:]
    return [f"{int(line.split()[0]):x}" for line in lines]


def _heard(listener: socket.socket) -> bool:
    try:
        if listener.type == socket.SOCK_STREAM:
            listener.accept()
        else:
            listener.recv(1)
    except BlockingIOError:
        return False
    return True


def _listeners(folder: Path, abstract: str) -> list[socket.socket]:
    made = [
        socket.socket(socket.AF_INET, socket.SOCK_STREAM), socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
    ]  # fmt: skip
    for each, address in zip(
        made,
        [("127.0.0.1", 0), ("127.0.0.1", 0), str(folder / "socket"), f"\0{abstract}"],
        strict=True,
    ):
        each.bind(address)
        if each.type == socket.SOCK_STREAM:
            each.listen()
        each.setblocking(False)
    (folder / "socket").chmod(0o777)
    return made


# --- where they run ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mode:
    """A pair of rights under which the grader runs."""

    name: str
    unprivileged: bool = False
    namespaces: bool = True

    @property
    def uid(self) -> int:
        return STRANGER if self.unprivileged and os.geteuid() == 0 else os.geteuid()

    def why_not(self) -> str:
        """Why this mode not available here, or ''."""
        if sys.platform != "linux":
            return "the sandbox is Linux's"
        if not self.unprivileged and os.geteuid() != 0:
            return "needs root"
        if self.uid != os.geteuid() and confine.python_for(self.uid) is None:
            return "no Python here that an unprivileged user can run with the packages"
        return ""

    def command(self, *words: str) -> tuple[list[str], dict[str, str]]:
        """The command and environment that run Python with ``words`` in this mode."""
        own = sys.executable, _environment()
        python, environment = (
            own if self.uid == os.geteuid() else confine.python_for(self.uid) or own
        )
        return [*confine.confined(self.uid, self.namespaces), python, *words], environment


OWN = Mode("the user who runs the tests", unprivileged=os.geteuid() != 0)
MODES = (
    Mode("unprivileged", unprivileged=True),
    Mode("root in Docker", namespaces=False),
    Mode("unprivileged in Docker", unprivileged=True, namespaces=False),
)


@contextlib.contextmanager
def world(mode: Mode) -> Iterator[World]:
    """A course of its own for ``mode``, with a secret, a victim and listeners."""
    folder = Path(tempfile.mkdtemp(prefix="hostile-"))
    folder.chmod(0o755)
    course = _course(folder / "course")
    (folder / "notes").mkdir()
    (folder / "notes").chmod(0o777)
    _give(folder, mode.uid)
    marker = "hostile" + secrets.token_hex(8)
    victim = subprocess.Popen([*confine.confined(mode.uid, True), "/bin/sleep", "600"])
    listeners = _listeners(folder, marker)
    hidden = course / "tests" / "hidden" / EXERCISE
    target = Target(
        files=[str(hidden / "cases.py"), str(hidden / "test_network.py"), str(course / ".grader-secret"),
               str(course / "reference" / EXERCISE / "solution.py"), str(folder / "out" / "results.db")],
        folders=[str(hidden), str(hidden.parent), str(course / "reference"), str(course), str(ROOT)],
        notes=[str(folder / "notes"), str(course)],
        pids=[victim.pid, os.getpid()],
        tcp=listeners[0].getsockname()[1], udp=listeners[1].getsockname()[1],
        unix=str(folder / "socket"), abstract=marker, marker=marker,
        digests=_digests(course), needle_reversed=":)y ,X ,smarap ,ecnerefer(gnillet fed",
        unseen=mode.namespaces and shutil.which("bwrap") is not None,
    )  # fmt: skip
    try:
        yield World(mode, folder, course, victim, listeners, target)
    finally:
        for each in listeners:
            each.close()
        victim.kill()
        victim.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _course(course: Path) -> Path:
    for part in (f"reference/{EXERCISE}", f"tests/hidden/{EXERCISE}", f"exercises/{EXERCISE}"):
        shutil.copytree(ROOT / part, course / part, ignore=shutil.ignore_patterns("__pycache__"))
    (course / "assignments.yaml").write_text(COURSE, encoding="utf-8")
    (course / ".grader-secret").write_text(secrets.token_hex(32), encoding="utf-8")
    (course / ".grader-secret").chmod(0o600)
    return course


def _give(folder: Path, uid: int) -> None:
    if uid != os.geteuid():
        for path in (folder, *folder.rglob("*")):
            os.chown(path, uid, uid)


def _digests(course: Path) -> list[str]:
    lines = [(course / ".grader-secret").read_bytes()]
    cases = course / "tests" / "hidden" / EXERCISE / "cases.py"
    lines += [line for line in cases.read_bytes().splitlines() if len(line) > 40]
    return [hashlib.sha256(line.strip()).hexdigest() for line in lines]


@dataclass(frozen=True)
class Run:
    """What came of grading a class."""

    entries: dict[str, dict[str, Any]]
    sandbox: list[str]
    status: int
    spoils: list[str]
    lingering: list[str]
    victim: tuple[str, str]
    inputs: frozenset[str]
    seconds: float

    def score(self, student: str) -> float:
        return float(self.entries[student]["score"])


def grade(place: World, students: dict[str, tuple[str, bytes]], out: str = "out") -> Run:
    """Hand the class in, grade it by the command, and look around."""
    inbox = place.folder / f"class-{out}"
    for student, (file, data) in students.items():
        (inbox / student).mkdir(parents=True)
        (inbox / student / file).write_bytes(data)
    _give(inbox, place.mode.uid)
    before, kept = _state(place.victim.pid), _children()
    command, environment = place.mode.command(
        "-m", "grader", "grade", str(inbox), "--assignment", EXERCISE, "--seed", str(SEED),
        "--out", str(place.folder / out), "--jobs", "2",
    )  # fmt: skip
    began = time.monotonic()
    with _subreaper():
        done = subprocess.run(
            command,
            env=environment,
            cwd=place.course,
            capture_output=True,
            timeout=280,
            check=False,
        )
        seconds = time.monotonic() - began
        lingering = _left(kept)
    assert done.returncode in (0, 3), done.stderr.decode()[-2000:]
    document = json.loads((place.folder / out / "grades.json").read_bytes())
    entries = {entry["student"]: entry for entry in document["submissions"]}
    return Run(
        entries, document["sandbox"], done.returncode, place.spoils(), lingering,
        (before, _state(place.victim.pid)), hidden_inputs(place), seconds,
    )  # fmt: skip


@contextlib.contextmanager
def _subreaper() -> Iterator[None]:
    """Whoever loses its parent in here becomes our child, and is seen."""
    libc = ctypes.CDLL(None)
    libc.prctl(36, 1, 0, 0, 0)
    yield
    libc.prctl(36, 0, 0, 0, 0)


def _children() -> set[int]:
    mine = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = (
                path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[:2]
            )
            if int(parent) == os.getpid() and state != "Z":
                mine.add(int(path.parent.name))
    return mine


def _left(kept: set[int]) -> list[str]:
    deadline = time.monotonic() + 3
    while (left := _children() - kept) and time.monotonic() < deadline:
        time.sleep(0.02)
    names = []
    for pid in left:
        with contextlib.suppress(OSError):
            names.append(Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace"))
    return names


def _state(pid: int) -> str:
    """All of a process that others could change: limits, affinity, priority, whether it stands."""
    limits = Path(f"/proc/{pid}/limits").read_text(encoding="ascii")
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    pending = re.findall(r"(?:SigPnd|ShdPnd|TracerPid):.*", status)
    state = "up" if stat[0] in "RSD" else stat[0]
    return repr((limits, sorted(os.sched_getaffinity(pid)), state, stat[15:17], pending))


def _environment() -> dict[str, str]:
    paths = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    return {**os.environ, "PYTHONPATH": paths}


_INPUTS = """
import json, sys
import numpy as np
from pathlib import Path
course = Path(sys.argv[1])
sys.path.insert(0, str(course / "tests" / "hidden"))
from two_layer_network import cases
from grader.course import catalog
from grader.checks.case import arrays_in
from grader.grading.session import Bench
from grader.sandbox.fork_server import Sandbox
from grader.course.secret import course_secret
loaded = catalog.load(course)
assignment, seed = loaded.assignment("two_layer_network"), int(sys.argv[2])
bench = Bench(loaded, assignment, Sandbox(frozenset()), seed, course_secret(course))
digits = set()
for name, draw in vars(cases).items():
    if name.endswith("_cases") and name != "timed_cases":
        for case in bench.draw(draw):
            for array in arrays_in(case.args):
                for value in np.asarray(array, float).ravel():
                    text = f"{abs(value):.9e}".partition("e")[0].replace(".", "").rstrip("0")
                    if len(text) > 6 and len(set(text[:5])) > 2:  # 0.99999 and 1.00001 say nothing
                        digits.add(text[:5])
print(json.dumps(sorted(digits)))
"""


def hidden_inputs(place: World) -> frozenset[str]:
    """The first five digits of every number that the hidden tests drew in this run."""
    command = [sys.executable, "-c", _INPUTS, str(place.course), str(SEED)]
    said = subprocess.run(command, env=_environment(), capture_output=True, check=True, timeout=60)
    return frozenset(json.loads(said.stdout))


def visible(value: Any) -> Iterator[str]:
    """Every text in a part of grades.json that its student may see."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in ("instructor", "cluster"):  # a cluster is a hash: its digits are chance
                yield from visible(item)
    elif isinstance(value, list):
        for item in value:
            yield from visible(item)


def steering(text: str) -> str:
    """The characters of ``text`` that steer a terminal or the direction of text."""
    odd = ("Cc", "Cf", "Cs", "Zl", "Zp")
    return "".join(c for c in text if c not in "\n\t" and unicodedata.category(c) in odd)


# --- the class, and each sample in it ------------------------------------------------------------


def _class(target: Target, samples: dict[str, Sample]) -> dict[str, tuple[str, bytes]]:
    """Right submissions among hostile ones, and the wrong answers that those end in, alone."""
    variants = ROOT / "reference" / EXERCISE / "variants"
    right = {f"{initial}-right-{name}": (f"{EXERCISE}.py", (variants / f"{name}.py").read_bytes())
             for initial, name in zip("agmz", RIGHT, strict=True)}  # fmt: skip
    hostile = {name: (each.file, each.submission(target)) for name, each in samples.items()}
    harmless = Sample("harmless.py", "none: nothing", b"def attack(): return None\n")
    once = (ROOT / "reference" / EXERCISE / "solution.py").read_bytes() + RIGHT_ONCE
    return {
        **right,
        **hostile,
        "harmless": (harmless.file, harmless.submission(target)),
        "once": (f"{EXERCISE}.py", once),
    }


def _graded(mode: Mode, samples: dict[str, Sample]) -> Run:
    why = mode.why_not()
    if why:
        pytest.skip(why)
    with world(mode) as place:
        target = dataclasses.replace(place.target, answers=mode is OWN)
        return grade(place, _class(target, samples))


def is_core(sample: Sample, name: str) -> bool:
    return sample.group in CORE or name in ALSO_CORE


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The whole class, as the user who runs the tests."""
    return once(tmp_path_factory, "hostile", lambda: _graded(OWN, SAMPLES))


@pytest.fixture(scope="module", params=MODES, ids=lambda mode: mode.name)
def core(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """What matters most, in each of the other modes."""
    mode: Mode = request.param
    samples = {n: s for n, s in SAMPLES.items() if is_core(s, n)}
    return once(tmp_path_factory, f"hostile {mode.name}", lambda: _graded(mode, samples))


def gained(run: Run, name: str) -> str:
    """What the sample called ``name`` got that it should not have, or ''."""
    entry = run.entries[name]
    if entry["status"] != "graded":
        return f"we could not tell: {[c for c in entry['checks'] if c['status'] == 'error'][:1]}"
    if entry["score"] > run.score("harmless"):
        return f"{entry['score']} points, {run.score('harmless')} without the attack"
    staff = json.dumps([entry.get("instructor"), *[c.get("instructor") for c in entry["checks"]]])
    if "GOT" in staff:
        return staff[staff.index("GOT") :][:300]
    return ""


ENDS = {str(2**bits - less) for bits in (63, 64) for less in (0, 1)}
"""The ends of the integer types: a sample's own answers, which say nothing of an input."""


def leaked(run: Run, name: str) -> str:
    """What a student would read that should not be there, or ''."""
    entry = run.entries[name]
    for text in visible(entry):
        if steering(text):
            return f"steering characters in {text!r}"
        found = [each for each in re.findall(r"\d{5,}", text.replace(".", "")) if each not in ENDS]
        told = next((digits for digits in found if any(
            digits[i : i + 5] in run.inputs for i in range(len(digits) - 4))), "")  # fmt: skip
        if told:
            return f"digits of an input, {told}, in {text!r}"
    for text in visible(entry["checks"]):
        # What is said of a file that does not load is the file's own text: nothing hidden is known.
        if not text.startswith("your file is not valid Python") and re.search(
            r"LEAK|<\w|=cmd|owned|\[\d*[mJ]", text
        ):
            return f"words of the submission in {text!r}"
    return "a long message" if len(entry.get("message", "")) > 30_000 else ""


def test_there_are_enough_of_every_group() -> None:
    """At least 80 samples, distinct in what they try, over all the groups."""
    assert {sample.group for sample in SAMPLES.values()} == set(GROUPS)
    assert len({sample.tries for sample in SAMPLES.values()}) == len(SAMPLES) >= 80


@pytest.mark.parametrize("name", SAMPLES)
def test_it_gains_nothing(whole: Run, name: str) -> None:
    """No point more than its wrong answers give, and nothing of what it tried to get."""
    assert gained(whole, name) == ""


@pytest.mark.parametrize("name", SAMPLES)
def test_it_shows_nothing(whole: Run, name: str) -> None:
    """A student reads neither hidden inputs nor anything that steers a terminal or a page."""
    assert leaked(whole, name) == ""


def test_nothing_is_left(whole: Run) -> None:
    """No file, connection or shared memory, no process, and a bystander is as it was."""
    assert (whole.spoils, whole.lingering) == ([], [])
    assert whole.victim[0] == whole.victim[1]


def test_the_others_are_graded_as_without_them(whole: Run) -> None:
    """Right submissions among them have all their points."""
    right = {name: whole.score(name) for name in whole.entries if "-right-" in name}
    assert right == dict.fromkeys(right, 100.0)
    assert len(right) == len(RIGHT)


def test_a_slow_answer_that_is_right_once_is_not_fast(whole: Run) -> None:
    """The least of several times counts: each of them must be of a right answer."""
    [check] = [c for c in whole.entries["once"]["checks"] if "is_fast" in c["id"]]
    assert check["status"] == "failed"


def test_what_would_be_gained_is_seen(whole: Run) -> None:
    """The eyes of this file: points, evidence, inputs, escapes and words of a submission."""
    innocent = whole.entries["harmless"]
    digits = next(iter(whole.inputs))
    for spoilt, look in (
        ({"score": 100.0}, gained),
        ({"status": "error"}, gained),
        ({"instructor": {"output": "GOT import ['/etc/passwd']"}}, gained),
        ({"checks": [{"instructor": {"traceback": "GOT it"}}]}, gained),
        ({"message": f"worst entry off by 0.{digits}"}, leaked),
        ({"message": "\x1b[2J"}, leaked),
        ({"checks": [{"message": "LEAK"}]}, leaked),
        ({"checks": [{"message": "<script>alert(1)</script>"}]}, leaked),
    ):
        seen = dataclasses.replace(
            whole, entries={**whole.entries, "x": {**innocent, "checks": [], **spoilt}}
        )
        assert look(seen, "x")
    assert gained(whole, "harmless") == leaked(whole, "harmless") == ""


def test_every_layer_is_on(whole: Run) -> None:
    """The run above was held by all that this machine can have."""
    from grader.sandbox.fork_server import Sandbox

    assert set(whole.sandbox) >= set(Sandbox.best().ordered())


def test_nothing_is_gained_in_any_mode(core: Run) -> None:
    """With fewer rights and without namespaces, the attacks that matter most still fail."""
    names = [name for name in core.entries if name in SAMPLES]
    assert {name: got for name in names if (got := gained(core, name) or leaked(core, name))} == {}
    assert len(names) > 40


def test_nothing_is_left_in_any_mode(core: Run) -> None:
    """No file, connection, process or changed limit, and the others have their points."""
    assert (core.spoils, core.lingering) == ([], [])
    assert core.victim[0] == core.victim[1]
    assert {core.score(name) for name in core.entries if "-right-" in name} == {100.0}


def test_the_worst_pair_has_the_least_to_grade_with() -> None:
    """Unprivileged and without namespaces, Landlock and seccomp are what holds."""
    mode = MODES[-1]
    if why := mode.why_not():
        pytest.skip(why)
    command, environment = mode.command(
        "-c", "from grader.sandbox.guest import lockdown; print(*sorted(lockdown.available()))"
    )
    said = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=60)
    assert said.stdout.decode().split() == ["caps", "landlock", "quiet", "rlimits", "seccomp"]
