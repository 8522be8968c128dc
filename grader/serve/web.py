"""The web process: uvicorn on the supervisor's socket, with as few rights as possible.

    python -c "from grader.serve import web; web.main()" '{"listen": 3, ...}'

If we are root, it changes to another user after all imports. Landlock, if the kernel supports it,
leaves it only the private folder and the files of Python, but no course, secret or hidden test.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from importlib import import_module
from pathlib import Path
from typing import Final, cast

import msgspec
import uvicorn
from starlette.applications import Starlette

from grader.sandbox.guest import lockdown
from grader.serve import http, pages, uploads
from grader.serve.app import build
from grader.serve.connections import Connections
from grader.serve.context import Site
from grader.serve.database import FILE, FOLDER, Database
from grader.serve.dispatcher import Dispatcher
from grader.serve.messages import address
from grader.serve.process_settings import WebSettings
from grader.text import visible_line

PRIORITY: Final = -5


def main() -> None:
    """Serve until the supervisor ends the process."""
    settings = msgspec.json.decode(sys.argv[1], type=WebSettings)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.umask(0o077)
    pages.compile_all()
    pages.render("message.html", title="", text=visible_line(""), back="")
    uploads.rehearse()
    loops = _event_loops()
    go_first()
    if settings.uid and os.geteuid() == 0:
        drop(settings.uid)
    lockdown.die_with_parent(settings.parent)
    data = Path(settings.data)
    tempfile.tempdir = str(data / FOLDER / "tmp")  # large uploads are spooled there
    os.makedirs(tempfile.tempdir, 0o700, exist_ok=True)
    with asyncio.Runner(loop_factory=loops) as runner:
        runner.run(_serve(settings, data))


def _event_loops() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's event loops if installed: they need half the CPU time of Python's own."""
    with contextlib.suppress(ImportError):
        return cast(
            "Callable[[], asyncio.AbstractEventLoop]", import_module("uvloop").new_event_loop
        )
    return None


def go_first() -> None:
    """Raise our priority above the grading processes, if we are root: accepting comes first."""
    with contextlib.suppress(OSError):
        os.nice(PRIORITY)
        # If the kernel groups processes by session, nice values matter only within a group.
        Path("/proc/self/autogroup").write_text(str(PRIORITY))


def drop(uid: int) -> None:
    """Change to another user permanently."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


async def _serve(settings: WebSettings, data: Path) -> None:
    database = Database(data / FOLDER / FILE)
    service = Connections(address(data))
    state: dict[str, object] = {}
    dispatcher = Dispatcher(database, service, settings.capacity, state)
    site = Site(settings.origin, database, service, dispatcher, settings.retain_days, state)
    app = build(site)
    listening = socket.socket(fileno=settings.listen)
    server = uvicorn.Server(uvicorn.Config(
        _with_start(app, dispatcher), loop="asyncio", http=http.parser(), ws="none", lifespan="on",
        log_level="warning", access_log=False, server_header=False, date_header=True,
        proxy_headers=False, timeout_keep_alive=30, timeout_graceful_shutdown=3,
        h11_max_incomplete_event_size=http.MOST, backlog=2048,
    ))  # fmt: skip
    ending = asyncio.get_running_loop()

    def end() -> None:
        state["ending"] = True
        server.should_exit = True

    ending.add_signal_handler(signal.SIGTERM, end)
    with contextlib.suppress(asyncio.CancelledError):
        await server._serve([listening])  # `serve` would replace our signal handlers


def _with_start(app: Starlette, dispatcher: Dispatcher) -> Starlette:
    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await dispatcher.start()
        yield

    app.router.lifespan_context = lifespan
    return app
