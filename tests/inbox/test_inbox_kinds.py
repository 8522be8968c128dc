"""What each LMS hands out, read: names, groups, attempts, times, late marks, and misfits."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from places import ROOT

from grader.inbox import Inbox, InboxError, open_inbox
from grader.inbox import choice as pick
from grader.model import Submission

SAMPLES = ROOT / "tests/samples" / "inbox"
STUB = b"def relu(z):\n    raise NotImplementedError\n"
WORK = b"def relu(z):\n    return z * (z > 0)\n"
OTHER = b"def relu(z):\n    return max(z, 0)\n"


def inbox(root: Path, files: Mapping[str, bytes], kind: str, name: str = "export") -> Inbox:
    """The files opened as a folder, having been opened as a zip with the same answer."""
    root.mkdir(exist_ok=True)
    with zipfile.ZipFile(root / f"{name}.zip", "w") as archive:
        for minute, (path, data) in enumerate(files.items()):
            target = root / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            os.utime(target, (1_700_000_000 + 60 * minute,) * 2)
            archive.writestr(zipfile.ZipInfo(f"{name}/{path}", (2026, 1, 1, 0, minute, 0)), data)
    packed = open_inbox(root / f"{name}.zip", expected="relu", stub=STUB)
    opened = open_inbox(root / name, expected="relu", stub=STUB)
    assert [kind, kind] == [packed.kind, opened.kind]
    assert [*packed.submissions] == [*opened.submissions]
    return opened


def by_student(opened: Inbox) -> dict[str, Submission]:
    return {one.student: one for one in opened.submissions}


GRADESCOPE = {
    "submission_metadata.yml": (SAMPLES / "submission_metadata.yml").read_bytes(),
    "submission_101/relu.py": WORK,
    "submission_102/relu.py": OTHER,
    "submission_103/relu.py": WORK,
}


def test_gradescope_names_every_member_of_a_group(tmp_path: Path) -> None:
    """Student numbers stay as they are written, after a bare ``...`` too."""
    found = by_student(inbox(tmp_path, GRADESCOPE, "gradescope", "assignment_7_export"))
    assert sorted(found) == ["0123", "1e3", "conan@example.edu", "submission_103"]
    ada, zoe, conan = found["0123"], found["1e3"], found["conan@example.edu"]
    assert (ada.name, ada.email, ada.group) == ("Ada Lovelace", "ada@example.edu", "")
    assert ada.submitted_at == "2026-03-01T16:02:03+00:00"
    assert (zoe.name, zoe.group) == ("Zoë Müller", "submission_102")
    assert (conan.name, conan.sid, conan.group) == ("O'Brien, Conan", "", "submission_102")
    assert OTHER == zoe.source == conan.source
    assert "2026-03-02T08:00:00+00:00" == zoe.submitted_at == conan.submitted_at
    assert found["submission_103"].submitted_at == "2026-03-02T09:30:00-08:00"


def test_gradescope_misfits_are_noted(tmp_path: Path) -> None:
    files = {**GRADESCOPE, "submission_200/relu.py": WORK, "README.txt": b""}
    del files["submission_101/relu.py"]
    opened = inbox(tmp_path, files, "gradescope")
    assert opened.notes == (
        "README.txt is ignored: it is in no submission's folder",
        "submission_103: submission_metadata.yml names no submitter",
        "submission_200: submission_metadata.yml names no submitter",
    )
    found = by_student(opened)
    assert found["submission_200"].source == WORK
    told = "the export contains no files of this submission: download it again"
    assert (found["0123"].error, found["0123"].problem) == (told, "")


PEOPLE = [
    ("Ada", "0", "~"),
    ("Bob", "0", "~"),
    ("Eve", "c@x.edu", "e@x.edu"),
    ("Carl", "~", "c@x.edu"),
]


def test_gradescope_people_of_one_number_and_no_email_are_two(tmp_path: Path) -> None:
    """Told apart by name; a number that is another's e-mail is nobody's; what is no record is none."""
    told = "stray:\n- x\n"
    for number, (name, sid, email) in enumerate(PEOPLE, 1):
        told += f"submission_{number}:\n  :submitters:\n  - :name: {name}\n"
        told += f"    :sid: {sid}\n    :email: {email}\n"
    files = {f"submission_{n}/relu.py": WORK for n in range(1, 5)}
    opened = inbox(tmp_path, {"submission_metadata.yml": told.encode(), **files}, "gradescope")
    assert [(one.student, one.name) for one in opened.submissions] == [
        ("c@x.edu", "Carl"), ("e@x.edu", "Eve"), ("submission_1", "Ada"), ("submission_2", "Bob")
    ]  # fmt: skip
    assert "stray: submission_metadata.yml names no submitter" in opened.notes


def metadata(*people: tuple[str, str, str, str]) -> bytes:
    lines = ["---"]
    for folder, sid, email, when in people:
        lines += [f"{folder}:", "  :submitters:", f"  - :sid: {sid}", f"    :email: {email}"]
        lines += [f"  :created_at: {when}"]
    return "\n".join(lines).encode()


def test_gradescope_keeps_the_latest_of_two_submissions_of_one_student(tmp_path: Path) -> None:
    """The times decide, not the order or the numbers."""
    told = metadata(
        ("submission_1", "17", "ada@x", "2026-03-02 10:00:00 +0100"),
        ("submission_2", "17", "ada@x", "2026-03-02 08:59:00 Z"),
    )
    files = {"submission_metadata.yml": told}
    files |= {"submission_1/relu.py": WORK, "submission_2/relu.py": OTHER}
    opened = inbox(tmp_path, files, "gradescope")
    (one,) = opened.submissions
    assert (one.source, one.note) == (WORK, "the latest of several submissions")
    assert opened.notes == ("17 occurs twice in the export; the latest counts",)


def test_gradescope_loses_nobody_to_a_number_that_two_share(tmp_path: Path) -> None:
    told = metadata(("submission_1", "N/A", "ada@x", ""), ("submission_2", "N/A", "bob@x", ""))
    files = {"submission_metadata.yml": told, "submission_1/a.py": WORK, "submission_2/b.py": WORK}
    opened = inbox(tmp_path, files, "gradescope")
    assert opened.submissions.students == ("ada@x", "bob@x")
    assert opened.notes == ("student number N/A is that of several; e-mails are used",)


@pytest.mark.parametrize(
    "damage",
    [
        b"submission_3: [\n",
        b"submission_3:\n\t- x\n",
        b"submission_3: \x00\n",
        b"submission_3: \xff\xfe\n",
        b"submission_3: *nowhere\nsubmission_4: &a [*a, *a]\n  : x\n",
        b"x: " + b"[" * 50_000,
        b"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n",
        b"!!python/object/apply:os.system ['false'] : x\n",
    ],
)
def test_gradescope_metadata_that_break_off_lose_only_the_rest(
    damage: bytes, tmp_path: Path
) -> None:
    told = metadata(("submission_1", "17", "ada@x", "2026-03-02 10:00:00 Z")) + b"\n" + damage
    files = {"submission_metadata.yml": told}
    files |= {"submission_1/relu.py": WORK, "submission_2/relu.py": OTHER}
    found = by_student(inbox(tmp_path, files, "gradescope"))
    assert found["17"].source == WORK
    assert found["submission_2"].source == OTHER


def test_gradescope_metadata_that_cannot_be_opened_are_the_end(tmp_path: Path) -> None:
    (tmp_path / "submission_metadata.yml").symlink_to("/etc/passwd")
    (tmp_path / "submission_1").mkdir()
    with pytest.raises(InboxError, match="cannot be read"):
        open_inbox(tmp_path, expected="relu", stub=STUB)


def test_canvas(tmp_path: Path) -> None:
    files = {
        "lovelaceada_12_100_relu.py": WORK,
        "lovelaceada_12_101_relu.ipynb": b"{}",
        "obrienconan_LATE_13_102_relu-1.py": OTHER,
        "de_la_cruz_14_103_a_99_98_relu.py": WORK,
        "o'neil-smith, zoë j._18_106_relu.py": WORK,
        "müller_15_104_Relu (1).py": WORK,
        "zeta_16_text.html": b"<p>here it is</p>",
        "eta_17_105_work.zip": b"PK",
    }
    opened = inbox(tmp_path, files, "canvas")
    found = by_student(opened)
    assert sorted(found) == ["12", "13", "14", "15", "16", "17", "18"]
    assert (found["12"].name, found["12"].sid, found["12"].source) == ("lovelaceada", "12", WORK)
    assert found["13"].note == "marked late by Canvas"
    assert (found["14"].name, found["15"].name) == ("de_la_cruz", "müller")
    assert "but zeta_16_text.html" in found["16"].problem
    assert "work.zip is not a zip" in found["17"].problem
    assert found["12"].submitted_at == ""


def test_canvas_anonymous(tmp_path: Path) -> None:
    files = {"LATE_anon_aB12c_100_relu.py": WORK, "anon_12345_101_relu.py": OTHER, "x.md": b""}
    opened = inbox(tmp_path, files, "canvas")
    assert opened.submissions.students == ("anon_12345", "anon_aB12c")
    assert [one.note for one in opened.submissions] == ["", "marked late by Canvas"]
    assert opened.notes == ("x.md is ignored: not a file name of Canvas",)


def test_canvas_takes_the_later_attachment_whatever_the_zip_says(tmp_path: Path) -> None:
    files = {"ada_1_201_relu.py": WORK, "ada_1_200_relu.ipynb": b"{}"}
    files["ada_1_200_relu.ipynb"] = (SAMPLES / "nbgrader.ipynb").read_bytes()
    (one,) = inbox(tmp_path, files, "canvas").submissions
    assert one.source == WORK
    assert one.note == "the latest of ada_1_200_relu.ipynb, ada_1_201_relu.py"


def test_canvas_takes_a_file_that_was_handed_in_again(tmp_path: Path) -> None:
    """Canvas writes ``-1`` behind the name: what comes after is later, whatever the plain name."""
    files = {"ada_1_201_relu-1.py": WORK, "ada_1_200_relu.py": OTHER, "bob_2_202_relu (1).py": WORK}
    one, _ = inbox(tmp_path, files, "canvas").submissions
    assert one.source == WORK
    assert one.note == "the latest of ada_1_200_relu.py, ada_1_201_relu-1.py"


def test_moodle_folders(tmp_path: Path) -> None:
    files = {
        "Ada Lovelace_657831_assignsubmission_file/relu.py": WORK,
        "Ada Lovelace_657832_assignsubmission_file_/src/relu.py": OTHER,
        "Group 7_31_assignsubmission_file/relu.py": WORK,
        "Default group_assignsubmission_file/relu.py": WORK,
        "Zoë Ünal_657833_assignsubmission_onlinetext/onlinetext.html": b"",
        "notes.txt": b"",
    }
    opened = inbox(tmp_path, files, "moodle")
    found = by_student(opened)
    assert sorted(found) == ["31", "657831", "657832", "657833", "Default group"]
    assert {"Ada Lovelace"} == {found[number].name for number in ("657831", "657832")}
    assert found["657832"].source == OTHER
    assert "but Zoë Ünal_657833" in found["657833"].problem
    assert opened.notes == ("notes.txt is ignored: not a file name of Moodle",)


def test_moodle_flat(tmp_path: Path) -> None:
    """A student cannot pass for another by the name of a file."""
    files = {
        "Ada Lovelace_1_assignsubmission_file_relu.py": WORK,
        "Eve_2_assignsubmission_file_Ada Lovelace_1_assignsubmission_file_relu.py": OTHER,
        "Participant_3_assignsubmission_file_relu.ipynb": b"{",
    }
    found = by_student(inbox(tmp_path, files, "moodle"))
    assert [(s, o.source) for s, o in found.items()] == [("1", WORK), ("2", OTHER), ("3", b"")]


def test_blackboard_takes_the_last_attempt_with_work(tmp_path: Path) -> None:
    start = "Homework_1_{}_attempt_2026-03-0{}-10-20-30"
    receipt = "Name: Ada Lovelace ({})\nAssignment: Homework_1\n\nComments:\nName: Eve (eve)\n"
    files = {
        start.format("ada_l", 1) + "_relu.py": OTHER,
        start.format("ada_l", 2) + "_relu.py": WORK,
        start.format("ada_l", 2) + ".txt": receipt.format("ada_l").encode(),
        start.format("bob", 1) + "_relu.py": OTHER,
        start.format("bob", 2) + "_relu.py": STUB,
        start.format("bob", 3) + "_essay.pdf": b"",
        start.format("bob", 3) + ".txt": receipt.format("ada_l").encode(),
        start.format("carl", 1) + "_x_eve_attempt_2026-03-09-00-00-00_relu.py": WORK,
        start.format("dora", 1) + ".txt": b"Name: Dora\n",
        "readme.md": b"",
    }
    opened = inbox(tmp_path, files, "blackboard")
    found = by_student(opened)
    assert sorted(found) == ["ada_l", "bob", "carl", "dora"]
    ada, bob = found["ada_l"], found["bob"]
    assert (ada.source, ada.name, ada.submitted_at) == (WORK, "Ada Lovelace", "2026-03-02T10:20:30")
    assert (bob.source, bob.submitted_at, bob.name) == (OTHER, "2026-03-01T10:20:30", "")
    assert bob.note.startswith("from an earlier attempt")
    assert found["dora"].problem == "nothing was submitted"
    assert opened.notes == ("readme.md is ignored: not a file name of Blackboard",)


ATTEMPTS = {
    "canvas": {
        "ada_1_200_relu.py": OTHER, "ada_1_202_relu-2.py": WORK, "ada_1_201_relu-1.py": WORK + OTHER,
        "bob_2_203_relu.py": WORK, "bob_2_204_relu.ipynb": b"{}",
    },
    "blackboard": {
        "hw_ada_attempt_2026-03-01-10-00-00_relu.py": OTHER,
        "hw_ada_attempt_2026-03-02-10-00-00_relu.py": WORK + OTHER,
        "hw_ada_attempt_2026-03-03-10-00-00_relu.py": STUB,
        "hw_ada_attempt_2026-03-04-10-00-00_relu.py": WORK,
        "hw_ada_attempt_2026-03-05-10-00-00_essay.pdf": b"",
        "hw_bob_attempt_2026-03-02-10-00-00_relu.py": WORK,
    },
    "gradescope": {
        "submission_metadata.yml": b"""---
