"""A zip that a student handed in as the work: what is read from it, and what is refused."""

import io
import stat
import zipfile

import pytest

from grader.inbox import inner, open_inbox
from grader.inbox.beside import NOTHING, Beside
from grader.parcel import files_of

STUB = b"def relu(z):\n    raise NotImplementedError\n"
WORK = b"def relu(z):\n    return z * (z > 0)\n"
OTHER = b"def relu(z):\n    return abs(z)\n"
WITH_TEXT = {"relu.py": b"x = 1", "data.py": b"y = 2", "why.md": b"because"}


def zipped(*members):
    """Return the bytes of a zip; a third item of a member is its mode."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data, *mode in members:
            info = zipfile.ZipInfo(name, (2026, 1, 2, 3, 4, 6))
            info.external_attr = (mode[0] if mode else 0) << 16
            archive.writestr(info, data)
    return made.getvalue()


GOOD = zipped(("my work/relu.py", WORK), ("__MACOSX/my work/._relu.py", b"x"))


def read(folder, files, beside=NOTHING, **more):
    """Return the submissions in a download with these files."""
    source = folder / "download.zip"
    source.write_bytes(zipped(*files.items()))
    inbox = open_inbox(source, expected="relu", stub=STUB, beside=beside, **more)
    return list(inbox.submissions)


@pytest.mark.parametrize(
    "path",
    [
        "Ada Lovelace_123_assignsubmission_file_/work.zip",
        "Ada Lovelace_123_assignsubmission_file_work.zip",
        "lovelaceada_123_456_work.zip",
        "lovelaceada_LATE_123_456_Work-1.ZIP",
        "ada/work.zip",
        "ada.zip",
    ],
)
def test_the_work_in_a_zip_is_graded(tmp_path, path):
    """Whatever the system calls the file; another student's is not touched by it."""
    others = path.replace("123", "124").replace("ada", "bob").replace("Ada", "Bob")
    ada, bob = read(tmp_path, {path: GOOD, others: zipped(("relu.py", OTHER))})
    assert (WORK, OTHER) == (ada.source, bob.source)
    assert ada.file.endswith("/my work/relu.py")
    assert not ada.problem + ada.error


def test_several_files_in_a_zip_belong_together(tmp_path):
    """As they would without the zip: modules and texts that the assignment takes."""
    beside = Beside(files=("data.py",), texts=True)
    [ada] = read(tmp_path, {"ada/work.zip": zipped(*WITH_TEXT.items())}, beside, depth=1)
    assert files_of(ada.file, ada.source) == WITH_TEXT


@pytest.mark.parametrize(
    ("files", "source"),
    [
        ({"relu.py": OTHER, "old.zip": GOOD}, OTHER),
        ({"relu.py": STUB, "work.zip": GOOD}, WORK),
        ({"test_public.py": b"x = 1", "work.zip": GOOD}, WORK),
        ({"relu.ipynb": b"{", "work.zip": GOOD}, WORK),
    ],
)
def test_a_zip_is_opened_where_nothing_beside_it_is_work(tmp_path, files, source):
    """A file that can be graded counts; the stub as released is none."""
    [ada] = read(tmp_path, {f"ada/{name}": data for name, data in files.items()}, depth=1)
    assert source == ada.source


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (zipped(("inner.zip", GOOD)), "inner.zip is an archive inside the submission"),
        (zipped(("../../relu.py", WORK)), "work.zip holds no file that can be read"),
        (zipped(), "work.zip holds no file that can be read"),
        (zipped(("relu.py", b"/etc/passwd", stat.S_IFLNK | 0o777)), "relu.py is a link"),
        (zipped(("relu.py", b"#" * (2 << 20))), "relu.py is over 1,024 KiB"),
        (GOOD[:60], "work.zip is not a zip that can be read"),
        (b"PK", "work.zip is not a zip that can be read"),
        (GOOD.replace(WORK[:20], b"?" * 20), "relu.py is damaged"),
        (zipped(("relu.py", STUB)), "only the unchanged stub"),
    ],
)
def test_a_zip_that_cannot_be_graded_says_why(tmp_path, data, reason):
    """It was made by the student: no work, and never an error of ours; bob is graded."""
    ada, bob = read(tmp_path, {"ada/work.zip": data, "bob/work.zip": GOOD})
    assert reason in ada.problem
    assert not ada.error + ada.problem.partition("unpack the archive")[1]
    assert WORK == bob.source


@pytest.mark.parametrize(
    ("limit", "reason"), [("MAX_ZIP", "is over"), ("MAX_OF_ONE", "holds over 0 files")]
)
def test_a_zip_is_bounded(tmp_path, monkeypatch, limit, reason):
    """Without the limit the same zip is read."""
    assert read(tmp_path, {"ada/work.zip": GOOD})[0].source == WORK
    monkeypatch.setattr(inner, limit, 0)
    assert reason in read(tmp_path, {"ada/work.zip": GOOD})[0].problem


def test_every_attempt_may_be_a_zip(tmp_path):
    """Where the best attempt counts, each is opened."""
    files = {"ada.zip": zipped(("relu.py", OTHER)), "ada (1).zip": GOOD}
    assert [OTHER, WORK] == [each.source for each in read(tmp_path, files, every=True)]
