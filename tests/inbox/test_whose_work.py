"""Whose work it is: one student's folder, groups, records of students, unknown systems.

Each layout is opened as a folder and as a zip. The answer is the students and the work of each, or a
refusal; never one file for many in silence.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from grader.inbox import Inbox, InboxError, layout, open_inbox
from grader.inbox.layout import FolderLayout

STUB = b"def relu(z):\n    raise NotImplementedError\n"
WORK = b"def relu(z):\n    return z * (z > 0)\n"
OTHER = b"def relu(z):\n    return max(z, 0)\n"
HELP = b"def helper():\n    return 1\n"
Files = Mapping[str, bytes]


def lay(root: Path, files: Files, name: str = "class") -> Path:
    for path, data in files.items():
        target = root / name / path
        if path.endswith("/"):
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return root / name


def pack(root: Path, files: Files, name: str = "class") -> Path:
    with zipfile.ZipFile(root / f"{name}.zip", "w") as archive:
        for path, data in files.items():
            archive.writestr(zipfile.ZipInfo(path, (2026, 3, 1, 12, 0, 0)), data)
    return root / f"{name}.zip"


def opened(source: Path, **settings: object) -> Inbox:
    return open_inbox(
        source,
        expected="relu",
        stub=STUB,
        elsewhere=("relu", "conv"),
        **settings,  # type: ignore[arg-type]
    )


def answer(source: Path, **settings: object) -> dict[str, bytes] | str:
    """The source of each student's work, or the refusal."""
    try:
        return {one.student: one.source for one in opened(source, **settings).submissions}
    except InboxError as error:
        return str(error)


ONE_STUDENT = {
    "helper": {"relu.py": WORK, "utils.py": HELP},
    "another exercise": {"relu.py": WORK, "conv.py": HELP},
    "another exercise's notebook": {"relu.py": WORK, "conv.ipynb": b"{}"},
    "notebook of plots": {"relu.py": WORK, "plots.ipynb": b"{}"},
    "folder with code": {"relu.py": WORK, "lib/tools.py": HELP},
    "folder with a helper of another name": {"relu.py": WORK, "ada/tools.py": HELP},
    "copy in a test file": {"relu.py": WORK, "test_relu.py": WORK, "relu_test.py": WORK},
    "numbered copy with other helpers": {"relu (1).py": WORK, "utils.py": HELP},
    "copy of an older state": {"relu.py": WORK, "relu_old.py": OTHER, "my_relu_backup.py": OTHER},
    "a clone": {"relu.py": WORK, "utils.py": HELP, ".git/HEAD": b"ref: refs/heads/main"},
    "released files": {"relu.py": WORK, "README.md": b"", "test_public.py": HELP, "setup.py": b""},
    "in src": {"src/relu.py": WORK, "README.md": b""},
    "in src with tests": {"src/relu.py": WORK, "tests/test_it.txt": b"", "README.md": b""},
    "a copy below": {"relu.py": WORK, "backup/relu.py": WORK},
    "a copy in a folder with a name": {"relu.py": WORK, "version of friday/relu.py": OTHER},
    "a data folder": {"relu.py": WORK, "data/x.csv": b"", "out/plot.png": b""},
}  # fmt: skip


@pytest.mark.parametrize("files", ONE_STUDENT.values(), ids=ONE_STUDENT)
def test_the_file_of_the_expected_name_is_the_work_of_one_student(
    files: Files, tmp_path: Path
) -> None:
    """No helper beside it becomes a student."""
    assert answer(lay(tmp_path, files, "ada")) == {"ada": WORK}
    assert answer(pack(tmp_path, files, "ada")) == {"ada": WORK}
    inner = {f"ada/{path}": data for path, data in files.items()}
    if not any(path.startswith("src") for path in files):
        assert answer(pack(tmp_path, inner, "upload")) == {"ada": WORK}


def test_a_helper_is_noted(tmp_path: Path) -> None:
    inbox = opened(lay(tmp_path, ONE_STUDENT["helper"], "ada"))
    assert inbox.notes == ("utils.py is ignored: the work is the file named relu",)


SEVERAL = {
    "two folders with work": {"relu.py": WORK, "ada/relu.py": OTHER, "kurt/relu.py": OTHER},
    "files that do it all": {"relu.py": WORK, "ada.py": OTHER, "kurt.py": OTHER},
    "parts of one": {"ada/one/relu.py": WORK, "ada/two/relu.py": OTHER},
    "groups with no such name": {f"{path}/relu.py": WORK for path in ("smith/ada", "smith/kurt", "jones/emmy")},
    "weeks": {f"{path}/relu.py": WORK for path in ("week1/ada", "week1/kurt", "week2/ada", "week2/kurt")},
    "two depths": {f"{path}/relu.py": WORK for path in ("x/ada", "x/kurt", "y/z/emmy", "y/z/alan")},
}  # fmt: skip


