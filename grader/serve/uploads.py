"""Read a form with a file, with limits on bytes and time, and with the inbox's rules.

A zip with one gradable file is opened. If an assignment has several files, they are uploaded one by
one or as a zip, and form one submission. Anything else is refused with a message.
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
from grader.inbox.beside import NOTHING, SUFFIXES, Beside
from grader.inbox.choice import Picker
from grader.inbox.folder import from_bytes, from_folder
from grader.inbox.tree import File, Handin, InboxError, Tree
from grader.model import Submission
from grader.notebook import MAX_IPYNB
from grader.serve.attempts import Upload
from grader.text import one_line

MIB: Final = 1024 * 1024
MOST: Final = MAX_IPYNB + MIB
"""Bytes of a whole request: the largest notebook, and the form around it."""
SECONDS: Final = 60.0
"""Seconds for the whole body of a request."""
FIELDS: Final = 20
FIELD_BYTES: Final = 64 * 1024
SMALL: Final = 32 * 1024
"""Bytes; smaller files are read faster here than in another thread."""


class UploadError(Exception):
    """An upload is refused; the message is for the student."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


async def read_form(request: Request, most: int = MOST) -> FormData:
    """Read the body of a form.

    Raises:
        UploadError: It is too large, too slow, or not a form.
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
        if getattr(error, "status_code", 0) == 400:  # raised by Starlette itself if there is an app
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


async def read_upload(form: Mapping[str, Any], expected: str, takes: Beside = NOTHING) -> Upload:
    """Return the submission in a form; raise `UploadError`.

    Args:
        form: The form.
        expected: The name of the main file, without a suffix.
        takes: The files that the assignment accepts besides the main file.
    """
    every = form.getlist("file") if isinstance(form, FormData) else []
    files = [each for each in every if isinstance(each, UploadFile)]
    named = {one_line(Path(each.filename or "").name, 120): each for each in files if each.filename}
    if not named:
        raise UploadError(422, "No file was chosen. Choose your .py or .ipynb file.")
    read = {name: await each.read() for name, each in named.items()}
    if takes != NOTHING:
        return await asyncio.to_thread(together, read, expected, takes)
    if len(read) > 1:
        raise UploadError(422, "Send only the file that is to be graded.")
    [(name, data)] = read.items()
    if len(data) <= SMALL and Path(name).suffix.lower() in SUFFIXES:
        return chosen(name, data, expected)
    return await asyncio.to_thread(chosen, name, data, expected)


def together(files: Mapping[str, bytes], expected: str, takes: Beside) -> Upload:
    """Return several files as one submission, by the inbox's rules; raise `UploadError`.

    A zip among them is opened if no other file is the work.
    """
    with tempfile.TemporaryDirectory(prefix="upload-") as folder:
        for name, data in files.items():
            try:
                (Path(folder) / name).write_bytes(data)
            except (OSError, ValueError):
                raise UploadError(422, f"{name} has a name that cannot be used.") from None
        tree = from_folder(Path(folder))
        handed = Handin("", tuple(File(each, each.name) for each in tree.entries))
        picker = Picker(tree, expected, lambda cells: False, beside=takes)
        return _upload(picker.submission(handed))


def chosen(name: str, data: bytes, expected: str) -> Upload:
    """Choose the file to grade, by the inbox's rules; raise `UploadError`."""
    suffix = Path(name).suffix.lower()
    if suffix not in (*SUFFIXES, ".zip"):
        raise UploadError(
            422, f"{name} cannot be graded. Send a .py or .ipynb file, or a .zip with one of them."
        )
    if suffix != ".zip":
        return _picked(name, from_bytes(f"upload{suffix}", data), expected)
    with tempfile.TemporaryDirectory(prefix="upload-") as folder:
        path = Path(folder) / "upload.zip"
        path.write_bytes(data)
        try:
            return _picked(name, from_zip(path, total=MOST), expected)
        except InboxError:
            raise UploadError(422, f"{name} is not a readable zip file. Create it again.") from None


def rehearse() -> None:
    """Read a zip and a notebook once, so that all modules for it are loaded.

    The web process later loses the right to read Python's own files, if only root may.
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


def _upload(found: Submission) -> Upload:
    """Return the chosen file; raise `UploadError` if there is none, or the choice is not clear."""
    if reason := found.error or found.problem:
        reason = reason.partition("; choose one:")[0]
        raise UploadError(422, f"{reason[:1].upper()}{reason[1:]}.")
    name = one_line(found.file.rpartition("/")[2], 120)
    if not found.source:
        raise UploadError(422, f"{name} is empty.")
    if "was not submitted" in found.note:
        raise UploadError(422, f"Something is missing: {found.note}. Send all files together.")
    return Upload(name, found.source)
