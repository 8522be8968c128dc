"""The grading service: warm processes, from any thread, and the rules for work that is lost."""

import os
import signal
import threading
import time

import pytest
from places import ROOT

from grader.grading.protocol import Settings
from grader.model import Submission
from grader.runs.grading_process import EngineError, Process
from grader.runs.grading_service import GradingService, Lost

NAME = "computation_graph"
RIGHT = (ROOT / "reference" / NAME / "solution.py").read_bytes()
SETTINGS = Settings(str(ROOT), NAME, 5, b"secret", preflight=False)


def of(student, more=b""):
    return Submission(student, f"{NAME}.py", RIGHT + more)


@pytest.fixture(scope="module")
def service():
    with GradingService(2) as running:
        running.prepare(SETTINGS)
        yield running


def pids(service):
    return {slot.process._process.pid for slot in service._slots}


def in_thread(function):
    """Call it in a thread that has ended when we go on; return what it returned."""
    found = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found[0]


def test_processes_outlive_the_threads_that_ask(service):
    """Two threads ask one after the other, each ends: the same process answers both."""
    first = in_thread(lambda: service.grade(SETTINGS, of("ada")))
    before = pids(service)
    time.sleep(1.0)  # the death signal comes within half a second
    second = in_thread(lambda: service.grade(SETTINGS, of("bob")))
    assert (first.score, second.score) == (100, 100)
    assert before <= pids(service)


def test_a_process_dies_with_the_thread_that_started_it():
    """What the keeper is for: without it, a process is gone when its thread has ended."""

    def start():
        process = Process(SETTINGS)
        process.ready()
        return process

    process = in_thread(start)
    try:
        process._process.wait(30)
        assert process._process.returncode == -signal.SIGKILL
    finally:
        process.end()


def test_the_same_at_once_is_graded_once(service):
    """Two callers with one submission share its grade; with another seed they do not."""
    once = service.submit(SETTINGS, of("ada", b"# 1"))
    assert service.submit(SETTINGS, of("ada", b"# 1")) is once
    other = service.submit(SETTINGS, of("ada", b"# 1"), seed=6)
    assert other is not once
    assert (once.result().seed, other.result().seed) == (None, 6)


def stop(service, future, but=0):
    """Stop the process, other than ``but``, that has a future's submission in hand; return it."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        for slot in list(service._slots):
            pid = slot.process._process.pid
            if pid != but and any(job.future is future for job in slot.jobs):
                os.kill(pid, signal.SIGSTOP)
                return pid
        time.sleep(0.001)
    raise AssertionError("it was not given to any process")


LONG = b"\nimport time\ntime.sleep(0.4)\n"


def test_a_death_is_made_good_and_the_second_is_reported(service):
    """Killed once, it is graded once more; killed twice, the caller gets `Lost`."""
    future = service.submit(SETTINGS, of("once", LONG))
    os.kill(stop(service, future), signal.SIGKILL)
    assert future.result().score == 100
    future = service.submit(SETTINGS, of("twice", LONG))
    first = stop(service, future)
    os.kill(first, signal.SIGKILL)
    os.kill(stop(service, future, but=first), signal.SIGKILL)
    with pytest.raises(Lost, match="the grading process died"):
        future.result()
    assert service.grade(SETTINGS, of("ada")).score == 100


def test_what_hangs_is_replaced(service):
    """A stopped process gives no grade within the patience; the second time it is an `error`."""
    future = service.submit(SETTINGS, of("stopped", LONG), patience=2.0)
    stop(service, future, but=stop(service, future))
    with pytest.raises(Lost, match=r"no grade within \d s"):
        future.result()


def test_an_idle_process_that_dies_is_nobodys_loss(service):
    """It is dropped at once, so that the next submission is not suspected."""
    service.prepare(SETTINGS, 2)  # returns when the first is ready, at once if one was before
    until = time.monotonic() + 60
    while sum(slot.greeted for slot in service._slots) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    killed = pids(service)
    assert 2 == len(killed)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    while pids(service) and time.monotonic() < until:
        time.sleep(0.01)
    assert pids(service) == set()
    assert service.grade(SETTINGS, of("ada")).score == 100


def test_the_sandbox_is_tried_before_anything_is_graded(tmp_path):
    """What is wrong with the course reaches every caller, in one line."""
    wrong = Settings(str(ROOT), NAME, 5, b"secret", select="absent")
    with GradingService(1) as service:
        with pytest.raises(EngineError, match="no hidden tests"):
            service.prepare(wrong)
        with pytest.raises(EngineError, match="no hidden tests"):
            service.grade(wrong, of("ada"))


def test_a_keeper_never_ends_silently():
    """Whatever ends it, those who wait are told, and so is everybody who asks later."""
    with GradingService(1) as service:
        service._feed = lambda: 1 / 0
        with pytest.raises(EngineError, match="ZeroDivisionError"):
            service.grade(SETTINGS, of("ada"))
        service._keeper.join(10)
        with pytest.raises(EngineError, match="has ended"):
            service.grade(SETTINGS, of("bob"))
        assert isinstance(service.broken, ZeroDivisionError)