@pytest.mark.parametrize("files", SEVERAL.values(), ids=SEVERAL)
def test_what_only_a_person_can_tell_is_refused(files: Files, tmp_path: Path) -> None:
    """One line, that names the option; and the option settles it."""
    sources = [lay(tmp_path, files), pack(tmp_path, files)]
    for source in sources if len({path.split("/")[0] for path in files}) > 1 else sources[:1]:
        said = answer(source)
        assert isinstance(said, str)
        assert "--depth" in said
        assert "\n" not in said
        assert isinstance(answer(source, depth=0), dict)
        assert isinstance(answer(source, depth=2 if "/" in next(iter(files)) else 1), dict)


GROUPS = {
    "groups": ("group1/kurt", "group1/ada", "group2/emmy"),
    "groups of one": ("group1/kurt", "group2/emmy"),
    "sections": ("Tue 10/ada", "Tue 10/kurt", "Thu 14/emmy", "Thu 14/alan"),
    "teams": ("team-a/ada", "team-a/kurt", "team-b/emmy"),
    "years and sections": ("2026/group 1/ada", "2026/group 1/kurt", "2026/group 2/emmy"),
    "copies inside": ("group1/kurt/src", "group1/ada/old", "group1/ada/new", "group2/emmy"),
    "rooms": ("room 101/ada", "room 102/kurt", "room 102/zoë"),
    "years and groups of one": ("2026/Tue/ada", "2026/Wed/kurt"),
    "one tutor": ("tutor smith/ada", "tutor smith/kurt"),
}
NAMES = {"ada", "kurt", "emmy", "alan", "zoë"}


@pytest.mark.parametrize("paths", GROUPS.values(), ids=GROUPS)
def test_folders_of_groups_lose_nobody(paths: tuple[str, ...], tmp_path: Path) -> None:
    files: dict[str, bytes] = {f"{path}/relu.py": WORK for path in paths}
    files |= {f"{paths[0].partition('/')[0]}/README.md": b"", "README.md": b""}
    wanted = {part for path in paths for part in path.split("/") if part in NAMES}
    for source in (lay(tmp_path, files), pack(tmp_path, files)):
        inbox = opened(source)
        assert set(inbox.submissions.students) == wanted
        assert any("--depth" in note for note in inbox.notes)
        assert all(one.group for one in inbox.submissions)


def test_students_files_in_folders_of_groups_are_students(tmp_path: Path) -> None:
    files = {"Tue 10/ada.py": WORK, "Tue 10/kurt.py": OTHER, "Thu 14/emmy.ipynb": b"{}"}
    inbox = opened(lay(tmp_path, files))
    assert inbox.submissions.students == ("ada", "emmy", "kurt")
    single = opened(lay(tmp_path, {"ada/mine.py": WORK, "kurt/mine.py": OTHER}, "plain"))
    assert single.submissions.students == ("ada", "kurt")


