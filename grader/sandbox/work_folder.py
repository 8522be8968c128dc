"""The working folder of student code: the exercise's data and, if allowed, room to write.

    folder = WorkFolder.made(course.data(name), writes=True)
    folder.settings("/submission")     # the paths to send to the fork server
    folder.remove()

The data is copied once per fork server, because a worker has its own uid, which may not be able to
read the course. With ``writes``, every worker mounts its own file system on the empty folder
``private/own``.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from msgspec import Struct

from grader.sandbox.kept_folder import KeptFolder

SEEN_AT: Final = "/submission"
"""The path of the folder in bubblewrap's view of the file system."""


class WorkFolder(Struct, frozen=True):
    """A temporary folder that contains ``data`` and ``private/own``."""

    kept: KeptFolder
    writes: bool

    @property
    def path(self) -> Path:
        """Return the path of the folder."""
        return self.kept.path

    @classmethod
    def made(cls, data: Path | None, writes: bool) -> WorkFolder:
        """Create the folder with a copy of the files in ``data``, without links."""
        kept = KeptFolder.made("grader-work-")
        path = kept.path
        given = path / "data"
        given.mkdir()
        (path / "private" / "own").mkdir(parents=True)
        for source in files_in(data) if data is not None else ():
            copy = given / source.relative_to(data)  # type: ignore[arg-type]  # it has files
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
        for each in path.rglob("*"):
            each.chmod(0o555 if each.is_dir() else 0o444)
        path.chmod(0o555)
        return cls(kept, writes)

    def settings(self, root: str) -> dict[str, str]:
        """Return the paths for the fork server, which sees this folder as ``root``."""
        return {"data": f"{root}/data", "own": f"{root}/private/own" if self.writes else ""}

    def remove(self) -> None:
        """Delete the folder."""
        self.kept.remove()


def files_in(folder: Path) -> list[Path]:
    """Return the files of a data folder, sorted, without links and editors' backup files."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
    )
