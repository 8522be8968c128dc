"""Workers and their fork server: what ends, is replaced, is bounded, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.model import Limits
from grader.sandbox import canary
from grader.sandbox import selftest as trial
from grader.sandbox import student as student_module
from grader.sandbox.faults import GraderError, OverrunError, StudentError
from grader.sandbox.fork_server import ForkServer, Sandbox
from grader.sandbox.guest import lockdown, worker
from grader.sandbox.guest.program import MAX_PROBLEMS, MAX_TEXT
from grader.sandbox.guest.wire import Ref
from grader.sandbox.student import Budget, Call, Program, Refused, Student
from grader.sandbox.worker_process import Worker
from grader.text import from_worker

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    with ForkServer(Sandbox.best()) as started:
        yield started


def student(server: ForkServer, source: str, limits: Limits | None = None) -> Student:
    return Student(server, Program("work", (("work.py", source),)), limits or Limits())


def ask(one: Student, function: str, *arguments: object) -> object:
    """The value of one call; raises what the student raised."""
    [answer] = one.call([Call(function, arguments, "number")])
    if answer.error is not None:
        raise answer.error
    return answer.value


SINGLE = "def f(x):\n    return x * 2\n"


def test_a_call_is_answered_in_plain_arrays(server: ForkServer) -> None:
    one = student(server, SINGLE)
    value = ask(one, "f", np.array([1.0, 2.0]))
    assert type(value) is np.ndarray
    assert value.tolist() == [2.0, 4.0]
    one.end()


def test_a_notebook_of_cells_that_raise_still_answers(server: ForkServer) -> None:
    """What 5,000 of them say would be no frame any more."""
    cells = [(f"cell {number}", f"undefined{number}\n") for number in range(5000)]
    program = Program("work", (*cells, ("last", SINGLE)))
    one = Student(server, program, Limits())
    assert ask(one, "f", 2.0) == 4.0
    assert [problem.cell for problem in one.problems] == [
        f"cell {number}" for number in range(MAX_PROBLEMS)
    ]
    one.end()


@pytest.mark.parametrize(
    ("first", "is_text"), [("from __future__ import annotations", 1.0), ("annotations = 1", 0.0)]
)
def test_a_notebook_keeps_what_it_imports_from_the_future(
    server: ForkServer, first: str, is_text: float
) -> None:
    """Jupyter compiles later cells accordingly."""
    later = "def after(x: int): ..."
    last = "def f(x):\n    return float(isinstance(after.__annotations__['x'], str))"
    program = Program("work", (("one", first), ("two", later), ("three", last)))
    one = Student(server, program, Limits())
    assert ask(one, "f", 2.0) == is_text
    one.end()


@pytest.mark.parametrize(
    "answer",
    [
        "np.array([1.0, 2.0])", "[1, 2.0]", "(np.float32(1), [2][0])", "np.array([1, 2], '>f2')",
        "np.array([1, 2], np.longdouble)", "np.ma.array([1.0, 2.0])", "[True, 2]",
        "np.array([9.0, 2.0, 9.0, 1.0])[3::-2]", "[np.array(1.0), np.int8(2)]",
        "np.arange(1, 3, dtype=np.uint64)", "[[1.0, 2.0]][0]",
    ],
)  # fmt: skip
def test_what_counts_as_an_answer(server: ForkServer, answer: str) -> None:
    one = student(server, f"import numpy as np\ndef f():\n    return {answer}\n")
    value = ask(one, "f")
    assert isinstance(value, np.ndarray)
    assert value.dtype in (np.float64, np.int64)
    assert value.tolist() == [1, 2]
    one.end()


def test_integers_too_large_for_an_array_of_them_are_numbers(server: ForkServer) -> None:
    one = student(server, "def f():\n    return [2**70, 1]\n")
    assert np.array_equal(ask(one, "f"), [2.0**70, 1.0])
    one.end()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("None", "none"), ("np.array([1j])", "complex"), ("np.array([1.0, 2.0], object)", "object"),
        ("[1.0, object()]", "object"), ("'1.0'", "string"), ("np.array(['a'])", "string"),
        ("np.array(['2026-01-01'], 'M8[D]')", "date"), ("np.zeros(2, 'i4,f8')", "record"),
        ("[[1.0], [1.0, 2.0]]", "ragged"), ("np.ma.masked_less([1, 2], 2)", "masked"),
        ("np.zeros(1 << 20)", "too-large"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused_by_a_word(
    server: ForkServer, answer: str, reason: str
) -> None:
    one = student(server, f"import numpy as np\ndef f():\n    return {answer}\n")
    assert ask(one, "f") == Refused(reason)
    one.end()


def test_an_opaque_result_stays_with_the_worker(server: ForkServer) -> None:
    """Only a reference crosses; what a worker kept is gone with it."""
    source = """
