"""Refuse in the self-check what the grader will refuse, and record it.

    with refusing() as found:
        open("run.log", "w")      # PermissionError, as in the grader
    found                         # ["writes a file ('run.log')"]

An audit hook (`sys.addaudithook`) sees every file, thread, socket and program. It acts only within
`refusing`, and only in the thread that entered it, so that a Jupyter kernel keeps working. It does
not imitate the grader's sandbox any further, so the same things are refused on every system.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from grader.selfcheck import wording

_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
_CHANGING: Final = frozenset(
    f"os.{name}" for name in "remove rename rmdir link symlink truncate chmod chown utime".split()
)
_IN_FOLDER: Final = _CHANGING | {"os.mkdir"}
_STARTING: Final = frozenset(
    "subprocess.Popen os.system os.fork os.forkpty os.exec os.posix_spawn os.spawn os.startfile".split()
)
_THREADS: Final = frozenset({"_thread.start_new_thread", "_thread.start_joinable_thread"})
_LISTING: Final = frozenset({"os.listdir", "os.scandir"})
_PYTHON_FOLDERS: Final = tuple(
    {
        os.path.realpath(path) + os.sep
        for path in (
            sys.prefix, sys.base_prefix, os.path.dirname(os.__file__),
            os.path.dirname(os.path.dirname(np.__file__)),
        )
    }
)  # fmt: skip
"""Folders of Python and its packages, which imports must read."""


class _Watched:
    """The hook's state: whether it is active, for which thread, and its findings."""

    installed = False
    thread = -1
    found: list[str]
    folder = ""
    """The folder of the exercise, if it allows any access there."""
    data: frozenset[str] = frozenset()
    """Files that can be read."""
    writes = False


def allow_files(folder: Path, data: Iterable[str], writes: bool) -> None:
    """Allow reading the exercise's data from now on, and writing files in its folder.

    Args:
        folder: The folder of the exercise, which becomes the working folder.
        data: Paths of data files, relative to that folder.
        writes: Whether files may be written.
    """
    os.chdir(folder)
    _Watched.data = frozenset(os.path.realpath(folder / name) for name in data)
    _Watched.folder = os.path.realpath(folder) if _Watched.data or writes else ""
    _Watched.writes = writes


@contextlib.contextmanager
def refusing() -> Iterator[list[str]]:
    """Refuse what the grader refuses; yield the list of attempts, in words."""
    if not _Watched.installed:
        sys.addaudithook(_hook)
        _Watched.installed = True
    before = _Watched.thread
    found: list[str] = []
    _Watched.thread, _Watched.found = threading.get_ident(), found
    start = vars(threading).get("_start_new_thread")
    if start is not None:  # Python 3.11 has no audit event for threads
        vars(threading)["_start_new_thread"] = partial(_start_thread, start)
    try:
        yield found
    finally:
        if start is not None:
            vars(threading)["_start_new_thread"] = start
        _Watched.thread = before


def _start_thread(start: Callable[..., Any], *args: Any) -> Any:
    _hook("_thread.start_new_thread", args)
    return start(*args)


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if _Watched.thread != threading.get_ident():
        return
    error = _refusal(event, args)
    if error is not None:
        _Watched.found.append(str(error.args[-1]))
        raise error.args[0]


def _refusal(event: str, args: tuple[Any, ...]) -> Exception | None:
    """Return (what to raise, what to say) as an exception's arguments, or None."""
    if event == "open":
        return _opened(*args)
    if (event in _LISTING or event in _IN_FOLDER) and _is_allowed(args[0], event in _IN_FOLDER):
        return None
    if event == "os.mkdir" or event in _CHANGING:
        what = wording.MAKES_FOLDER if event == "os.mkdir" else wording.CHANGES_FILE
        return Exception(_denied(args[0]), what.format(_shown(args[0])))
    if event in _LISTING and not _is_in_python(args[0]):
        return Exception(_denied(args[0]), wording.LISTS_FOLDER.format(_shown(args[0])))
    if event in _STARTING:
        return Exception(_denied(args[0]), wording.STARTS_PROGRAM)
    if event in _THREADS:
        return Exception(RuntimeError("can't start new thread"), wording.STARTS_THREAD)
    if event == "socket.__new__":
        return Exception(_denied("socket"), wording.USES_NETWORK)
    if event == "sqlite3.connect" and args[0] != ":memory:":
        return Exception(_denied(args[0]), wording.WRITES_FILE.format(_shown(args[0])))
    return None


def _opened(path: Any, mode: Any, flags: Any) -> Exception | None:
    if isinstance(path, int):
        return None
    writes = set(mode or "") & set("wax+") or (isinstance(flags, int) and flags & _WRITING)
    if _is_allowed(path, bool(writes)):
        return None
    if writes:
        if _is_in_python(path) and "__pycache__" in os.fsdecode(path):
            return None
        return Exception(_denied(path), wording.WRITES_FILE.format(_shown(path)))
    if _is_in_python(path):
        return None
    absent = FileNotFoundError(2, "No such file or directory", path)
    return Exception(absent, wording.READS_FILE.format(_shown(path)))


def _denied(path: Any) -> PermissionError:
    return PermissionError(1, "Operation not permitted", path)


def _is_allowed(path: Any, writes: bool) -> bool:
    """Return whether an exercise allows this file: to read its data, to write in its folder."""
    try:
        real = os.path.realpath(os.fsdecode(path) if path is not None else ".")
    except (TypeError, ValueError):
        return False
    inside = bool(_Watched.folder) and f"{real}{os.sep}".startswith(_Watched.folder + os.sep)
    if _Watched.writes or writes:
        return inside and _Watched.writes
    return real in _Watched.data or (inside and os.path.isdir(real))


def _is_in_python(path: Any) -> bool:
    try:
        return os.path.realpath(os.fsdecode(path)).startswith(_PYTHON_FOLDERS)
    except (TypeError, ValueError):
        return False


def _shown(path: Any) -> str:
    try:
        return repr(os.path.basename(os.fsdecode(path).rstrip("/\\")) or os.fsdecode(path))
    except TypeError:
        return "?"
