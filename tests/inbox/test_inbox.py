"""The inbox: which file of which student counts, in folders and in zips alike."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat
import pytest

from grader.errors import UserError
from grader.inbox import Inbox, InboxError, open_inbox
from grader.model import Submission

STUB = b'''"""ReLU."""

# %%
def relu(z):
    """max(z, 0)."""
    raise NotImplementedError
'''
WORK = b"def relu(z):\n    return z * (z > 0)\n"
OTHER = b"def relu(z):\n    return max(z, 0)\n"
Layout = Mapping[str, bytes]


def notebook(*cells: str) -> bytes:
    made = [nbformat.v4.new_code_cell(source) for source in cells]
    return nbformat.writes(nbformat.v4.new_notebook(cells=made)).encode()


STUB_NOTEBOOK = notebook("def relu(z):\n    raise NotImplementedError", "relu(3)")


def as_folder(root: Path, files: Layout) -> Path:
    """The files in a folder, each a minute older than the next."""
    for minute, (path, data) in enumerate(files.items()):
        target = root / "class" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        os.utime(target, (1_700_000_000 + 60 * minute,) * 2)
    return root / "class"


def zip_of(name: str) -> bytes:
    """An archive of one empty file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(name, b"")
    return made.getvalue()


def as_zip(root: Path, files: Layout) -> Path:
    """The same in a zip."""
    with zipfile.ZipFile(root / "class.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for minute, (path, data) in enumerate(files.items()):
            archive.writestr(zipfile.ZipInfo(path, (2026, 3, 1, 12, minute, 0)), data)
    return root / "class.zip"


@pytest.fixture(params=[as_folder, as_zip])
def pack(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Layout], Path]:
    return lambda files: request.param(tmp_path, files)


def opened(source: Path, **settings: object) -> Inbox:
    return open_inbox(source, expected="relu", stub=STUB, **settings)  # type: ignore[arg-type]


def only(source: Path, **settings: object) -> Submission:
    (submission,) = opened(source, **settings).submissions
    return submission


def test_files_and_folders_are_students(pack: Callable[[Layout], Path]) -> None:
    inbox = opened(pack({"bob.py": WORK, "ada/relu.py": OTHER, "zoë.ipynb": notebook("x = 1")}))
    assert inbox.kind == "plain"
    assert inbox.notes == ()
    assert [(one.student, one.file, one.source) for one in inbox.submissions][:2] == [
        ("ada", "ada/relu.py", OTHER),
        ("bob", "bob.py", WORK),
    ]
    assert inbox.submissions.students == ("ada", "bob", "zoë")
    assert {("", "", "")} == {(one.problem, one.error, one.note) for one in inbox.submissions}


def test_a_folder_around_it_all_does_not_matter(tmp_path: Path) -> None:
    source = as_zip(
        tmp_path, {"hw1/ada.py": WORK, "hw1/bob.py": WORK, "__MACOSX/hw1/._ada.py": b""}
    )
    assert opened(source).submissions.students == ("ada", "bob")
    inner = as_zip(tmp_path, {"hw1/ada/relu.py": WORK})
    assert opened(inner).submissions.students == ("ada",)


def test_a_zip_of_one_students_folder_is_that_student(tmp_path: Path) -> None:
    source = as_zip(tmp_path, {"ada/relu.py": WORK, "ada/notes.txt": b""})
    assert opened(source).submissions.students == ("ada",)


def test_a_single_file_is_a_submission(tmp_path: Path) -> None:
    for name in ("ada.py", "relu.py"):
        (tmp_path / name).write_bytes(WORK)
        one = only(tmp_path / name)
        assert (name.partition(".")[0], name, WORK) == (one.student, one.file, one.source)
    (tmp_path / "link.py").symlink_to(tmp_path / "ada.py")
    assert only(tmp_path / "link.py").source == WORK


def test_a_folder_of_one_students_files_is_that_student(pack: Callable[[Layout], Path]) -> None:
    """The script and the notebook, named as released, with no folders of students."""
    files = {"relu.py": WORK, "relu.ipynb": STUB_NOTEBOOK, "README.md": b"", "test_public.py": STUB}
    one = only(pack(files))
    assert (one.student, one.source) == ("class", WORK)


def test_what_was_released_beside_the_work_is_no_student(pack: Callable[[Layout], Path]) -> None:
    inbox = opened(pack({"ada.py": WORK, "test_public.py": STUB, "relu.py": STUB}))
    assert inbox.submissions.students == ("ada",)
    assert "test_public.py is ignored: cannot tell whose it is" in inbox.notes


def test_submissions_are_read_when_iterated_and_again(tmp_path: Path) -> None:
    source = as_folder(tmp_path, {"ada.py": WORK})
    submissions = opened(source).submissions
    assert len(submissions) == 1
    assert next(iter(submissions)).source == WORK
    (source / "ada.py").write_bytes(OTHER)
    assert next(iter(submissions)).source == OTHER


