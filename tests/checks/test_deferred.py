"""Requests that a test does not wait for: fewer messages, the same answers, and nothing let through."""

import contextlib
import importlib
import types

import numpy as np
import pytest

from grader.checks.boundary import deferred
from grader.checks.boundary.deferred import StartOver
from grader.checks.boundary.handles import handle_of
from grader.checks.boundary.kinds import Trail
from grader.checks.boundary.peer import Peer
from grader.checks.boundary.raised import KindError, StoppedError, StudentRaisedError
from grader.checks.boundary.remote_module import module_of
from grader.grading.peers import Peers
from grader.model import Limits
from grader.sandbox.fork_server import ForkServer, Sandbox
from grader.sandbox.student import Program, Student

SOURCE = """
import time
made = []
class Value:
    def __init__(self, data, wait=0):
        time.sleep(wait)
        made.append(self)
        self.data = data
    def __add__(self, other): return Value(self.data + other.data)
    def me(self): return self
def first(xs): return Value(xs[0])
def count(): return len(made)
"""
WRONG = {
    "raises": "def __add__(self, other): raise KeyError('no')",
    "number": "def __add__(self, other): return self.data + other.data",
    "function": "def __add__(self, other): return len",
    "exits": "def __add__(self, other): raise SystemExit",
    "list": "def __add__(self, other): return [self]",
}


class Counting(Student):
    """A student that counts the messages."""

    messages: int = 0

    def exchange(self, request, cpu, replies=0):
        self.messages += 1
        return super().exchange(request, cpu, replies)


@pytest.fixture(scope="module")
def server():
    with ForkServer(Sandbox.best()) as made:
        yield made


class Runs:
    """Runs a test on the reference, then on a program, as `grader.grading.direct` does."""

    def __init__(self, server, source):
        self.students = [
            Counting(server, Program("sub", (("sub.py", text),)), Limits())
            for text in (SOURCE, source)
        ]
        self.tests = 0

    def __call__(self, test, waits=False):
        trail = Trail(recording=True)
        test(self._module(0, trail, None)[0])

        def call():
            return test(module)

        module, self.peer = self._module(1, trail.again(), None if waits else call.__code__)
        self.student = self.students[1]
        self.student.messages = 0
        return call()

    def _module(self, which, trail, runner):
        self.tests += 1
        peer = Peer(
            self.students[which], test=self.tests, roots=(__file__,), made=handle_of, trail=trail,
            runner=runner,
        )  # fmt: skip
        return module_of(peer), peer

    def end(self):
        for student in self.students:
            student.end()


@pytest.fixture
def runs(server, request):
    made = Runs(server, getattr(request, "param", SOURCE))
    yield made
    made.end()


def sums(module):
    """Add ten objects, and read one number."""
    total = module.Value(0.0)
    for number in range(10):
        total = total + module.Value(float(number))
    return total.data


def test_objects_that_are_only_passed_on_take_one_message(runs):
    assert (45.0, 2) == (runs(sums), runs.student.messages)
    assert (45.0, 22) == (runs(sums, waits=True), runs.student.messages)
    assert not runs.peer.starts_over()


def test_every_request_is_done_once_however_long_it_takes(runs):
    def slowly(module):
        before = module.count()
        for _ in range(4):
            module.Value(1.0, 0.06)
        return module.count() - before

    assert runs(slowly) == 4


def test_the_same_object_is_the_same_under_both_names(runs):
    def compared(module):
        one = module.Value(1.0)
        other = one + module.Value(1.0)
        return one == one.me(), other == one.me(), repr(one)

    assert runs(compared) == (True, False, "<handle 1>")


@pytest.mark.parametrize("runs", [SOURCE.replace(
    "def __add__(self, other): return Value(self.data + other.data)", wrong)
    for wrong in WRONG.values()], ids=list(WRONG), indirect=True)  # fmt: skip
def test_what_is_unlike_the_reference_starts_over(runs):
    with pytest.raises(StartOver):
        runs(sums)
    assert runs.peer.starts_over()


