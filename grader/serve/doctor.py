"""Report the requirements of `grader serve` on this machine: `grader doctor --serve`.

    for line, good in examine():
        print(line)

It follows the lines about the sandbox, the most important requirement.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from grader.sandbox import interpreter
from grader.serve.database import ServeError
from grader.serve.supervisor import ACCOUNT, WEB_UID, open_port

PACKAGES: Final = ("starlette", "uvicorn", "python-multipart")
PROXIES: Final = ("caddy", "nginx", "apache2", "httpd", "traefik")
PORT: Final = 8000
_SECONDS: Final = 30.0


def examine() -> Iterator[tuple[str, bool]]:
    """Yield (line, whether it is good) for each requirement of the service."""
    yield "grader serve:", True
    for name in PACKAGES:
        yield _package(name)
    yield f"  {_rights()}", True
    yield f"  {_network()}", True
    yield f"  {_port()}", True
    yield f"  {_proxy()}", True


def _package(name: str) -> tuple[str, bool]:
    try:
        return f"  {name} {version(name)}", True
    except PackageNotFoundError:
        return f"  {name}: not installed; pip install 'backprop-grader[serve]'", False


def _rights() -> str:
    if os.geteuid() != 0:
        return ("not started as root: the web process and the grading service have the same rights, "
                "and so a flaw in the web process could read the hidden tests")  # fmt: skip
    try:
        return f"the web process runs as {pwd.getpwnam(ACCOUNT).pw_name}"
    except KeyError:
        return (f"the web process runs as uid {WEB_UID}; to give it a name: "
                f"useradd --system --no-create-home {ACCOUNT}")  # fmt: skip


def _network() -> str:
    code = "from grader.serve.grading import leave_network; raise SystemExit(not leave_network())"
    done = subprocess.run(  # noqa: S603  # our own module
        interpreter.command(code), env=interpreter.environment(), cwd=interpreter.NEUTRAL,
        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=_SECONDS, check=False,
    )  # fmt: skip
    if done.returncode == 0:
        return "the grading service gives up its network"
    return "the grading service keeps its network: giving it up needs root"


def _port() -> str:
    try:
        open_port(PORT).close()
    except ServeError:
        return f"port {PORT} is taken, perhaps by a service that is running; see --port"
    return f"port {PORT} is free"


def _proxy() -> str:
    found = next((name for name in PROXIES if shutil.which(name)), "")
    if found:
        return f"{found} is installed: it can serve https in front"
    return "no proxy is installed: students on other machines need one for https, such as caddy"