submission_103:
  :submitters:
  - :name: Ada
    :sid: ada
  :created_at: 2026-03-04 10:00:00 Z
  :history:
  - :id: 101
    :created_at: 2026-03-01 10:00:00 Z
    :score: 3
  - :id: 102
    :created_at: 2026-03-02 10:00:00 Z
  - :id: 99
    :created_at: 2026-02-02 10:00:00 Z
submission_104:
  :submitters:
  - :name: Bob
    :sid: bob
  :created_at: 2026-03-02 10:00:00 Z
""",
        "submission_101/relu.py": OTHER, "submission_102/relu.py": WORK + OTHER,
        "submission_103/relu.py": WORK, "submission_104/relu.py": WORK,
    },
    "moodle": {
        "Ada_1_assignsubmission_file/relu.py": OTHER,
        "Ada_1_assignsubmission_file/relu_1.py": WORK + OTHER,
        "Ada_1_assignsubmission_file/relu_2.py": WORK,
        "Bob_2_assignsubmission_file/relu.py": WORK,
    },
    "plain": {
        "ada/relu.py": OTHER, "ada/relu (1).py": WORK + OTHER, "ada/copy/relu (2).py": WORK,
        "bob/relu.py": WORK, "bob/helper.py": OTHER,
    },
}  # fmt: skip
TIMES = {
    "blackboard": ["2026-03-01T10:00:00", "2026-03-02T10:00:00", "2026-03-04T10:00:00"],
    "gradescope": [f"2026-03-0{day}T10:00:00+00:00" for day in (1, 2, 4)],
}


@pytest.mark.parametrize("kind", sorted(ATTEMPTS))
def test_every_attempt_is_found_with_its_own_time(kind: str, tmp_path: Path) -> None:
    """The oldest first, each once; what is no work, and what is no attempt, is none."""
    inbox(tmp_path, ATTEMPTS[kind], kind)
    opened = open_inbox(tmp_path / "export", expected="relu", stub=STUB, every=True)
    ada, bob = opened.submissions.students
    found = [one for one in opened.submissions if one.student == ada]
    assert [one.source for one in found] == [OTHER, WORK + OTHER, WORK]
    assert [one.submitted_at for one in found] == TIMES.get(kind, [""] * 3)
    assert [one.source for one in opened.submissions if one.student == bob] == [WORK]
    assert not any(one.problem or one.error for one in opened.submissions)


def test_one_attempt_without_work_is_what_it_is(tmp_path: Path) -> None:
    """Nothing to grade is said once, as where the last counts; a choice by hand is one attempt."""
    files = {"ada/relu.py": STUB, "ada/relu-1.py": STUB, "bob/x.pdf": b"", "carl/relu.py": WORK,
             "carl/relu-1.py": OTHER}  # fmt: skip
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(data)
    opened = open_inbox(tmp_path, expected="relu", stub=STUB, every=True,
                        choose={"carl": "relu-1.py"})  # fmt: skip
    ada, bob, carl = opened.submissions
    assert ada.problem.startswith("only the unchanged stub")
    assert bob.problem.startswith("no .py or .ipynb")
    assert (carl.source, carl.note) == (OTHER, "chosen by hand")


def test_more_attempts_than_are_graded_are_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pick, "MAX_ATTEMPTS", 2)
    for day in range(1, 5):
        (tmp_path / f"hw_ada_attempt_2026-03-0{day}-10-00-00_relu.py").write_bytes(WORK)
    found = [*open_inbox(tmp_path, expected="relu", stub=STUB, every=True).submissions]
    assert [one.submitted_at[:10] for one in found] == ["2026-03-03", "2026-03-04"]
    assert {one.note for one in found} == {"the last 2 of 4 attempts are graded"}


def test_blackboard_tells_users_apart_without_receipts(tmp_path: Path) -> None:
    """The last part of the name is the user, unless two would be one."""
    files = {f"hw_1_{user}_poging_2026-03-01-10-20-30_relu.py": WORK for user in ("a_1", "b_1")}
    assert inbox(tmp_path, files, "blackboard").submissions.students == ("a_1", "b_1")


@pytest.mark.parametrize("start", ["", "submitted/"])
def test_nbgrader(start: str, tmp_path: Path) -> None:
    files = {
        f"{start}ada/relu/relu.ipynb": (SAMPLES / "nbgrader.ipynb").read_bytes(),
        f"{start}ada/relu/timestamp.txt": b"2026-03-01 15:58:23.948203 America/Los_Angeles\n",
        f"{start}ada/other/relu.ipynb": b"{",
        f"{start}bob/relu/timestamp.txt": b"yesterday",
    }
    opened = inbox(tmp_path, files, "nbgrader")
    ada, bob = opened.submissions
    assert (ada.student, ada.submitted_at) == ("ada", "2026-03-01T15:58:23-08:00")
    assert b"nbgrader" in ada.source
    assert (bob.submitted_at, bob.problem) == ("", "nothing was submitted")
    assert opened.notes == (
        "only relu is read, not other",
        "bob: the time 'yesterday' cannot be read: taken as unknown",
    )


GIT = shutil.which("git")


def commit(folder: Path, source: bytes, when: str) -> None:
    """A commit by the real Git, as the student's machine makes it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "relu.py").write_bytes(source)
    settings = {"GIT_COMMITTER_DATE": when, "GIT_AUTHOR_DATE": when, "HOME": str(folder.parent)}
    names = {f"GIT_{who}_{what}": "ada@x" for who in ("AUTHOR", "COMMITTER")
             for what in ("NAME", "EMAIL")}  # fmt: skip
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["commit", "-qm", "work\n\ncommitter x> 1 +0000"],
    ):
        subprocess.run(
            [str(GIT), *command], cwd=folder, check=True, env=os.environ | settings | names
        )


