"""Build the wheel that a bundle contains, and reproducible zips."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Final

from grader import __version__
from grader.course.assignment import Assignment

DISTRIBUTION: Final = "backprop-grader"

WHEEL: Final = f"{DISTRIBUTION.replace('-', '_')}-{__version__}-py3-none-any.whl"

BESIDES: Final = ("tzdata",)
"""Images have no time zone data, which due dates need."""

EPOCH: Final = (1980, 1, 1, 0, 0, 0)

Files = Mapping[str, bytes]
"""Content of the files, by path in the bundle."""


def wheel() -> bytes:
    """Pack this grader as a wheel, which pip installs without build tools.

    Source: packaging.python.org, *Binary distribution format*. The same grader gives the same
    bytes.
    """
    package = Path(__file__).parents[2]
    info = f"{WHEEL.partition('-py3')[0]}.dist-info"
    files = {
        path.relative_to(package.parent).as_posix(): path.read_bytes()
        for path in sorted(package.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
    tag = "Wheel-Version: 1.0\nGenerator: grader\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files |= {
        f"{info}/METADATA": _metadata(),
        f"{info}/WHEEL": tag.encode(),
        f"{info}/entry_points.txt": b"[console_scripts]\ngrader = grader.cli:main\n",
    }
    lines = [f"{path},{_digest(data)},{len(data)}" for path, data in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""]).encode()
    return packed(files)


def _metadata() -> bytes:
    """Return the installed metadata without the developers' extras."""
    known = metadata.distribution(DISTRIBUTION)
    needed = [line for line in known.requires or [] if "extra ==" not in line]
    lines = [
        "Metadata-Version: 2.1", f"Name: {DISTRIBUTION}", f"Version: {__version__}",
        f"Requires-Python: {known.metadata['Requires-Python'] or '>=3.11'}",
        *(f"Requires-Dist: {line}" for line in needed),
    ]  # fmt: skip
    for extra in ("celery", "torch"):
        wanted = re.compile(rf"(.*);\s*extra == ['\"]{extra}['\"]")
        found = [match[1] for line in known.requires or [] if (match := wanted.fullmatch(line))]
        lines += [f"Provides-Extra: {extra}"] if found else []
        lines += [f"Requires-Dist: {each}; extra == '{extra}'" for each in found]
    return "\n".join([*lines, ""]).encode()


def _digest(data: bytes) -> str:
    return "sha256=" + urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def constraints(assignment: Assignment, *besides: str) -> bytes:
    """Return the installed versions of all packages that grading needs."""
    extra = ["torch"] if assignment.runtime == "torch" else []
    names = sorted(
        _needed([DISTRIBUTION, *extra, *assignment.imports, *BESIDES, *besides]) - {DISTRIBUTION}
    )
    lines = [f"{name}=={metadata.version(name).partition('+')[0]}" for name in names]
    return ("\n".join([*lines, ""])).encode()


def _needed(names: list[str]) -> set[str]:
    """Return the installed distributions among these names, and their dependencies."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        try:
            requires = metadata.distribution(name).requires or []
        except metadata.PackageNotFoundError:
            continue
        if name not in found:
            found.add(name)
            waiting += [
                match[0] for line in requires
                if "extra ==" not in line and (match := re.match(r"[\w.-]+", line))
            ]  # fmt: skip
    return found


def packed(files: Files) -> bytes:
    """Return a zip in which scripts are executable and all other files private to the owner."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            member = zipfile.ZipInfo(path, date_time=EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3  # Unix, on any system
            member.external_attr = (0o100000 | _mode(path, data)) << 16
            archive.writestr(member, data)
    return out.getvalue()


def _mode(path: str, data: bytes) -> int:
    if data.startswith(b"#!"):
        return 0o755
    return 0o600 if "course" in path.split("/")[:-1] else 0o644
