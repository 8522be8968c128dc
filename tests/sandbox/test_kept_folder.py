"""Folders of a process that was killed are deleted by the next one, and nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from grader.sandbox import kept_folder
from grader.sandbox.kept_folder import KeptFolder, sweep

HOLDS = """
import time
from pathlib import Path
from grader.sandbox.work_folder import WorkFolder
folder = WorkFolder.made(Path("{data}"), writes=True)
print(folder.path, flush=True)
time.sleep(60)
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Return an empty folder for temporary files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def test_a_killed_process_leaves_nothing_to_the_next_one(place, tmp_path):
    """Its folder stays while it lives, and goes once it was killed."""
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "deep" / "rows.csv").write_text("4.5")
    code = HOLDS.format(data=tmp_path / "data")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as held:
        path = Path(held.stdout.readline().strip())
        sweep()
        assert (path / "data" / "deep" / "rows.csv").exists()
        held.send_signal(signal.SIGKILL)
    assert path.parent == place
    assert path.exists()  # so it would stay, if nobody swept
    sweep()
    assert not path.exists()


def test_only_our_folders_are_deleted_and_no_link_is_followed(place, tmp_path):
    """A link inside or in the place of one, another name, a file, and another user's folder."""
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "file").write_text("precious")
    (place / "grader-work-linkedxx").symlink_to(victim)
    (place / "grader-work-a").mkdir()
    (place / "grader-jail-filexxxx").write_text("")
    left = place / "grader-work-leftover"
    left.mkdir()
    (left / "data").symlink_to(victim)
    foreign = place / "grader-work-foreignx"
    foreign.mkdir()
    if os.geteuid() == 0:
        os.chown(foreign, 65534, 65534)
    sweep()
    assert (victim / "file").read_text() == "precious"
    names = {path.name for path in place.iterdir()}
    kept = {"grader-work-linkedxx", "grader-work-a", "grader-jail-filexxxx"}
    assert names == kept | ({"grader-work-foreignx"} if os.geteuid() == 0 else set())


def test_without_its_lock_a_folder_in_use_would_be_deleted(place, monkeypatch):
    """The lock alone tells a folder in use from one that is left over."""
    folder = KeptFolder.made("grader-jail-")
    sweep()
    assert folder.path.exists()
    monkeypatch.setattr(kept_folder.fcntl, "flock", lambda *_: None)
    sweep()
    assert not folder.path.exists()
    os.close(folder.lock)