@pytest.mark.skipif(GIT is None, reason="needs git")
def test_git_clones_are_dated_by_their_commit(tmp_path: Path) -> None:
    """Loose after a commit, packed after a clone: read as data both times."""
    commit(tmp_path / "ada", WORK, "2026-03-01T12:00:00+0100")
    commit(tmp_path / "ada", OTHER, "2026-03-02T12:00:00+0100")
    class_folder = tmp_path / "relu-submissions"
    for command in (
        ["clone", "-q", "--no-local", "--no-hardlinks", "ada", "relu-submissions/relu-ada"],
        ["clone", "-q", "--no-local", "ada", "relu-submissions/relu-bob"],
        ["-C", "relu-submissions/relu-bob", "pack-refs", "--all"],
    ):
        subprocess.run([str(GIT), *command], cwd=tmp_path, check=True)
    shutil.copytree(tmp_path / "ada", class_folder / "relu-carl")
    opened = open_inbox(class_folder, expected="relu", stub=STUB)
    assert opened.kind == "git"
    assert [(one.student, one.name) for one in opened.submissions] == [
        ("ada", "relu-ada"),
        ("bob", "relu-bob"),
        ("carl", "relu-carl"),
    ]
    assert {"2026-03-02T12:00:00+01:00"} == {one.submitted_at for one in opened.submissions}
    assert {OTHER} == {one.source for one in opened.submissions}
    shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, "relu-submissions")
    packed = open_inbox(tmp_path / "packed.zip", expected="relu", stub=STUB)
    assert [*opened.submissions] == [*packed.submissions]