def test_without_the_question_a_group_becomes_one_student(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the layout protects from: seen with it switched off."""
    source = lay(tmp_path, {f"{path}/relu.py": WORK for path in GROUPS["groups"]})
    monkeypatch.setattr("grader.inbox.arrange", lambda question: FolderLayout())
    assert answer(source) == {"group1": WORK, "group2": WORK}
    assert layout.MAX_DEPTH > 1


def test_one_student_with_odd_folders_does_not_stop_the_class(tmp_path: Path) -> None:
    """An error for that student, which a choice settles."""
    files = {f"{name}/relu.py": WORK for name in ("ada", "kurt", "emmy")}
    files |= {"alan/one/relu.py": WORK, "alan/two/relu.py": OTHER}
    source = lay(tmp_path, files)
    found = {one.student: one for one in opened(source).submissions}
    assert "work in alan/one, alan/two" in found["alan"].error
    assert not any(one.error for name, one in found.items() if name != "alan")
    chosen = opened(source, choose={"alan": "alan/two/relu.py"})
    assert {one.student: one for one in chosen.submissions}["alan"].source == OTHER


def test_the_depth_can_be_said(tmp_path: Path) -> None:
    """Names that occur in two groups carry their group."""
    files = {f"{path}/relu.py": WORK for path in ("tue/ada", "tue/kurt", "thu/ada")}
    found = opened(lay(tmp_path, files), depth=2)
    assert found.submissions.students == ("kurt", "thu/ada", "tue/ada")
    with pytest.raises(InboxError, match="--depth is for plain folders"):
        opened(tmp_path / "class", depth=2, kind="canvas")


VERSIONS = {
    "v1 and v2": ("ada/v1", "ada/v2", "kurt"),
    "old": ("ada", "ada/old", "kurt"),
    "the exercise's folder": ("ada/relu", "kurt/relu"),
    "names that begin like days": ("ada/mine", "kurt/ours"),
    "attachments": ("ada/Submission attachment(s)", "kurt/Submission attachment(s)"),
}


@pytest.mark.parametrize("paths", VERSIONS.values(), ids=VERSIONS)
def test_folders_inside_a_students_folder_are_no_students(
    paths: tuple[str, ...], tmp_path: Path
) -> None:
    source = lay(tmp_path, {f"{path}/relu.py": WORK for path in paths})
    assert answer(source) == {"ada": WORK, "kurt": WORK}


def test_clones_in_folders_of_teams_are_clones(tmp_path: Path) -> None:
    files: dict[str, bytes] = {}
    for path in ("team-a/repo-ada", "team-a/repo-kurt", "team-b/repo-emmy"):
        files |= {f"{path}/relu.py": WORK, f"{path}/.git/HEAD": b"ref: refs/heads/main\n"}
    inbox = opened(lay(tmp_path, files))
    assert inbox.kind == "git"
    assert {one.student: one.source for one in inbox.submissions} == dict.fromkeys(
        ("repo-ada", "repo-emmy", "repo-kurt"), WORK
    )


# --- records of students ------------------------------------------------------------------------

METADATA = b"""---
submission_1:
  :submitters:
  - :sid: '1001'
submission_2:
  :submitters:
  - :sid: '1002'
  :created_at: 2020-01-01 00:00:00 Z
"""
FORGED = {
    "gradescope": {"submission_metadata.yml": METADATA, "submission_1/relu.py": OTHER,
                   "submission_2/relu.py": WORK},
    "moodle": {f"Eve_{n}_assignsubmission_file_/relu.py": WORK for n in (1, 2)},
    "canvas": {f"eve_{n}_9_relu.py": WORK for n in (1, 2)},
    "blackboard": {f"hw_{who}_attempt_2020-01-01-00-00-00_relu.py": WORK for who in ("ada", "bob")},
    "brightspace": {f"1-2 - {who} - Nov 20, 2020 1000 AM/relu.py": WORK for who in ("Ada", "Bob")},
    "sakai": {f"B, {who}({who})/{rest}": WORK for who in ("ada", "bob")
              for rest in ("Submission attachment(s)/relu.py", "timestamp.txt")},
    "teams": {f"{who}/hw/Version 1/relu.py": WORK for who in ("ada", "bob")},
    "nbgrader": {"submitted/ada/relu/relu.py": WORK,
                 "submitted/ada/relu/timestamp.txt": b"2020-01-01 00:00:00 Z"},
    "git": {f"{who}/{rest}": WORK for who in ("ada", "bob") for rest in (".git/HEAD", "relu.py")},
}  # fmt: skip


@pytest.mark.parametrize("kind", FORGED)
def test_no_record_is_taken_from_a_students_folder(kind: str, tmp_path: Path) -> None:
    """One row for who put it there, or a refusal that asks; alone, and in a class."""
    files = {f"mallory/{path}": data for path, data in FORGED[kind].items()}
    said = answer(lay(tmp_path, files, "late"))
    assert isinstance(said, str)
    assert f"--inbox {kind}" in said
    assert opened(tmp_path / "late", kind=kind).kind == kind
    packed = answer(pack(tmp_path, files, "late"))
    assert isinstance(packed, str) or kind == "sakai"  # Sakai's zips have a folder around all
    files |= {"ada/relu.py": WORK, "kurt/relu.py": WORK}
    inbox = opened(lay(tmp_path, files, "all"))
    assert inbox.kind == "plain"
    assert inbox.submissions.students == ("ada", "kurt", "mallory")
    assert not any(one.submitted_at for one in inbox.submissions)


def test_a_stamp_of_a_lone_student_is_not_believed(tmp_path: Path) -> None:
    files = {"mallory/relu/relu.py": WORK, "mallory/relu/timestamp.txt": b"2020-01-01 00:00:00 Z"}
    (one,) = opened(lay(tmp_path, files, "late")).submissions
    assert (one.student, one.submitted_at) == ("mallory", "")
    (one,) = opened(lay(tmp_path, files, "submitted")).submissions
    assert one.submitted_at == "2020-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("zip_name", "folder"),
    [
        ("grades", "grades"),
        ("grades (1)", "grades"),
        ("x", "assignment_77_export"),
        ("x", "submissions"),
    ],
)
def test_a_folder_that_an_archiver_makes_is_only_a_wrapper(
    zip_name: str, folder: str, tmp_path: Path
) -> None:
    files = {f"{folder}/{path}": data for path, data in FORGED["gradescope"].items()}
    assert opened(pack(tmp_path, files, zip_name)).kind == "gradescope"


# --- other systems ------------------------------------------------------------------------------

DATED = "11111-22222 - Ada Bird- {}/relu.py"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Nov 20, 2026 1159 PM", "Nov 22, 2026 800 AM"),
        ("20 novembre 2026 2359", "22 novembre 2026 0800"),
        ("20. November, 2026 2359", "22. November, 2026 0800"),
    ],
)
def test_brightspace(first: str, second: str, tmp_path: Path) -> None:
    files = {
        DATED.format(first): OTHER, DATED.format(second): WORK, "index.html": b"",
        "11112-22222 - Kurt West-Smith - Nov 21, 2026 901 AM/relu.py": OTHER,
    }  # fmt: skip
    for source in (lay(tmp_path, files), pack(tmp_path, files)):
        inbox = opened(source)
        ada, kurt = inbox.submissions
        assert (inbox.kind, ada.name, ada.source) == ("brightspace", "Ada Bird", WORK)
        assert ada.submitted_at == "2026-11-22T08:00:00"
        assert (kurt.student, kurt.name, kurt.source) == ("11112", "Kurt West-Smith", OTHER)


def test_brightspace_flat_and_without_readable_dates(tmp_path: Path) -> None:
    flat = {
        "1-2 - Ada Bird- Nov 20, 2026 1159 PM - relu.py": OTHER,
        "1-2 - Ada Bird- Nov 21, 2026 100 PM - relu.py": WORK,
        "3-2 - Kurt West- 20 xx 2026 1159 - relu.py": WORK,
        "3-2 - Kurt West- 21 xx 2026 1159 - relu.py": OTHER,
    }
    inbox = opened(lay(tmp_path, flat))
    ada, kurt = inbox.submissions
    assert ada.source == WORK
    assert "unknown which of several" in kurt.error
    assert sum("cannot be read" in note for note in inbox.notes) == 2


def test_sakai(tmp_path: Path) -> None:
    files = {"Graph/grades.csv": b"x"}
    for who, stamp in (("Bird, Ada(ada)", b"20261120225900000"), ("West, Kurt(kw12)", b"soon")):
        files |= {
            f"Graph/{who}/Submission attachment(s)/relu.py": WORK,
            f"Graph/{who}/Feedback Attachment(s)/relu.py": OTHER,
            f"Graph/{who}/timestamp.txt": stamp, f"Graph/{who}/comments.txt": b"",
        }  # fmt: skip
    inbox = opened(pack(tmp_path, files, "bulk"))
    ada, kurt = inbox.submissions
    assert (inbox.kind, ada.student, ada.name) == ("sakai", "ada", "Bird, Ada")
    assert (ada.submitted_at, ada.source) == ("2026-11-20T22:59:00+00:00", WORK)
    assert (kurt.student, kurt.submitted_at, kurt.source) == ("kw12", "", WORK)
    assert any("'soon' cannot be read" in note for note in inbox.notes)


def test_teams_takes_the_last_version(tmp_path: Path) -> None:
    files = {
        f"Submitted files/Ada Bird/Week 3/Version {n}/relu.py": WORK if n == 10 else OTHER
        for n in (1, 2, 10)
    }
    files |= {
        "Submitted files/Ada Bird/Week 4/Version 11/other.py": HELP,
        "Submitted files/Kurt West/Week 3/Version 1/relu.py": OTHER,
    }
    for source in (lay(tmp_path, files), pack(tmp_path, files)):
        inbox = opened(source)
        assert inbox.kind == "teams"
        assert {one.student: one.source for one in inbox.submissions} == {
            "Ada Bird": WORK, "Kurt West": OTHER
        }  # fmt: skip


UNKNOWN = {
    "numbers": ("ada.py", "ada (1).py", "kurt.py"),
    "a copy": ("ada.py", "ada - Copy.py", "kurt.py"),
    "versions": ("ada_v1/x.py", "ada_v2/x.py", "kurt_v1/x.py"),
    "attempts": ("ada attempt 1/relu.py", "ada attempt 2/relu.py", "kurt attempt 1/relu.py"),
    "dates": ("ada 2026-11-20 10-00/relu.py", "ada 2026-11-21 10-00/relu.py", "kurt 2026-11-20 10-00/relu.py"),
    "flat": ("ada_relu.py", "ada_relu-1.py", "kurt_relu.py"),
    "days": ("Ada - Nov 20, 2026/relu.py", "Ada - Nov 22, 2026/relu.py", "Kurt - Nov 21, 2026/relu.py"),
}  # fmt: skip


@pytest.mark.parametrize("paths", UNKNOWN.values(), ids=UNKNOWN)
def test_a_resubmission_in_an_unknown_system_is_no_second_student(
    paths: tuple[str, str, str], tmp_path: Path
) -> None:
    first, second, third = paths
    files = {first: OTHER, second: WORK, third: OTHER}
    for source in (lay(tmp_path, files), pack(tmp_path, files)):
        found = answer(source)
        assert isinstance(found, dict)
        assert sorted(found.values()) == sorted([WORK, OTHER])
        assert next(name for name, work in found.items() if work == WORK).casefold() == "ada"


def test_numbered_students_stay_many(tmp_path: Path) -> None:
    """A whole class of ``student (n)`` is no student with forty attempts."""
    files = {f"student ({n}).py": WORK for n in range(1, 20)} | {"student.py": WORK}
    assert len(opened(lay(tmp_path, files)).submissions) == 20
    files = {"s-1/relu.py": WORK, "s-2/relu.py": OTHER, "s/relu.py": OTHER}
    inbox = opened(lay(tmp_path, files, "users"))
    assert len(inbox.submissions) == 3
    assert "s and s-1 are taken for two students" in inbox.notes


# --- what is left out ---------------------------------------------------------------------------


def test_a_hidden_student_is_noted_and_what_a_computer_leaves_is_not(tmp_path: Path) -> None:
    files = {".kurt/relu.py": WORK, ".emmy.py": WORK, "ada/relu.py": WORK, ".DS_Store": b"",
             "ada/.git/HEAD": b"", "ada/.vscode/x.py": b"", "._ada.py": b"", "ada/.x/relu.py": WORK,
             ".ipynb_checkpoints/relu.py": b"", "__MACOSX/._ada.py": b""}  # fmt: skip
    for source in (lay(tmp_path, files), pack(tmp_path, files)):
        left = [note for note in opened(source).notes if "left out" in note]
        assert sorted(note.partition(" ")[0] for note in left) == [".emmy.py", ".kurt", "ada/.x"]


def test_folder_entries_of_a_zip_need_no_note_and_what_matters_comes_first(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        for name in ("ada", "ada/deep", "kurt"):
            entry = zipfile.ZipInfo(f"{name}/", (2026, 11, 20, 10, 0, 0))
            entry.create_system, entry.external_attr = 3, (0o40755 << 16) | 0x10
            archive.writestr(entry, b"")
        archive.writestr("ada/relu.py", WORK)
        archive.writestr("roster.csv", b"")
        archive.writestr(".kurt/relu.py", WORK)
    notes = opened(tmp_path / "class.zip").notes
    assert notes == (
        ".kurt is left out: its name begins with a dot",
        "roster.csv is ignored: neither .py nor .ipynb",
    )


HOSTILE_NAMES = [
    "=HYPERLINK(1)", "+1", "-ada", "@ada", "עדה", "آدا", "\u202eada", "zoe\u0308", "zoë", "x" * 200,
    "a;b,c", "ada\tb", "ada'b", 'ada"b', "ａｄａ", "0123", "１２３", "🦊", "ada ", "CON", "%s", "$(id)",
    "--help", "a" * 100 + "é" * 40, "ada\x1b[31m",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_student_of_any_name_has_one_row(name: str, tmp_path: Path) -> None:
    """Beside another, whose row stays."""
    files = {f"{name}/relu.py": WORK, "kurt/relu.py": OTHER}
    for source in (lay(tmp_path, files), pack(tmp_path, files)):
        found = list(opened(source).submissions)
        assert sorted(one.source for one in found) == sorted([WORK, OTHER])
        assert all(one.student.isprintable() for one in found)


# --- downloads of groups, and work beside a download ----------------------------------------------

PARTS = {
    "moodle": ("Ada_7_assignsubmission_file_relu.py", "Bo_8_assignsubmission_file_relu.py"),
    "canvas": ("ada_7_91_relu.py", "bo_LATE_8_92_relu.py"),
    "blackboard": (
        "HW_ada_attempt_2026-10-10-10-00-00_relu.py",
        "HW_bo_attempt_2026-10-11-10-00-00_relu.py",
    ),
    "brightspace": (
        "7-5 - Ada L - Oct 10, 2026 1005 AM - relu.py",
        "8-5 - Bo K - Oct 11, 2026 1005 AM - relu.py",
    ),
}
"""Two files of each system, of two students."""


@pytest.mark.parametrize("kind", PARTS)
@pytest.mark.parametrize("groups", [("CS1-A", "CS1-B"), ("001", "002"), ("Group 1", "Group 2")])
def test_downloads_in_folders_of_groups_are_refused(
    kind: str, groups: tuple[str, str], tmp_path: Path
) -> None:
    """Each folder would be one student, as with --depth 1, and the others lost; named alone, it is read."""
    files = {f"{group}/{name}": WORK for group in groups for name in PARTS[kind]}
    for source in (lay(tmp_path, files), pack(tmp_path, files)):
        said = answer(source)
        assert isinstance(said, str)
        assert f"holds a {kind} download" in said
        assert set(groups) == set(answer(source, depth=1))
    inner = opened(tmp_path / "class" / groups[0])
    assert (kind, 2) == (inner.kind, len(inner.submissions))


def test_a_student_cannot_have_a_class_refused(tmp_path: Path) -> None:
    """One folder that looks like a download is a student's, as is a folder with files of one user."""
    files = {f"eve/{name}": WORK for name in PARTS["canvas"]}
    files |= {"ada/relu.py": WORK, "kurt/relu.py": WORK}
    assert {"ada", "eve", "kurt"} == set(answer(lay(tmp_path, files)))
    alone = {f"{who}/{who}_7_91_relu.py": WORK for who in ("ada", "kurt")}
    assert {"ada", "kurt"} == set(answer(lay(tmp_path, alone, "alone")))


@pytest.mark.parametrize("kind", PARTS)
@pytest.mark.parametrize("path", ["Dora/relu.py", "relu.py", "dora_mine.py", "Dora/mine.py"])
def test_work_beside_a_download_is_refused(kind: str, path: str, tmp_path: Path) -> None:
    """Somebody put it there; with --inbox it is left out, with a note."""
    ours = dict.fromkeys(PARTS[kind], WORK)
    source = lay(tmp_path, {**ours, path: WORK})
    said = answer(source)
    assert isinstance(said, str)
    assert f"{path} would not be graded" in said
    inbox = opened(source, kind=kind)
    assert 2 == len(inbox.submissions)
    assert any("is ignored" in note for note in inbox.notes)


def test_what_is_no_work_beside_a_download_is_only_noted(tmp_path: Path) -> None:
    ours = {f"who_{n}_9{n}_relu.py": WORK for n in range(1, 7)}
    beside = {"relu.py": STUB, "roster.csv": b"", "count.py": HELP}
    assert set("123456") == set(answer(lay(tmp_path, {**ours, **beside})))


@pytest.mark.parametrize(
    "names", [("ada", "kurt"), ("ada_relu", "kurt_relu"), ("7_relu", "8_relu")]
)
def test_files_of_several_students_in_folders_of_any_name(
    names: tuple[str, str], tmp_path: Path
) -> None:
    """No file has the expected name, and most folders hold several whole programs: ask."""
    files = {f"{group}/{name}.py": WORK for group in ("CS1-A", "CS1-B") for name in names}
    for source in (lay(tmp_path, files), pack(tmp_path, files)):
        said = answer(source)
        assert isinstance(said, str)
        assert "--depth 2" in said
    assert isinstance(answer(source, depth=1), dict)
    versions = {f"{who}/{name}.py": WORK for who in ("ada", "kurt") for name in ("v1", "v2")}
    assert {"ada", "kurt"} == set(answer(lay(tmp_path, versions, "versions")))
    helpers = {f"{who}/{name}": HELP for who in ("ada", "kurt") for name in ("one.py", "two.py")}
    helpers |= {"ada/mine.py": WORK, "kurt/mine.py": WORK}
    assert {"ada", "kurt"} == set(answer(lay(tmp_path, helpers, "helpers")))
