"""Pack the files of a submission into one, so that code for single files handles several.

>>> data = packed({"model.py": b"import data", "data.py": b"ROWS = 3"})
>>> files_of("model.py", data)
{'model.py': b'import data', 'data.py': b'ROWS = 3'}
>>> files_of("ada/relu.py", b"x = 1")
{'relu.py': b'x = 1'}

A single file is never packed and stays as the student wrote it. A parcel is a zip with a special
comment. Equal files give equal parcels, so a parcel's hash represents all of its files. No Python
file begins like a zip.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from typing import Final

MOST_FILES: Final = 20
MOST_BYTES: Final = 64 << 20
"""Bytes of all files of a submission together, unpacked."""
_BEGIN: Final = b"PK\x03\x04"
_COMMENT: Final = b"grader: the files of one submission"


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return files by name as one content, the main file first; a single file is unchanged."""
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
    """Return whether content was made by `packed` from several files."""
    return data.startswith(_BEGIN) and data.endswith(_COMMENT)


def files_of(name: str, data: bytes) -> dict[str, bytes]:
    """Return the files in a content by name, the main one first.

    A student could submit something that looks like a parcel. So its size is limited, and one that
    cannot be read counts as a single file.
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
