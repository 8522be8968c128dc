"""The grading service as a process: answers requests on the socket that the supervisor opened.

    python -c "from grader.serve import grading; grading.main()" '{"socket": 3, ...}'

It holds the course, the secret and the results, and has no network where that can be had.
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
    """Serve until the supervisor ends us."""
    settings = msgspec.json.decode(sys.argv[1], type=GradingSettings)
    lockdown.die_with_parent(settings.parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    leave_network()
    os.umask(0o077)
    listening = socket.socket(fileno=settings.socket)
    desk = GradingDesk(Courses([Path(each) for each in settings.courses]),
                Path(settings.data) / "results", settings.jobs)  # fmt: skip

    def end(number: int, frame: object) -> None:
        os._exit(0)  # grading processes die with us; what is not answered is graded again

    signal.signal(signal.SIGTERM, end)
    threading.Thread(target=desk.warm_up, daemon=True).start()
    threading.Thread(target=_serve, args=(listening, desk), daemon=True).start()
    desk.service.wait_until_broken()
    print(f"the grading service failed: {desk.service.broken!r}", file=sys.stderr, flush=True)
    os._exit(1)  # the supervisor starts a new one


def _serve(listening: socket.socket, desk: GradingDesk) -> None:
    while True:
        connection, _ = listening.accept()
        threading.Thread(target=_answer_all, args=(connection, desk), daemon=True).start()


def _answer_all(connection: socket.socket, desk: GradingDesk) -> None:
    """Answer one request after the other, until the web process closes the connection."""
    with connection, contextlib.suppress(OSError, ValueError, msgspec.MsgspecError):
        while True:
            request = post.receive_request(connection)
            connection.sendall(post.framed(_answer(request, desk)))


def _answer(request: post.Request, desk: GradingDesk) -> post.Answer:
    """Return an answer; an exception goes to the other side and to stderr."""
    try:
        return desk.answer(request)
    except Exception as error:  # a mistake of ours ends this request, not the service
        print(f"{type(request).__name__}: {error!r}", file=sys.stderr, flush=True)
        return post.Unable(f"{type(error).__name__}: {error}")


def leave_network() -> bool:
    """Give up the network, where that can be had; return whether it was."""
    try:
        lockdown.unshare(CLONE_NEWNET)
    except OSError:
        return False
    return True
