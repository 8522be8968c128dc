"""Pack the files of one submission into one, so that all that handles submissions handles several files.

>>> data = packed({"model.py": b"import data", "data.py": b"ROWS = 3"})
>>> files_of("model.py", data)
{'model.py': b'import data', 'data.py': b'ROWS = 3'}
>>> files_of("ada/relu.py", b"x = 1")
{'relu.py': b'x = 1'}

A single file is never packed: it stays what the student wrote. A parcel is a zip with a comment of ours,
equal for equal files, so that its hash is that of all of them. No Python file begins as a zip does.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from typing import Final

MOST_FILES: Final = 20
MOST_BYTES: Final = 64 << 20
"""For all files of a submission together, unpacked."""
_BEGIN: Final = b"PK\x03\x04"
_COMMENT: Final = b"grader: the files of one submission"


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return files by name as one content, the main file first; a single file stays as it is."""
    if len(files) == 1:
        return next(iter(files.values()))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = _COMMENT
        for name, data in files.items():
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3
            archive.writestr(member, data)
    return made.getvalue()


def is_parcel(data: bytes) -> bool:
    """Return whether a content was made by `packed` from several files."""
    return data.startswith(_BEGIN) and data.endswith(_COMMENT)


def files_of(name: str, data: bytes) -> dict[str, bytes]:
    """Return the files of a content by name, the main one first.

    A student could write what looks like a parcel. It is bounded, and one that cannot be read is one file.
    """
    short = name.rpartition("/")[2]
    if not is_parcel(data):
        return {short: data}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > MOST_FILES or sum(each.file_size for each in members) > MOST_BYTES:
                return {short: data}
            return {each.filename: archive.read(each) for each in members}
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        ValueError,
        EOFError,
    ):
        return {short: data}