@pytest.mark.parametrize(
    ("files", "counts", "note"),
    [
        ({"relu.py": WORK, "relu.ipynb": STUB_NOTEBOOK}, "relu.py", ""),
        ({"relu.py": STUB, "relu.ipynb": notebook("def relu(z): ...")}, "relu.ipynb", ""),
        ({"relu.py": WORK, "relu.ipynb": notebook("x = 1")}, "relu.ipynb", "latest"),
        ({"relu.ipynb": notebook("x = 1"), "relu.py": WORK}, "relu.py", "latest"),
        ({"relu.ipynb": notebook(WORK.decode()), "relu.py": WORK}, "relu.py", ""),
        ({"relu.py": WORK, "helper.py": OTHER}, "relu.py", ""),
        ({"relu-1.py": WORK, "helper.py": OTHER}, "relu-1.py", ""),
        ({"ReLU (2).py": WORK}, "ReLU (2).py", ""),
        ({"RELU.PY": WORK}, "RELU.PY", ""),
        ({"relu-1.py": OTHER, "relu.py": WORK}, "relu.py", "not graded, because of the name"),
        ({"relu.py": WORK, "relu-1.py": OTHER}, "relu.py", "ada/relu-1.py"),
        ({"relu.py": STUB, "relu-1.py": OTHER}, "relu-1.py", ""),
        ({"relu-1.py": OTHER, "relu.ipynb": notebook("x = 1")}, "relu.ipynb", "latest"),
        ({"mine.py": WORK}, "mine.py", "only candidate"),
        ({"test_mine.py": WORK}, "test_mine.py", "only candidate"),
        ({"relu.py": STUB, "mine.py": WORK}, "mine.py", "only candidate"),
        ({"deep/er/relu.py": WORK}, "deep/er/relu.py", ""),
        ({"relu.py": WORK, "relu.ipynb": b"broken"}, "relu.py", "not JSON"),
        ({"relu.py": WORK, ".ipynb_checkpoints/relu.py": OTHER}, "relu.py", ""),
        ({"relu.py": WORK, "venv/lib/relu.py": OTHER}, "relu.py", ""),
    ],
)
def test_which_file_counts(
    files: Layout, counts: str, note: str, pack: Callable[[Layout], Path]
) -> None:
    inbox = opened(pack({f"ada/{path}": data for path, data in files.items()} | {"bob.py": WORK}))
    one = next(iter(inbox.submissions))
    assert ("", "", f"ada/{counts}") == (one.error, one.problem, one.file)
    assert files[counts] == one.source
    assert note in one.note if note else one.note == ""


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"relu.py": STUB}, "only the unchanged stub"),
        ({"relu.py": STUB, "relu.ipynb": STUB_NOTEBOOK}, "only the unchanged stub"),
        (
            {"relu.py": b"# mine\n" + STUB.replace(b'"""max(z, 0)."""', b"")},
            "only the unchanged stub",
        ),
        (
            {"report.pdf": b"%PDF"},
            "no .py or .ipynb file was submitted, but ada/report.pdf; submit",
        ),
        ({"relu.py": b"x" * (1 << 20) + b"x"}, "relu.py is over 1,024 KiB"),
        ({"relu.ipynb": b" " * (1 << 26) + b"{}"}, "relu.ipynb is over 65,536 KiB"),
        ({"relu.py": b"\xff\xfex\0"}, "UTF-16"),
        ({"relu.py": b"caf\xe9"}, "not UTF-8"),
        ({"relu.py": STUB, "relu.ipynb": b"{"}, "not JSON"),
        ({"relu.py": STUB, "test_public.py": WORK}, "only the unchanged stub"),
        ({"work.rar": b"Rar!"}, "work.rar is an archive inside the submission"),
    ],
)
def test_what_cannot_be_graded_is_a_problem_with_a_reason(
    files: Layout, problem: str, pack: Callable[[Layout], Path]
) -> None:
    inbox = opened(pack({f"ada/{path}": data for path, data in files.items()} | {"bob.py": WORK}))
    ada, bob = inbox.submissions
    assert problem in ada.problem
    assert "\n" not in ada.problem
    assert (ada.error, bob.problem, bob.source) == ("", "", WORK)


def test_an_empty_folder_is_a_student_who_handed_in_nothing(tmp_path: Path) -> None:
    source = as_folder(tmp_path, {"bob.py": WORK})
    (source / "ada").mkdir()
    assert next(iter(opened(source).submissions)).problem == "nothing was submitted"


