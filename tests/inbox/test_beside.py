"""Several files of one submission: which belong together, under which names, and what is left out."""

import pytest

from grader.inbox import open_inbox
from grader.inbox.beside import NOTHING, Beside
from grader.parcel import files_of, packed

SEVERAL = Beside(files=("data.py",))
HELPERS = Beside(helpers=True)
TEXTS = Beside(texts=True)


def submitted(folder, beside, files):
    """Return the files of the one student who submitted these, and the note."""
    for name, text in files.items():
        path = folder / "ada" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    inbox = open_inbox(folder, expected="model", stub=b"", depth=1, beside=beside)
    [found] = inbox.submissions
    assert not found.problem
    return {k: v.decode() for k, v in files_of(found.file, found.source).items()}, found.note


@pytest.mark.parametrize(
    ("beside", "files", "kept"),
    [
        (NOTHING, {"model.py": "1", "data.py": "2"}, {"model.py": "1"}),
        (SEVERAL, {"model.py": "1", "data.py": "2"}, {"model.py": "1", "data.py": "2"}),
        (SEVERAL, {"Model-1.py": "1", "data (2).py": "2"}, {"Model-1.py": "1", "data.py": "2"}),
        (
            SEVERAL,
            {"model.py": "1", "data.py": "2", "x.py": "3"},
            {"model.py": "1", "data.py": "2"},
        ),
        (HELPERS, {"model.py": "1", "tools.py": "2"}, {"model.py": "1", "tools.py": "2"}),
        (HELPERS, {"model.py": "1", "test_x.py": "2", "my-own.py": "3"}, {"model.py": "1"}),
        (HELPERS, {"model.py": "1", "sub/tools.py": "2"}, {"model.py": "1"}),
        (TEXTS, {"model.py": "1", "proof.md": "2"}, {"model.py": "1", "proof.md": "2"}),
        (TEXTS, {"model.py": "1", "README.md": "2", "x.csv": "3"}, {"model.py": "1"}),
    ],
)
def test_what_belongs_to_a_submission(tmp_path, beside, files, kept):
    """Declared modules, helpers in the same folder, and texts; nothing else."""
    found, _ = submitted(tmp_path, beside, files)
    assert kept == found


def test_a_missing_file_is_noted(tmp_path):
    """The rest is graded, and the student reads what is missing."""
    found, note = submitted(tmp_path, SEVERAL, {"model.py": "1"})
    assert ({"model.py": "1"}, "data.py was not submitted") == (found, note)


def test_an_unreadable_file_is_left_out_by_name(tmp_path):
    """A second file that is not Python text does not keep the first from being graded."""
    found, note = submitted(tmp_path, SEVERAL, {"model.py": "1", "data.py": "a\0b"})
    assert {"model.py": "1"} == found
    assert note.startswith("data.py cannot be read")


def test_equal_files_make_equal_parcels():
    """The content, and so its hash, depends on every file and on nothing else."""
    one, other = {"a.py": b"1", "b.py": b"2"}, {"a.py": b"1", "b.py": b"3"}
    assert packed(one) == packed(dict(one)) != packed(other)


def test_a_damaged_parcel_is_one_file():
    """A student who writes what looks like a parcel gains nothing."""
    data = packed({"a.py": b"1", "b.py": b"2"})
    assert list(files_of("x.py", data[:30] + data[60:])) == ["x.py"]