import os
import resource
def first(x):
    return x, lambda: x + 1
def second(cache, leave):
    if leave:
        os._exit(3)
    return cache()
"""
    one = student(server, source)
    [answer] = one.call([Call("first", (41,), ["number", "held"], keep=5)])
    assert answer.value[1] is True
    assert ask(one, "second", Ref(5, 1), False) == 42
    with pytest.raises(StudentError, match="ended itself"):
        ask(one, "second", Ref(5, 1), True)
    with pytest.raises(StudentError, match="raised a KeyError"):
        ask(one, "second", Ref(5, 1), False)
    assert one.generation == 2
    one.end()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("os._exit(0)", "ended itself"),
        ("os.abort()", "crashed in the middle of this (SIG"),
        ("ctypes.string_at(0)", "crashed in the middle of this (SIGSEGV)"),
        ("[os.close(fd) for fd in range(3, 64) if is_open(fd)]", "closed the pipe|ended itself"),
        ("sys.exit(0)", "raised a SystemExit, line 9 of work.py"),
        ("raise KeyboardInterrupt", "raised a KeyboardInterrupt, line 9"),
        ("raise type('A\\x1b', (ValueError,), {})", "raised a kind of ValueError, line 9"),
        ("raise type('A\\x1b', (Exception,), {})", "raised an exception of your own, line 9"),
        ("__import__('numpy').max([1], 2)", "raised a kind of ValueError, line 9"),
        ("return g(1)", "raised a NameError, line 9"),
        ("raise NotImplementedError", "f is not written yet"),
    ],
)
def test_how_a_call_ends_is_told_in_our_words(server: ForkServer, body: str, said: str) -> None:
    source = f"""import ctypes, os, sys
def is_open(fd):
    try:
        os.fstat(fd)
        return True
    except OSError:
        return False
def f():
    {body}
"""
    one = student(server, source)
    with pytest.raises(StudentError) as told:
        ask(one, "f")
    assert any(words in str(told.value) for words in said.split("|")), str(told.value)
    one.end()


def test_how_a_call_ends_is_told_with_many_open_files(server: ForkServer) -> None:
    """A service has thousands of descriptors, and select() takes none over 1,023."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(2000, limits[0]), limits[1]))
    with contextlib.ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        for _ in range(1100):
            stack.callback(os.close, os.dup(0))
        one = student(server, "import os\ndef f():\n    os._exit(0)\n")
        with pytest.raises(StudentError, match="ended itself"):
            ask(one, "f")
        one.end()


@pytest.mark.parametrize("put", ["np.zeros(3)", "Odd()", "None", "2.0"])
@pytest.mark.parametrize("given", [[1.0], {0: 1.0}])
def test_an_argument_of_another_kind_is_a_modified_one(
    server: ForkServer, given: object, put: str
) -> None:
    """A number that became an array, or an object that raises when compared, ends no worker."""
    source = f"""
import numpy as np
class Odd:
    def __ne__(self, other):
        raise RuntimeError
def f(x):
    x[0] = {put}
    return 1.0
"""
    one = student(server, source)
    [answer] = one.call([Call("f", (given,), "number")])
    assert (answer.error, answer.modified) == (None, (0,))
    one.end()


@pytest.mark.parametrize("layers", [{"mounts"}, set()])
def test_a_package_that_is_not_installed_is_told_by_name(layers: set[str]) -> None:
    """In a line, whether it is missed when the files are chosen or when it is loaded."""
    with (
        pytest.raises(GraderError, match="not_there"),
        ForkServer(Sandbox(frozenset(layers)), ["not_there"]) as server,
    ):
        server.ready()


