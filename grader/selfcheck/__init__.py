"""A student's own check: the public tests, and each gradient beside a numeric one.

In a terminal, on Linux, macOS and Windows::

    grader check two_layer_network.py

and in a notebook, on the functions that it has defined::

    from grader.selfcheck import check
    check("two_layer_network")

The public tests are a file ``test_public.py`` beside the student's file, in the current folder, or
in a folder named like the exercise; `grader.selfcheck.expect` is what they are written in. A file
is run by a Python of its own, so that whatever it does, somebody is left to tell: its output is
passed on as it comes, and it is stopped when it is silent for too long. Exit status: 0 everything
passed, 1 something did not, 2 there is nothing to check.
"""

from __future__ import annotations

import codecs
import os
import queue
import subprocess
import sys
import threading
import unicodedata
from pathlib import Path
from typing import IO, Final

from grader.selfcheck.places import SelfCheckError, file_in, load_public, public_for, public_of
from grader.selfcheck.report import FAILED, Report
from grader.selfcheck.student import LIMIT, checks
from grader.selfcheck.submission import CODES, busy

USAGE: Final = 2
START: Final = 60.0
"""Seconds that a Python may take to start."""
SILENCE: Final = 4 * LIMIT
"""Seconds after which a Python that says nothing is stopped: it did not hear the interrupt."""
STEERING: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of characters that move a cursor, colour, or turn the direction of text."""
CHILD: Final = """\
import os, sys
from grader.selfcheck.submission import examine
try:
    status = examine(*sys.argv[1:])
except KeyboardInterrupt:
    status = 130
os._exit(status)  # a thread of the student's own would be waited for
"""

# --- the two front doors ------------------------------------------------------------------------


def check(name: str) -> None:
    """Check the functions of the notebook (or module) that calls this; show what came of it.

    ``name`` is that of the exercise. In IPython the outcome is shown as HTML, elsewhere as text.
    """
    if busy.is_set():
        return
    namespace = sys._getframe(1).f_globals
    try:
        public = public_of(name, Path.cwd())
    except SelfCheckError as error:
        print(error)
        return
    results = [each.run() for each in checks(namespace, load_public(public))]
    _show(Report(name, tuple(results)))


def main(path: Path | None = None) -> int:
    """Check a file, or the one of the exercise in a folder (this one); return the exit status."""
    try:
        file = file_in(path or Path.cwd()) if path is None or path.is_dir() else path
        public = public_for(file)
    except SelfCheckError as error:
        print(f"grader: {error}", file=sys.stderr)
        return USAGE
    return _watch(file.resolve(), public.resolve())


# --- a file, in a Python of its own -------------------------------------------------------------


def _watch(file: Path, public: Path) -> int:
    """Run `examine` in another Python and pass on what it prints; stop it when it hangs."""
    command = [sys.executable, "-P", "-c", CHILD, str(file), str(public)]
    environment = os.environ | {"MPLBACKEND": "Agg", "PYTHONIOENCODING": "utf-8:backslashreplace"}
    process = subprocess.Popen(  # noqa: S603  # the student's own code, at the student's wish
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=environment,
    )  # fmt: skip
    assert process.stdout is not None  # noqa: S101  # it was asked for
    chunks: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_pump, args=(process.stdout, chunks), daemon=True).start()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    patience = START
    try:
        while chunk := chunks.get(timeout=patience):
            _say(decoder.decode(chunk))
            patience = SILENCE
    except queue.Empty:
        _say(f"FAILED\n      stopped: nothing came of it in {SILENCE:g} s\n")
        return FAILED
    finally:
        process.kill()
        status = process.wait()
    if status not in CODES:
        _say(f"\nYour code ended Python itself (exit status {status}) in the middle of a check.\n")
    return CODES.get(status, FAILED)


def _pump(pipe: IO[bytes], chunks: queue.Queue[bytes]) -> None:
    """Put what arrives into the queue as it arrives, and at the end nothing."""
    while data := os.read(pipe.fileno(), 65536):
        chunks.put(data)
    chunks.put(b"")


def _say(text: str) -> None:
    """Print what may hold signs that this terminal cannot show, or would obey."""
    encoding = sys.stdout.encoding or "utf-8"
    shown = "".join(map(_shown, text))
    print(shown.encode(encoding, "replace").decode(encoding), end="", flush=True)


def _shown(character: str) -> str:
    if character in "\n\r\t" or unicodedata.category(character) not in STEERING:
        return character
    return f"\\u{ord(character):04x}"


def _show(report: Report) -> None:
    """Display in IPython, if that is where we are; else print."""
    shell = sys.modules.get("IPython")
    if shell is not None and shell.get_ipython() is not None:
        shell.display.display(report)
    else:
        _say(f"{report}\n")
