"""The command `grader worker`."""

from __future__ import annotations

import argparse
import contextlib
import io
from collections.abc import Iterator
from pathlib import Path

from grader.cli.output import here, stop
from grader.text import for_terminal

FOLDER = "course/"


def run(options: argparse.Namespace) -> int:
    """Grade submissions of coordinators until the process is ended."""
    from grader.course import catalog
    from grader.runs import celery_worker

    with _course(options.course) as folder:
        course = catalog.load(folder) if folder else here()
        return celery_worker.work(options.broker, course, options.jobs, _at_once)


def _at_once(line: str) -> None:
    print(for_terminal(line), flush=True)


@contextlib.contextmanager
def _course(given: Path | None) -> Iterator[Path | None]:
    """Yield the course's folder; a bundle is unpacked to a private folder meanwhile."""
    if given is None or given.is_dir():
        yield given
        return
    if not given.exists():
        stop(f"{given} does not exist")
    import tempfile

    with tempfile.TemporaryDirectory(prefix="grader-course-") as folder:
        _unpack(given, Path(folder))
        yield Path(folder)


def _unpack(bundle: Path, folder: Path) -> None:
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(bundle.read_bytes())) as archive:
            names = [name for name in archive.namelist() if name.startswith(FOLDER)]
            if not names:
                stop(f"{bundle} contains no course; make it with: grader bundle worker NAME")
            for name in names:
                target = folder / name.removeprefix(FOLDER)
                if not target.resolve().is_relative_to(folder.resolve()):
                    stop(f"{bundle} contains {name!r}, a path outside of it")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(name))
    except zipfile.BadZipFile:
        stop(f"{bundle} is not a zip; make it with: grader bundle worker NAME")