def test_a_worker_that_died_is_replaced(server: ForkServer) -> None:
    """One call is lost, not the next."""
    one = student(server, SINGLE + "import os\ndef g():\n    os._exit(0)\n")
    for _ in range(3):
        with pytest.raises(StudentError):
            ask(one, "g")
        assert ask(one, "f", 2) == 4
    one.end()


def test_a_worker_may_die_between_calls(server: ForkServer) -> None:
    """Ended and collected when we look at its clock, it is still the student's failure."""
    source = """
import os, signal
def f(x):
    return x * 2
def g():
    signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    return 1
"""
    one = student(server, source)
    ask(one, "g")
    time.sleep(0.2)
    other = student(server, SINGLE)  # the fork server collects the dead before each fork
    assert ask(other, "f", 1) == 2
    with pytest.raises(StudentError):
        ask(one, "f", 2)
    assert ask(one, "f", 2) == 4
    one.end()
    other.end()


def test_a_function_that_overran_is_not_called_again(server: ForkServer) -> None:
    """Its other checks fail at once, with the same words; other functions are called."""
    one = student(server, SINGLE + "def g():\n    while True: pass\n", Limits(call_cpu=0.1))
    with pytest.raises(OverrunError, match="infinite loop"):
        ask(one, "g")
    began = time.process_time()
    with pytest.raises(StudentError, match="infinite loop"):
        ask(one, "g")
    assert time.process_time() - began < 0.05
    assert ask(one, "f", 2) == 4
    one.end()


def test_a_function_that_overran_is_not_called_in_a_worker_of_its_own_either(
    server: ForkServer,
) -> None:
    """Experiments on a hang would cost as much as the hang: no worker is even started."""
    one = student(server, "def g():\n    while True: pass\n", Limits(call_cpu=0.1))
    with pytest.raises(OverrunError):
        ask(one, "g")
    again = one.again()
    with pytest.raises(StudentError, match="infinite loop"):
        ask(again, "g")
    assert again.generation == 0


def test_a_function_has_less_time_among_others_and_after_an_overrun(server: ForkServer) -> None:
    """A submission that hangs everywhere costs little more than one that hangs in one place."""
    burn = "import time\ndef f():\n    while time.process_time() < 0.4: pass\n    return 1\n"
    limits = Limits(call_cpu=1.2)
    one = student(server, f"{burn}def g():\n    while True: pass\n", limits)
    call = Call("f", (), "number")
    with pytest.raises(OverrunError, match=r"0\.3 s"):
        one.call([call, call])
    assert ask(one, "f") == 1
    with pytest.raises(OverrunError, match=r"1\.2 s"):
        ask(one, "g")
    with pytest.raises(OverrunError, match=r"0\.3 s"):
        ask(one, "f")


def test_sleep_is_cut_short_among_others_and_after_an_overrun(server: ForkServer) -> None:
    """The same for who waits without working: it would hold up the class as long."""
    nap = "import time\ndef f():\n    time.sleep(0.6)\n    return 1\n"
    one = student(server, f"{nap}def g():\n    time.sleep(1e6)\n", Limits(idle_wall=1.2))
    call = Call("f", (), "number")
    with pytest.raises(OverrunError, match="never happens"):
        one.call([call, call])
    assert ask(one, "f") == 1
    with pytest.raises(OverrunError, match="never happens"):
        ask(one, "g")
    with pytest.raises(OverrunError, match="never happens"):
        ask(one, "f")


def test_the_whole_submission_has_a_budget_of_cpu_and_of_sleep(server: ForkServer) -> None:
    """Calls that sleep a little less than is allowed add up."""
    nap = "import time\ndef f():\n    time.sleep(0.3)\n    return 1\n"
    one = student(server, nap, Limits(call_cpu=0.02, idle_wall=5, total=0.7))
    answered = [ask(one, "f"), ask(one, "f")]
    with pytest.raises(StudentError, match="for the whole submission are used up"):
        ask(one, "f")
    assert answered == [1, 1]
    with pytest.raises(StudentError, match=r"^the 0\.7 s"):  # and not that the file did not load
        ask(one, "f")
    one.end()