HOSTILE_GIT = {
    "ref to a parent": {"HEAD": b"ref: refs/../../../../etc/passwd"},
    "ref to anywhere": {"HEAD": b"ref: /etc/passwd"},
    "no hash": {"HEAD": b"ref: refs/heads/main", "refs/heads/main": b"\x1b[31m" * 99},
    "endless": {"HEAD": b"a" * 10_000_000},
    "bomb": {"HEAD": b"a" * 40, f"objects/aa/{'a' * 38}": bytes.fromhex("789c") + b"\0" * 999},
    "short pack": {"HEAD": b"a" * 40, "objects/pack/p.idx": b"\xfftOc\0\0\0\2" + b"\xff" * 1100},
    "log": {"logs/HEAD": b"0 1 A <a@x> 99999999999999999999 +0000\tcommit\n"},
}


@pytest.mark.parametrize("name", HOSTILE_GIT)
def test_a_hostile_repository_has_the_time_of_its_files(name: str, tmp_path: Path) -> None:
    """And its configuration is never read: no Git is run."""
    files = {"ada/relu.py": WORK, "ada/.git/config": b"[core]\nfsmonitor = touch /tmp/owned\n"}
    files |= {f"ada/.git/{path}": data for path, data in HOSTILE_GIT[name].items()}
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    os.utime(tmp_path / "ada/relu.py", (1_700_000_000,) * 2)
    opened = open_inbox(tmp_path, expected="relu", stub=STUB, kind="git")
    (one,) = opened.submissions
    assert (one.source, one.submitted_at) == (WORK, "2023-11-14T22:13:20+00:00")
    assert "no readable commit" in one.note


