"""Check a file in a separate Python process."""

from __future__ import annotations

import codecs
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Final

from grader.selfcheck.checks import LIMIT
from grader.selfcheck.examine import CODES
from grader.selfcheck.public_tests import SelfCheckError, file_in, public_for
from grader.selfcheck.report import FAILED
from grader.text import own_terminal

USAGE: Final = 2

START: Final = 60.0
"""Seconds that Python may take to start."""

SILENCE: Final = 4 * LIMIT
"""Seconds without output after which the process is killed: it ignored the interrupt."""

CHILD: Final = """\
import os, sys
from grader.selfcheck.examine import examine
try:
    status = examine(*sys.argv[1:])
except KeyboardInterrupt:
    status = 130
os._exit(status)  # a thread of the student's own would be waited for
"""


def main(path: Path | None = None) -> int:
    """Check a file, or the exercise's file in a folder; return the exit status."""
    try:
        file = file_in(path or Path.cwd()) if path is None or path.is_dir() else path
        public = public_for(file)
    except SelfCheckError as error:
        print(f"grader: {error}", file=sys.stderr)
        return USAGE
    return _watch(file.resolve(), public.resolve())


def _watch(file: Path, public: Path) -> int:
    """Run `examine` in another Python process and pass on its output; stop it if it hangs."""
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
            say(decoder.decode(chunk))
            patience = SILENCE
    except queue.Empty:
        say(f"FAILED\n      stopped: no result within {SILENCE:g} s\n")
        return FAILED
    finally:
        process.kill()
        status = process.wait()
    if status not in CODES:
        say(f"\nYour code ended Python itself (exit status {status}) in the middle of a check.\n")
    return CODES.get(status, FAILED)


def _pump(pipe: IO[bytes], chunks: queue.Queue[bytes]) -> None:
    """Put output into the queue as it arrives, and b"" at the end."""
    while data := os.read(pipe.fileno(), 65536):
        chunks.put(data)
    chunks.put(b"")


def say(text: str) -> None:
    """Print text, replacing characters that this terminal cannot show or would interpret."""
    encoding = sys.stdout.encoding or "utf-8"
    shown = own_terminal(text)
    print(shown.encode(encoding, "replace").decode(encoding), end="", flush=True)