def test_a_statement_that_cannot_be_stopped_costs_only_itself(server: ForkServer) -> None:
    """The file is loaded once more, without what is no definition."""
    one = student(server, f"sum(range(10**12))\n{SINGLE}", Limits(import_cpu=0.5))
    assert ask(one, "f", 2.0) == 4.0
    assert "only its definitions" in one.problems[0].text
    one.end()


def test_a_program_that_does_not_load_is_loaded_twice(server: ForkServer) -> None:
    """Each of its checks says why, and costs nothing."""
    one = student(server, "class C:\n    import os; os._exit(0)", Limits(import_cpu=0.5))
    for _ in range(2):
        with pytest.raises(StudentError, match=r"did not load: "):
            ask(one, "f")
    assert one.generation == 1


def test_what_is_wrong_on_import_is_told_with_its_line(server: ForkServer) -> None:
    one = student(server, "x = 1\nraise ValueError('\\x1b[31mno\\u202e')\n")
    with pytest.raises(StudentError, match=r"not defined; line 2 of work\.py raised an error"):
        ask(one, "f")
    [problem] = one.problems
    assert (problem.kind, problem.line) == ("ValueError", 2)
    assert "\ufffd[31mno\ufffd" in problem.text
    one.end()


def test_what_a_second_load_says_is_not_told(server: ForkServer) -> None:
    """The clock tells it when the first worker died, and that one, who was asked, chose when."""
    source = "import os, time\ndef f(x): os._exit(0)\nraise ValueError(time.monotonic_ns())\n"
    one = student(server, source)
    one.load()
    told = one.problems
    for protected in (True, False):
        with pytest.raises(StudentError, match="ended itself"):
            ask(one, "f", 1.0)
        one.generation *= protected
        one.load()
        assert (one.problems == told) is protected
    one.end()


def test_trials_have_one_budget_between_them(server: ForkServer) -> None:
    """Each is a worker of its own, and loads the file again: a minute each would be many."""
    source = "import time\nwhile time.process_time() < 0.3: pass\ndef f(x): return x\n"
    one = student(server, source, Limits(total=3.0))

    def answered(budget: Budget | None) -> int:
        count = 0
        for _ in range(6):
            trial = one.again()
            trial.budget = budget or trial.budget
            with contextlib.suppress(StudentError):
                count += ask(trial, "f", 1.0) == 1.0
            trial.end()
            budget = budget and Budget()
        return count

    assert answered(Budget()) == 6
    assert 1 <= answered(None) <= 4
    assert ask(one, "f", 1.0) == 1.0
    one.end()


FOUR = "".join(f"def f{number}(): BODY\n" for number in range(4)) + "def right(): return 1.0\n"


@pytest.mark.parametrize(
    ("body", "cause"),
    [("import os; os._exit(1)", "crashed"), ("\n    while True: pass", "overran")],
)
def test_after_three_functions_that_end_the_worker_nothing_else_is_called(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch, body: str, cause: str
) -> None:
    """A hostile submission costs three calls, and not one for each check."""

    def causes(strikes: int) -> tuple[list[str], str]:
        monkeypatch.setattr(student_module, "STRIKES", strikes)
        one = student(server, FOUR.replace("BODY", body), Limits(call_cpu=0.1))
        found = []
        for number in range(4):
            with pytest.raises(StudentError) as told:
                ask(one, f"f{number}")
            found.append(told.value.cause)
        generation = one.generation
        try:
            last = str(ask(one, "right"))
        except OverrunError as error:
            last = str(error)
        one.end()
        return [*found, str(generation)], last

    found, said = causes(3)
    assert found == [cause, cause, cause, "overran", "3"]
    assert said == student_module.STRUCK_OUT
    found, said = causes(100)
    assert found == [cause] * 4 + ["4"]
    assert said == "1.0"