@pytest.mark.parametrize("runs", [SOURCE.replace(
    "def __add__(self, other): return Value(self.data + other.data)", WRONG["function"])],
    indirect=True)  # fmt: skip
def test_a_test_that_swallows_everything_starts_over_too(runs):
    def unread(module):
        module.Value(1.0) + module.Value(2.0)

    runs(unread)
    assert runs.peer.starts_over()
    with pytest.raises(KindError):
        runs(unread, waits=True)


@pytest.mark.parametrize("runs", [SOURCE.replace(
    "def __add__(self, other): return Value(self.data + other.data)", WRONG["raises"])],
    indirect=True)  # fmt: skip
def test_a_test_that_can_catch_an_exception_waits(runs):
    def catches(module):
        try:
            one = module.Value(1.0) + module.Value(1.0)
        except StudentRaisedError:
            return "caught"
        return one.data

    assert (runs(catches), runs.peer.starts_over()) == ("caught", False)


def timed(clock, student):
    """Return the time of a request; the clock is not called by a name that tells."""
    before = clock()
    student.Value(1.0, 0.02)
    return clock() - before


def test_a_test_whose_file_knows_a_clock_waits(runs):
    """By whatever name: else a slow program would seem to take no time."""
    clock = importlib.import_module("time").monotonic
    called = types.FunctionType(timed.__code__, {"timer": clock})
    assert runs(lambda student: called(clock, student)) > 0.02
    assert not deferred.knows_a_clock({"np": np, "runs": Runs, "timed": timed}, (__file__,))


def test_what_the_test_can_still_change_is_sent_at_once(runs):
    def changes(module):
        xs = np.array([1.0, 2.0])
        one = module.first(xs)
        xs[0] = 9.0
        return one.data

    assert runs(changes) == 1.0


def test_long_texts_are_sent_at_once(runs):
    """Sixty of them together could fill a worker's memory."""
    runs(lambda module: [module.Value("x" * 10), module.Value("x" * 20_000)])
    assert 2 == runs.student.messages  # the short one goes with the long one


FORGED = """made.append(self)
        import gc
        [own] = (each for each in gc.get_objects() if type(each).__name__ == "Operations")
        send = own._send_all
        own._send_all = lambda replies: send([["skipped", np.array([1, 2])] for each in replies])
"""


@pytest.mark.parametrize("runs", [SOURCE.replace("made.append(self)", FORGED).replace("import time",
    "import time, numpy as np")], indirect=True)  # fmt: skip
def test_a_forged_reply_starts_over(runs):
    """An array where a number is due has no truth value; no exception of ours leaves the peer."""
    with pytest.raises(StartOver):
        runs(sums)
    assert runs.peer.starts_over()


@pytest.mark.parametrize("runs", [SOURCE.replace("made.append(self)", "import os; os._exit(0)")],
    indirect=True)  # fmt: skip
def test_a_worker_that_ends_stops_the_test_at_once(runs):
    with pytest.raises(StoppedError):
        runs(sums)
    assert 1 == runs.student.messages


def test_only_one_test_of_a_submission_is_run_again(server):
    """Each time, the program is loaded again at the cost of its own seconds."""
    wrong = SOURCE.replace("return Value(self.data + other.data)", "return 0.0")
    programs = [Program("sub", (("sub.py", text),)) for text in (SOURCE, wrong)]
    reference, student = (Student(server, program, Limits()) for program in programs)
    item = types.SimpleNamespace(nodeid="test_sums", get_closest_marker=lambda name: None)
    peers = Peers((__file__,), lambda: reference, lambda: SOURCE, recording=True)

    def starts_over(program):
        def call():
            sums(peers.student(item, program))

        peers.runner = call.__code__
        with contextlib.suppress(StartOver, StudentRaisedError):
            call()
        return peers.starts_over()

    assert not starts_over(reference)
    peers.recording = False
    assert [True, False, False] == [starts_over(student) for _ in range(3)]
    peers.end_submission()
    assert starts_over(student)
    student.end()
    reference.end()
