"""A real `grader serve` with a small course, and browser requests, for the tests of serve."""

import contextlib
import csv
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from places import ROOT

NAME = "computation_graph"
GRADER = (sys.executable, "-m", "grader")
RIGHT = (ROOT / "reference" / NAME / "solution.py").read_bytes()
WRONG = RIGHT.replace(b"d = 2 * b", b"d = 3 * b", 1)
PEOPLE = {
    "ada": "student", "bob": "student", "eve": "student", "tom": "assistant", "boss": "instructor",
}  # fmt: skip
PATIENCE = 300.0  # seconds; a slow, busy machine needs most of them
YAML = """title: Small
timezone: Europe/Berlin
assignments:
  - {{name: {name}, title: Graphs, points: 100{more}}}
"""


def make_course(folder, more="", name="course"):
    """Write a course of one exercise with few checks; ``more`` is appended to its entry."""
    folder = folder / name
    for part in ("reference", "tests/hidden", "exercises"):
        shutil.copytree(ROOT / part / NAME, folder / part / NAME)
    for test in (folder / "tests" / "hidden" / NAME).glob("test_*.py"):
        if test.name != "test_lecture.py":  # the others take ten times as long
            test.unlink()
    (folder / ".grader-secret").write_text("ab" * 32)
    set_dates(folder, more)
    return folder


def set_dates(course, more):
    (course / "assignments.yaml").write_text(YAML.format(name=NAME, more=more and f", {more}"))


def free_port():
    """Return a free port below the kernel's range for outgoing connections.

    So no connection takes it in the seconds before the service starts, or after a restart.
    """
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def until(condition, seconds=PATIENCE):
    """Wait until a condition returns something true, and return that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


@contextlib.contextmanager
def open_folder():
    """Create a folder that the web process's user can reach; pytest's own are closed to it."""
    folder = Path(tempfile.mkdtemp(prefix="grader-serve-test-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def children(pid):
    """Yield the pids of a process's children, whichever thread started them."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # the thread has ended meanwhile
            yield from map(int, task.read_text().split())


class Service:
    """A service in a folder, with its processes and the sessions of its users."""

    def __init__(self, folder, course, url="", people=None):
        self.course, self.data, self.port, self.url = course, folder / "data", free_port(), url
        self.origin = url or f"http://127.0.0.1:{self.port}"
        self.process, self.sessions, self.log = None, {}, folder / "serve.log"
        self.invite(folder, people or PEOPLE)

    def command(self, *more):
        words = ["serve", "--course", self.course, "--data", self.data, "--port", self.port, *more]
        words += ["--url", self.url] if self.url else []
        return [*GRADER, *map(str, words)]

    def invite(self, folder, people):
        rows = [f"{who},{who.title()},{who}@example.org,{role}" for who, role in people.items()]
        (folder / "people.csv").write_text("\n".join(["student,name,email,role", *rows]))
        out = folder / "links.csv"
        words = [*GRADER, "serve", "invite", folder / "people.csv", "--data", self.data,
                 "--course", self.course, "--url", self.origin, "--out", out]  # fmt: skip
        subprocess.run([str(w) for w in words], check=True, capture_output=True, text=True)
        self.links = {row["student"]: row["link"] for row in csv.DictReader(out.open())}

    def start(self, *more):
        log = self.log.open("a")
        self.process = subprocess.Popen(self.command(*more), stdout=log, stderr=log, cwd="/")
        log.close()
        until(self.is_up)
        return self

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(self.log.read_text())
        try:
            return "computation_graph" in self.health() or self.offering_is_known()
        except httpx.HTTPError:
            return False

    def offering_is_known(self):
        import sqlite3

        with contextlib.closing(sqlite3.connect(self.data / "service.db")) as connection:
            return connection.execute("SELECT COUNT(*) FROM offering").fetchone()[0] > 0

    def health(self):
        return httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=60).text

    def stop(self, number=signal.SIGTERM):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(PATIENCE)

    def as_(self, who):
        """Return the session of a person, signed in at first use; '' for a signed-out one."""
        if who not in self.sessions:
            made = httpx.Client(base_url=self.origin, timeout=PATIENCE)
            if who:
                path = self.links[who].removeprefix(self.origin)
                answer = made.post(path, headers={"Origin": self.origin})
                assert answer.status_code == 303, answer.text
            self.sessions[who] = made
        return self.sessions[who]

    def csrf(self, who):
        return re.search(r'name="csrf" value="(\w+)"', self.as_(who).get("/").text)[1]

    def post(self, who, path, files=None, **fields):
        form = {"csrf": self.csrf(who), **fields} if who else fields
        return self.as_(who).post(path, data=form, files=files, headers={"Origin": self.origin})

    def submit(self, who, source=RIGHT, file=f"{NAME}.py", **fields):
        return self.post(who, f"/a/{NAME}", files={"file": (file, source)}, **fields)

    def feedback(self, who, path):
        """Wait for the page of an attempt."""

        def page():
            answer = self.as_(who).get(path)
            return answer if answer.status_code not in (202, 503) else None

        return until(page)

    def child(self, module):
        """Return the pid of the web process or of the grading service."""
        command = f"grader.serve import {module}".encode()
        for pid in children(self.process.pid):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                if command in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return pid
        return None

    def family(self):
        """Return the pids of all processes below the supervisor, including workers."""
        found, new = [], [self.process.pid]
        while new:
            new = [child for pid in new for child in children(pid)]
            found += new
        return found

    def kill(self, module):
        pid = until(lambda: self.child(module))
        os.kill(pid, signal.SIGKILL)
        return pid
