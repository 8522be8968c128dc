"""The working folder of student code: data that it can read, and, where allowed, a place to write."""

import pytest

from grader.model import Limits
from grader.sandbox.fork_server import ForkServer, Sandbox
from grader.sandbox.selftest import trial
from grader.sandbox.student import Call, Program, Student

SOURCE = """
import os

def read():
    return float(open("more/rows.csv").read())

def names():
    return float(len(os.listdir(".")))

def change():
    with open("more/rows.csv", "w") as file:
        return float(file.write("99"))

def write(count):
    for n in range(int(count)):
        with open(f"big{n}", "wb") as file:
            file.write(b"0" * (1 << 20))
    return float(len(os.listdir(".")))
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a data folder, with a hidden file and a link that are not the course's."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "more").mkdir()
    (folder / "more" / "rows.csv").write_text("4.5")
    (folder / ".DS_Store").write_text("")
    (folder / "link").symlink_to("/etc/passwd")
    return folder


def answer(server, function, *args):
    """Return what a function returns in a worker of its own, or its exception's first class."""
    student = Student(server, Program("work", (("work.py", SOURCE),)), Limits())
    try:
        [found] = student.call([Call(function, args, "number")])
        return found.error.kinds[0] if found.error else float(found.value)
    finally:
        student.end()


@pytest.fixture(scope="module")
def reading(data):
    """Return a fork server with data."""
    with ForkServer(Sandbox.best(), data=data) as server:
        yield server


@pytest.fixture(scope="module")
def writing(data):
    """Return a fork server whose workers may write."""
    with ForkServer(Sandbox.best(), data=data, writes=True) as server:
        yield server


def test_data_is_read_and_not_changed(reading):
    """The files lie in the working folder; hidden files and links are not among them."""
    assert 4.5 == answer(reading, "read")
    assert 1.0 == answer(reading, "names")
    assert "PermissionError" == answer(reading, "change")
    assert "PermissionError" == answer(reading, "write", 1)


def test_each_worker_writes_in_a_folder_of_its_own(writing):
    """What one worker writes, the next does not see, and data is as it was."""
    assert 2.0 == answer(writing, "change")
    assert 3.0 == answer(writing, "write", 2)
    assert 1.0 == answer(writing, "names")
    assert 4.5 == answer(writing, "read")


def test_the_canary_knows_that_workers_may_write(writing, monkeypatch):
    """Without that knowledge alone, no exercise with ``writes: true`` could be graded."""
    assert [] == trial(writing, []).escapes
    monkeypatch.setattr(writing, "writes", False)
    assert ["write"] == trial(writing, []).escapes


def test_the_folder_is_limited(writing):
    """A worker cannot fill the machine's memory or disk with files."""
    assert "OSError" == answer(writing, "write", 40)


def test_without_the_layers_data_can_be_changed(data):
    """Nothing but the sandbox keeps one submission from changing the data of the next."""
    with ForkServer(Sandbox(frozenset()), data=data) as server:
        changed = answer(server, "write", 1)
        assert changed == 2.0 or changed == "PermissionError"  # an account that is not root's
        assert (changed == 2.0) == (answer(server, "names") == 2.0)


@pytest.mark.parametrize("layer", ["mounts", "landlock"])
def test_other_ways_to_hide_files_have_the_data_too(data, layer):
    """Where bubblewrap or Landlock cannot be had, the working folder is the same."""
    with ForkServer(Sandbox.best().without(layer), data=data) as server:
        assert 4.5 == answer(server, "read")
        assert "PermissionError" == answer(server, "change")