def test_several_that_cannot_be_told_apart_are_an_error_and_choose_settles_it(
    pack: Callable[[Layout], Path],
) -> None:
    source = pack({"ada/a.py": WORK, "ada/b.py": OTHER, "bob.py": WORK})
    ada = next(iter(opened(source).submissions))
    assert ada.error.startswith(
        "several files might be meant: ada/a.py, ada/b.py; choose one: --choose"
    )
    assert ada.source == b""
    for choice in ("b.py", "ada/b.py"):
        ada = next(iter(opened(source, choose={"ada": choice}).submissions))
        assert (ada.error, ada.file, ada.source) == ("", "ada/b.py", OTHER)
    with pytest.raises(InboxError, match=r"c.py is not among the files of ada: ada/a.py, ada/b.py"):
        opened(source, choose={"ada": "c.py"})
    with pytest.raises(UserError, match="no such student: 'carl'"):
        opened(source, choose={"carl": "c.py"})
    deep = pack({"ada/sub/c.py": OTHER, "bob/relu.py": WORK})
    ada = next(iter(opened(deep, choose={"ada": "sub/c.py"}).submissions))
    assert (ada.file, ada.source) == ("ada/sub/c.py", OTHER)


def test_two_changed_at_the_same_moment_are_an_error(tmp_path: Path) -> None:
    source = as_folder(tmp_path, {"ada/relu.py": WORK, "ada/relu.ipynb": notebook("x = 1")})
    for file in (source / "ada").iterdir():
        os.utime(file, (1, 1))
    assert "several files" in only(source).error


def test_more_files_than_will_be_read_are_an_error(tmp_path: Path) -> None:
    one = only(as_folder(tmp_path, {f"ada/part{n}.py": WORK for n in range(30)}))
    assert one.error.startswith("30 files might be meant")
    assert one.error.endswith("and 22 more")


def test_what_is_nobodys_is_noted(pack: Callable[[Layout], Path]) -> None:
    inbox = opened(pack({"relu.py": STUB, "roster.csv": b"", "ada/relu.py": WORK}))
    assert inbox.submissions.students == ("ada",)
    assert inbox.notes == (
        "relu.py is ignored: cannot tell whose it is",
        "roster.csv is ignored: neither .py nor .ipynb",
    )


def test_demo_cells_make_no_difference_to_the_stub(tmp_path: Path) -> None:
    """The notebook's tagged cell is left out on reading, and so is the script's."""
    demo = '# %% tags=["demo"]\nimport matplotlib\nplot = 1\n'
    cells = [nbformat.v4.new_code_cell("plot = 2", metadata={"tags": ["demo"]})]
    cells.append(nbformat.v4.new_code_cell("def relu(z):\n    raise NotImplementedError"))
    made = nbformat.writes(nbformat.v4.new_notebook(cells=cells)).encode()
    source = as_folder(tmp_path, {"ada/relu.ipynb": made, "ada/relu.py": WORK})
    (one,) = open_inbox(source, expected="relu", stub=STUB + demo.encode()).submissions
    assert one.source == WORK


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("missing", None, "no such file"),
        ("empty.zip", b"", "not a zip"),
        ("text.zip", b"hello", "not a zip"),
        ("short.zip", b"PK\5\6", "not a zip"),
        ("lying.zip", b"PK\5\6" + b"\xff" * 18, "members"),
        ("notes.txt", b"hello", "not a zip"),
        ("nothing.zip", b"PK\5\6" + b"\0" * 18, "no .py or .ipynb file in it"),
        ("essay.docx", zip_of("word/document.xml"), "no .py or .ipynb file in it"),
    ],
)
def test_a_source_that_cannot_be_graded_says_why(
    name: str, data: bytes | None, reason: str, tmp_path: Path
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(InboxError) as error:
        opened(tmp_path / name)
    assert reason in str(error.value)
    assert name in str(error.value)
    assert "\n" not in str(error.value)


def test_other_sources_that_cannot_be_graded(tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    with pytest.raises(InboxError, match="no submissions found"):
        opened(tmp_path / "class")
    with pytest.raises(
        InboxError, match="unknown kind of export; choose one of: gradescope, moodle"
    ):
        opened(tmp_path / "class", kind="ilias")
    os.mkfifo(tmp_path / "pipe.zip")
    with pytest.raises(InboxError, match="neither a file nor a folder"):
        opened(tmp_path / "pipe.zip")
    with pytest.raises(InboxError, match="not a path"):
        opened(Path("a\0b"))


def test_the_kind_can_be_said(tmp_path: Path) -> None:
    """Two files that look like Canvas's, and are students'."""
    source = as_folder(tmp_path, {"ada_1_2_x.py": WORK, "bob_3_4_y.py": WORK})
    assert opened(source).kind == "canvas"
    assert opened(source, kind="plain").submissions.students == ("ada_1_2_x", "bob_3_4_y")
    with pytest.raises(InboxError, match="taken as moodle"):
        opened(source, kind="moodle")
