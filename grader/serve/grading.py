"""The grading service's process: it answers requests on the supervisor's socket.

    python -c "from grader.serve import grading; grading.main()" '{"socket": 3, ...}'

It has the course, the secret and the results, and no network access if the system allows that.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Final

import msgspec

from grader.sandbox.guest import lockdown
from grader.serve import messages as post
from grader.serve.courses import Courses
from grader.serve.desk import GradingDesk
from grader.serve.process_settings import GradingSettings

CLONE_NEWNET: Final = 0x40000000


def main() -> None:
    """Serve until the supervisor ends the process."""
    settings = msgspec.json.decode(sys.argv[1], type=GradingSettings)
    lockdown.die_with_parent(settings.parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    leave_network()
    os.umask(0o077)
    listening = socket.socket(fileno=settings.socket)
    desk = GradingDesk(Courses([Path(each) for each in settings.courses]),
                Path(settings.data) / "results", settings.jobs)  # fmt: skip

    def end(number: int, frame: object) -> None:
        os._exit(0)  # its grading processes die too; unanswered attempts are graded again

    signal.signal(signal.SIGTERM, end)
    threading.Thread(target=desk.warm_up, daemon=True).start()
    threading.Thread(target=_serve, args=(listening, desk), daemon=True).start()
    desk.service.wait_until_broken()
    print(f"the grading service failed: {desk.service.broken!r}", file=sys.stderr, flush=True)
    os._exit(1)  # the supervisor starts a new process


def _serve(listening: socket.socket, desk: GradingDesk) -> None:
    while True:
        connection, _ = listening.accept()
        threading.Thread(target=_answer_all, args=(connection, desk), daemon=True).start()


def _answer_all(connection: socket.socket, desk: GradingDesk) -> None:
    """Answer requests in turn, until the web process closes the connection."""
    with connection, contextlib.suppress(OSError, ValueError, msgspec.MsgspecError):
        while True:
            request = post.receive_request(connection)
            connection.sendall(post.framed(_answer(request, desk)))


def _answer(request: post.Request, desk: GradingDesk) -> post.Answer:
    """Return an answer; an exception is sent to the other side and printed to stderr."""
    try:
        return desk.answer(request)
    except Exception as error:  # our own error ends this request, but not the service
        print(f"{type(request).__name__}: {error!r}", file=sys.stderr, flush=True)
        return post.Unable(f"{type(error).__name__}: {error}")


def leave_network() -> bool:
    """Give up network access if the system allows it; return whether it did."""
    try:
        lockdown.unshare(CLONE_NEWNET)
    except OSError:
        return False
    return True