def test_a_git_log_dates_what_git_objects_do_not_unless_it_tells_of_the_clone(
    tmp_path: Path,
) -> None:
    for student, what in (("ada", b"commit: x"), ("bob", b"clone: from y")):
        (tmp_path / student / ".git/logs").mkdir(parents=True)
        (tmp_path / student / "relu.py").write_bytes(WORK)
        log = b"0 1 A <a@x> 1700000000 +0130\t" + what + b"\n"
        (tmp_path / student / ".git/logs/HEAD").write_bytes(log)
    ada, bob = open_inbox(tmp_path, expected="relu", stub=STUB).submissions
    assert (ada.submitted_at, ada.note) == ("2023-11-14T23:43:20+01:30", "")
    assert "no readable commit" in bob.note


def test_a_student_cannot_make_an_export_look_like_another(tmp_path: Path) -> None:
    """The name of a file is the student's from where the LMS's part ends."""
    files = {
        f"eve_12_{n}_x_5_assignsubmission_file_{n}_attempt_2026-01-01-00-00-00_relu.py": WORK
        for n in range(9)
    }
    opened = inbox(tmp_path / "a", {**files, "ada_13_99_relu.py": WORK}, "canvas")
    assert opened.submissions.students == ("12", "13")
    files = {f"ada/{name}": b"" for name in ("timestamp.txt", "hw/timestamp.txt", ".git/HEAD")}
    files |= {f"eve/{name}": b"" for name in ("submission_metadata.yml", "1_2_x/timestamp.txt")}
    opened = inbox(tmp_path / "b", {**files, "bob.py": WORK, "carl/relu.py": WORK}, "plain")
    assert opened.submissions.students == ("ada", "bob", "carl", "eve")