def test_running_out_of_memory_counts_like_running_for_too_long(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three functions that fill the memory, and nothing else is called; an ordinary error is free."""

    def last(body: str, strikes: int) -> str:
        monkeypatch.setattr(student_module, "STRIKES", strikes)
        one = student(server, FOUR.replace("BODY", body), Limits(memory_mb=64))
        for number in range(3):
            with pytest.raises(StudentError):
                ask(one, f"f{number}")
        try:
            return str(ask(one, "right"))
        except OverrunError as error:
            return str(error)
        finally:
            one.end()

    assert last("return b'x' * (1 << 40)", 3) == student_module.STRUCK_OUT
    assert last("return b'x' * (1 << 40)", 4) == "1.0"
    assert last("return 1 / 0", 3) == "1.0"


HOGS = {
    "python": "x = []\n    while True: x.append(bytes(1 << 24))",
    "numpy": "return __import__('numpy').ones(1 << 30)",
    "kept": "global kept\n    kept = []\n    while True: kept.append('x' * 10_000)",
    "small": "global kept\n    kept = []\n    while True: kept = [kept, 1.5]",
}


@pytest.mark.parametrize("body", HOGS.values(), ids=HOGS)
def test_out_of_memory_is_called_that(server: ForkServer, body: str) -> None:
    """Whatever takes the memory, and whether or not there is any left to say so."""
    one = student(server, f"def f():\n    {body}\n", Limits(memory_mb=64, call_cpu=10))
    with pytest.raises(StudentError, match="ran out of memory"):
        ask(one, "f")
    one.end()


WAKES_FOR_THE_LOOK = """
import time
def f(x):
    began = time.monotonic()
    while (now := time.monotonic() - began) < 2.2:
        if 0.03 < now % 0.5 < 0.45:
            time.sleep(0.45 - now % 0.5)
"""


@pytest.mark.parametrize(
    "source", [WAKES_FOR_THE_LOOK, "import time\ndef f(x): time.sleep(0.9)"], ids=["awake", "brief"]
)
def test_sleep_counts_though_nobody_sees_it(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    """Who is awake whenever the grader looks, or answers before it does, has slept all the same."""

    def counted() -> float:
        """The share of its time that was counted."""
        one = student(server, source)
        began, used = time.monotonic(), one.budget.used
        one.call([Call("f", (1.0,), "held")])
        one.end()
        return (one.budget.used - used) / (time.monotonic() - began)

    assert counted() > 0.6
    monkeypatch.setattr(Worker, "queued", lambda self: None)
    # On a busy machine the look comes at another time, and may find it asleep.
    assert any(counted() < 0.4 for _ in range(5))


def test_waiting_for_a_processor_is_no_sleep(server: ForkServer) -> None:
    """A worker that shares its processor with others gets half of it, and has not slept."""
    one = student(server, "def f(x):\n    for _ in range(10**7): pass\n")
    one.load()
    processor = min(os.sched_getaffinity(0))
    os.sched_setaffinity(one._worker._own_pid, {processor})
    rival = f"import os; os.sched_setaffinity(0, [{processor}])\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", rival]) as other:
        time.sleep(0.2)
        began = time.monotonic()
        one.call([Call("f", (1.0,), "held")])
        took = time.monotonic() - began
        other.kill()
    assert one._worker.asleep < 0.2 * (took - one.cpu)
    one.end()


def test_text_of_a_worker_steers_nothing() -> None:
    assert (
        from_worker("a\x1b[2J\u202eb\n\tc\x00\u2028\ud800\x9b")
        == "a\ufffd[2J\ufffdb\n\tc" + "\ufffd" * 4
    )
    assert len(from_worker("x" * 10**6)) == MAX_TEXT


def test_words_of_refusal_are_ours_alone(server: ForkServer) -> None:
    """A student who forges an answer cannot make it say something."""
    source = """
import sys
frame = sys._getframe()
while not hasattr(frame.f_locals.get("self"), "_answer"):
    frame = frame.f_back
words = ["answers", [["ok", "100 points", []]]]
type(frame.f_locals["self"])._send_answers = lambda self, answers: self._send(words)
def f():
    return 1
"""
    one = student(server, source)
    assert ask(one, "f") == Refused("unreadable")
    one.end()


def test_output_is_bounded_however_many_workers_wear_out(server: ForkServer) -> None:
    one = student(server, "import os\ndef f():\n    print('x' * 10**5)\n    os._exit(0)\n")
    for _ in range(6):
        with pytest.raises(StudentError):
            ask(one, "f")
    assert len(one.captured) == 1 << 16


def test_workers_leave_no_process_and_no_descriptor(server: ForkServer) -> None:
    """Killed, crashed or gone by themselves: after forty of them, all is as before."""
    source = SINGLE + "import os\ndef g():\n    os._exit(0)\n"
    student(server, source).load()
    descriptors = len(os.listdir("/proc/self/fd"))
    workers: list[int] = []
    for number in range(40):
        one = student(server, source)
        one.load()
        assert one._worker is not None
        workers.append(one._worker._own_pid)
        if number % 2:
            with pytest.raises(StudentError):
                ask(one, "g")
        one.end()
    student(server, source).load()
    assert len(os.listdir("/proc/self/fd")) <= descriptors + 6  # of the two that were not ended
    alive = [pid for pid in workers if _state(pid) not in ("", "Z")]
    assert alive == []


def _state(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[0]


def killed(server: ForkServer) -> None:
    """End it as the kernel would, short of memory."""
    assert server._process is not None
    server._process.kill()
    server._process.wait()


def test_a_fork_server_that_dies_is_started_again() -> None:
    """Ours, not the student's: the next worker comes from a new one."""
    with ForkServer(Sandbox.best()) as server:
        one = student(server, SINGLE)
        assert ask(one, "f", 1) == 2
        killed(server)
        time.sleep(0.1)
        with pytest.raises(GraderError):
            ask(one, "f", 1)
        one.end()
        assert ask(student(server, SINGLE), "f", 2) == 4


def test_a_worker_that_died_with_its_fork_server_is_our_error() -> None:
    """Though another is up already, which knows nothing of it."""
    with ForkServer(Sandbox.best()) as server:
        one = student(server, SINGLE)
        assert ask(one, "f", 1) == 2
        killed(server)
        assert ask(student(server, SINGLE), "f", 2) == 4
        with pytest.raises(GraderError, match="the fork server died"):
            ask(one, "f", 1)


def test_workers_die_when_the_grader_is_killed() -> None:
    """With kill -9: neither the fork server nor a looping worker is left."""
    source = """
import os, sys
from grader.model import Limits
from grader.sandbox.fork_server import *
server = ForkServer(Sandbox.best())
program = Program("work", (("work.py", "def f():\\n    while True: pass"),))
student = Student(server, program, Limits(call_cpu=60))
student.load()
print(student._worker._own_pid, server._process.pid, flush=True)
student.call([Call("f", (), "number")])
"""
    with subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE) as grader:
        assert grader.stdout is not None
        pids = [int(pid) for pid in grader.stdout.readline().split()]
        assert all(_state(pid) for pid in pids)
        grader.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 5
    while any(_state(pid) not in ("", "Z") for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [pid for pid in pids if _state(pid) not in ("", "Z")] == []


def test_the_clock_is_that_of_the_worker(server: ForkServer) -> None:
    """Its pid comes from the kernel: inside a namespace of its own every worker has pid 1."""
    source = """
import time
def f(t):
    end = time.process_time() + t
    while time.process_time() < end:
        pass
    return t
"""
    one = student(server, source)
    ask(one, "f", 0.1)
    assert 0.09 < one.cpu < 0.3
    ask(one, "f", 0.0)
    assert one.cpu < 0.05
    one.end()


IMPORTS = """
import importlib
def f(names):
    failed = []
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError:
            failed.append(name)
    if failed:
        raise RuntimeError(repr(failed))
    return 1
"""


@pytest.mark.parametrize("most", [None, 1 << 30])
def test_all_answers_together_are_bounded(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch, most: int | None
) -> None:
    """They are kept until the submission is graded; one that is too large alone is refused before."""
    if most is not None:
        monkeypatch.setattr(student_module, "MAX_RECEIVED", most)
    one = student(server, "import numpy as np\ndef f(n):\n    return np.zeros(n)\n")
    answered = 0
    with contextlib.suppress(StudentError):
        for _ in range(20):
            answered += one.call([Call("f", (500_000,), "number")])[0].error is None
    assert (answered == 20) == (most is not None)
    one.end()


SUBMODULES = """
    http.client urllib.request concurrent.futures xml.etree.ElementTree email.message encodings.cp1252
    multiprocessing.pool importlib.resources logging.handlers unittest.mock numpy.lib._datasource turtle
""".split()
NOT_FOR_STUDENTS = frozenset(
    "_tkinter curses _curses _curses_panel readline nis ossaudiodev spwd".split()
)
"""They need a terminal, or files that no worker may see."""


def _is_for_students(name: str) -> bool:
    """Whether the grader's own Python has the module."""
    if name in NOT_FOR_STUDENTS | {"ensurepip", "lib2to3", "this", "test"} or name.startswith(
        "_test"
    ):
        return False
    with contextlib.suppress(ImportError, ValueError):
        return importlib.util.find_spec(name) is not None
    return False


@pytest.mark.parametrize("where", ["all layers", "no mount view", "in a jail"])
def test_what_students_import_can_be_imported_when_locked(where: str) -> None:
    """From files where there are any; a jail has none, and a home of root's lets no worker in."""
    layers = Sandbox.best().layers
    if where == "no mount view":
        layers = layers - {"mounts"}
    if where == "in a jail":
        if "chroot" not in lockdown.available():
            pytest.skip("only root has a jail to put workers in")
        layers = layers - {"mounts", "landlock"} | {"chroot"}
    with ForkServer(Sandbox(layers)) as server:
        one = student(server, IMPORTS)
        assert ask(one, "f", [*worker.PRELOADED, *worker.PRELOADED_IN_A_JAIL]) == 1
        names = [name for name in sorted(sys.stdlib_module_names) if _is_for_students(name)]
        assert len(names) > 200
        assert ask(one, "f", [*names, *SUBMODULES]) == 1
        source = "import numpy as np\ndef f():\n    return np.random.default_rng(1).random() + 1\n"
        assert ask(student(server, source), "f") > 1
        one.end()


@pytest.mark.parametrize("module", [worker.os, worker.np])
def test_python_in_a_home_is_seen(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker with a uid of its own could import nothing more from there."""
    with tempfile.TemporaryDirectory(dir="/tmp") as home:  # pytest keeps its own as a home
        for each in (worker.os, worker.np):
            monkeypatch.setattr(each, "__file__", "/usr/__init__.py")
        Path(home).chmod(0o755)
        monkeypatch.setattr(module, "__file__", f"{home}/__init__.py")
        Path(module.__file__).touch()
        assert not worker._lies_in_a_home()
        Path(home).chmod(0o700)
        assert worker._lies_in_a_home()


# --- the canary ----------------------------------------------------------------------------------


@pytest.fixture
def victim() -> Iterator[int]:
    with subprocess.Popen(["/bin/sleep", "600"]) as process:
        yield process.pid
        process.kill()


def sung(layers: frozenset[str], path: Path, pid: int) -> set[str]:
    """What the canary could do with these layers."""
    source = Path(canary.__file__).read_text(encoding="utf-8")
    with ForkServer(Sandbox(layers)) as server:
        one = Student(server, Program("canary", (("canary.py", source),)), Limits())
        flags = ask(one, "probe", [str(path)], pid)
        one.end()
    assert isinstance(flags, np.ndarray)
    return {name for name, flag in zip(canary.ATTEMPTS, flags, strict=True) if flag}


def test_the_canary_can_do_nothing_in_the_sandbox(victim: int) -> None:
    assert sung(Sandbox.best().layers, Path(__file__), victim) == set()


def test_the_canary_can_do_everything_without(victim: int) -> None:
    """Each of its attempts is one that would succeed."""
    assert sung(frozenset(), Path(__file__), victim) == set(canary.ATTEMPTS)


def test_a_clock_that_shows_nothing_is_seen(
    server: ForkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that does no work is one whose clock stands still, seen from outside."""
    found = trial.trial(server, [__file__])
    assert (found.escapes, found.clock_is_right) == ([], True)
    monkeypatch.setattr(trial, "BURNT", 0.0)
    assert not trial.trial(server, [__file__]).clock_is_right


def test_signals_do_not_keep_a_worker_beyond_its_time() -> None:
    """The watchdog of a grading process is a signal each second: a wait must not begin anew with it."""
    before = signal.signal(signal.SIGALRM, lambda number, frame: None)
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    try:
        with ForkServer(Sandbox.best()) as server:
            cells = (("loop.py", "def f(x):\n    while True: pass\n"),)
            student = Student(server, Program("loop", cells), Limits(call_cpu=0.2))
            with pytest.raises(OverrunError):
                student.call([Call("f", (1.0,), "number")])
            student.end()
            assert student.budget.used < 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
