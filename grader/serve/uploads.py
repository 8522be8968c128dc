"""Read a form with a file: bounded in bytes and in time, and by the inbox's rules.

A zip with one file that can be graded is read; anything else is refused in words.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

from grader.inbox.archive import from_zip
from grader.inbox.beside import SUFFIXES
from grader.inbox.choice import Picker
from grader.inbox.folder import from_file
from grader.inbox.tree import File, Handin, InboxError, Tree
from grader.notebook import MAX_IPYNB
from grader.serve.attempts import Upload
from grader.text import one_line

MIB: Final = 1024 * 1024
MOST: Final = MAX_IPYNB + MIB
"""Bytes of a whole request: the largest notebook, and the form around it."""
SECONDS: Final = 60.0
"""For the whole body of a request."""
FIELDS: Final = 20
FIELD_BYTES: Final = 64 * 1024


class UploadError(Exception):
    """An upload is refused; the message is for the student."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


async def read_form(request: Request, most: int = MOST) -> FormData:
    """Read the body of a form.

    Raises:
        UploadError: It is too large, too slow, or no form.
    """
    announced = request.headers.get("content-length", "0")
    if announced.isascii() and announced.isdigit() and int(announced) > most:
        raise UploadError(413, _too_large(most))
    bounded = Request(request.scope, _bounded(request, most))
    try:
        async with asyncio.timeout(SECONDS):
            return await bounded.form(
                max_files=FIELDS, max_fields=FIELDS, max_part_size=FIELD_BYTES
            )
    except TimeoutError:
        raise UploadError(408, "The file arrived too slowly. Please send it again.") from None
    except (MultiPartException, ClientDisconnect):
        raise UploadError(400, "The form arrived incomplete. Please send it again.") from None
    except Exception as error:
        if getattr(error, "status_code", 0) == 400:  # Starlette's own, where there is an app
            raise UploadError(400, "The form could not be read. Please send it again.") from None
        raise


def _bounded(request: Request, most: int) -> Receive:
    read = 0

    async def receive() -> Message:
        nonlocal read
        message = await request.receive()
        read += len(message.get("body", b""))
        if read > most:
            raise UploadError(413, _too_large(most))
        return message

    return receive


def _too_large(most: int) -> str:
    return (f"The file is too large. The limit is 1 MiB for a .py file and {most // MIB} MiB for "
            "everything together. If it is a notebook, clear its output and send it again.")  # fmt: skip


async def read_upload(form: Mapping[str, Any], expected: str) -> Upload:
    """Return the file in a form; raises `UploadError`."""
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise UploadError(422, "No file was chosen. Choose your .py or .ipynb file.")
    data = await file.read()
    return await asyncio.to_thread(chosen, one_line(Path(file.filename).name, 120), data, expected)


def chosen(name: str, data: bytes, expected: str) -> Upload:
    """Choose the file that is graded, by the rules of the inbox; raises `UploadError`."""
    suffix = Path(name).suffix.lower()
    if suffix not in (*SUFFIXES, ".zip"):
        raise UploadError(
            422, f"{name} cannot be graded. Send a .py or .ipynb file, or a .zip with one of them."
        )
    with tempfile.TemporaryDirectory(prefix="upload-") as folder:
        path = Path(folder) / f"upload{suffix}"
        path.write_bytes(data)
        try:
            tree = from_zip(path, total=MOST) if suffix == ".zip" else from_file(path)
        except InboxError:
            raise UploadError(422, f"{name} is not a readable zip file. Create it again.") from None
        return _picked(name, tree, expected)


def rehearse() -> None:
    """Read a zip and a notebook once, so that all that is loaded for it is loaded.

    The web process gives up the right to read Python's own files, if those are root's alone.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("é.ipynb", '{"nbformat": 4, "cells": []}')
        archive.writestr(zipfile.ZipInfo("plain.py"), "x = 1")
    for name, data in (("a.zip", packed.getvalue()), ("a.ipynb", b"{}"), ("a.py", b"x = 1")):
        with contextlib.suppress(UploadError):
            chosen(name, data, "a")
    "x".encode("cp437")


def _picked(name: str, tree: Tree, expected: str) -> Upload:
    packed = tree.packed
    entries = (
        [e for e in tree.entries if e.name.lower().endswith(SUFFIXES)] if packed else tree.entries
    )
    if packed and len(entries) != 1:
        found = "no .py or .ipynb file" if not entries else f"{len(entries)} .py or .ipynb files"
        raise UploadError(422, f"{name} contains {found}. Send only the file that is to be graded.")
    file = File(entries[0], entries[0].name, meant=True)
    found_file = Picker(tree, expected, lambda cells: False).submission(Handin("", (file,)))
    if found_file.error or found_file.problem:
        reason = (found_file.error or found_file.problem).replace(
            "upload.", name.rpartition(".")[0] + "."
        )
        raise UploadError(422, f"{reason[:1].upper()}{reason[1:]}.")
    if not found_file.source:
        raise UploadError(422, f"{name} is empty.")
    return Upload(one_line(entries[0].name, 120) if packed else name, found_file.source)
