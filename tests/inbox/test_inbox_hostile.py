"""Archives and folders made to do harm: refused by name, in bounded memory, while others go on."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import struct
import tempfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.inbox import Inbox, InboxError, open_inbox, tree
from grader.inbox.archive import from_zip
from grader.inbox.tree import Withheld
from grader.text import one_line

STUB = b"def relu(z):\n    raise NotImplementedError\n"
WORK = b"def relu(z):\n    return z * (z > 0)\n"
MIB = 1024 * 1024


def opened(source: Path) -> Inbox:
    return open_inbox(source, expected="relu", stub=STUB)


def info(name: str, mode: int = 0, method: int = zipfile.ZIP_STORED) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.external_attr = mode << 16
    made.compress_type = method
    made.create_system = 3
    return made


def zipped(path: Path, *members: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    """A zip of the members and of bob's good work after them."""
    with zipfile.ZipFile(path, "w") as made:
        for member, data in members:
            made.writestr(member, data)
        made.writestr("bob/relu.py", WORK)
    return path


def bob_goes_on(inbox: Inbox) -> None:
    (bob,) = (one for one in inbox.submissions if one.student == "bob")
    assert (bob.source, bob.problem, bob.error) == (WORK, "", "")


def patched(path: Path, old: bytes, new: bytes) -> Path:
    """The archive with bytes exchanged, in the members' own headers and in the directory."""
    data = path.read_bytes()
    assert old in data
    assert len(old) == len(new)
    path.write_bytes(data.replace(old, new))
    return path


NAMES = {
    "../evil/relu.py": "leads out",
    "ada/../../relu.py": "leads out",
    "ada/./relu.py": "leads out",
    "ada//relu.py": "leads out",
    "/etc/relu.py": "absolute",
    "//server/share/relu.py": "absolute",
    "C:/relu.py": "absolute",
    "c:relu.py": "absolute",
    "..\\evil\\relu.py": "backslash",
    "ada\\relu.py": "backslash",
    "..": "leads out",
    "/": "absolute",
    "a/" * 30 + "relu.py": "folders deep",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_path_out_of_the_archive_is_refused(name: str, tmp_path: Path) -> None:
    inbox = opened(zipped(tmp_path / "class.zip", (info(name), WORK)))
    assert inbox.submissions.students == ("bob",)
    (note,) = inbox.notes
    assert NAMES[name] in note
    bob_goes_on(inbox)


def test_an_archive_of_which_nothing_is_left_says_why(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr(info("../relu.py"), WORK)
    with pytest.raises(InboxError, match=r"right one\? \(\.\./relu\.py is refused: its path leads"):
        opened(tmp_path / "class.zip")


def test_a_name_with_a_null_byte_is_refused(tmp_path: Path) -> None:
    """`zipfile` cuts it off there, and would read ``evil.py``."""
    made = zipped(tmp_path / "class.zip", (info("evil.py@relu.py"), WORK))
    inbox = opened(patched(made, b"evil.py@", b"evil.py\0"))
    assert inbox.notes == (
        "evil.py\\x00relu.py is refused: its name holds a null byte or a backslash",
    )
    bob_goes_on(inbox)


MEMBERS = {
    "a link": (info("ada/relu.py", stat.S_IFLNK | 0o777), b"/etc/passwd", "is a link"),
    "a pipe": (info("ada/relu.py", stat.S_IFIFO), b"", "not a file"),
    "a device": (info("ada/relu.py", stat.S_IFCHR), b"", "not a file"),
    "a socket": (info("ada/relu.py", stat.S_IFSOCK), b"", "not a file"),
    "a folder that says it is a file": (info("ada/relu.py", stat.S_IFDIR), b"x", "not a file"),
    "a compressed file": (info("ada/work.7z"), b"PK", "archive inside"),
    "a tarball": (info("ada/work.tar.gz"), b"", "archive inside"),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_that_is_no_plain_file_is_refused(name: str, tmp_path: Path) -> None:
    """Its student is told so; the note says it to the instructor."""
    member, data, reason = MEMBERS[name]
    inbox = opened(zipped(tmp_path / "class.zip", (member, data)))
    ada = next(iter(inbox.submissions))
    assert (ada.student, ada.source) == ("ada", b"")
    assert reason in ada.problem
    (note,) = inbox.notes
    assert reason in note
    bob_goes_on(inbox)


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_member_that_we_cannot_unpack_is_no_zero(method: int, tmp_path: Path) -> None:
    """Whoever made the archive chose it, and that was no student."""
    inbox = opened(zipped(tmp_path / "class.zip", (info("ada/relu.py", method=method), WORK)))
    ada = next(iter(inbox.submissions))
    why = "is compressed in a way not read: unpack the archive and grade the folder"
    assert (ada.problem, ada.error) == ("", f"relu.py {why}")
    assert inbox.notes == (f"ada/relu.py {why}",)
    bob_goes_on(inbox)


def test_an_encrypted_member_is_refused_and_no_zero(tmp_path: Path) -> None:
    made = zipped(tmp_path / "class.zip", (info("ada/relu.py"), WORK))
    data = bytearray(made.read_bytes())
    directory = data.index(b"PK\1\2")
    data[6] |= 1
    data[directory + 8] |= 1
    made.write_bytes(data)
    inbox = opened(made)
    ada = next(iter(inbox.submissions))
    why = "is encrypted: unpack the archive and grade the folder"
    assert (ada.problem, ada.error) == ("", f"relu.py {why}")
    assert inbox.notes == (f"ada/relu.py {why}",)
    bob_goes_on(inbox)


@pytest.mark.parametrize(("suffix", "cap"), [("py", 1), ("ipynb", 64)])
def test_a_bomb_is_read_no_further_than_the_cap(suffix: str, cap: int, tmp_path: Path) -> None:
    bomb = info(f"ada/relu.{suffix}", method=zipfile.ZIP_DEFLATED)
    source = zipped(tmp_path / "class.zip", (bomb, b"\0" * (200 * MIB)))
    assert source.stat().st_size < MIB
    tracemalloc.start()
    inbox = opened(source)
    ada = next(iter(inbox.submissions))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert ada.problem == f"relu.{suffix} is over {cap * 1024:,} KiB"
    assert peak < (3 * cap + 5) * MIB
    bob_goes_on(inbox)


@pytest.mark.parametrize("size", [5, 0xFFFFFFF0])
def test_a_lie_about_the_size_is_not_believed(size: int, tmp_path: Path) -> None:
    """Less than there is, or four gigabytes: what comes out is what counts."""
    member = info("ada/relu.py", method=zipfile.ZIP_DEFLATED)
    made = zipped(tmp_path / "class.zip", (member, WORK * 50))
    patched(made, struct.pack("<L", len(WORK * 50)), struct.pack("<L", size))
    inbox = opened(made)
    ada = next(iter(inbox.submissions))
    assert ada.error in ("relu.py is damaged in the archive: download it again", "")
    assert ada.source in (b"", WORK * 50)
    bob_goes_on(inbox)


def test_damaged_members_are_errors_and_no_zeros(tmp_path: Path) -> None:
    """A wrong checksum, and a stream that is none: a download that went wrong, and no student."""
    member = info("ada/relu.py", method=zipfile.ZIP_DEFLATED)
    made = zipped(tmp_path / "class.zip", (member, WORK), (info("carl/relu.py"), b"x = 12345"))
    deflated = zlib.compress(WORK)[2:-4]
    patched(made, deflated, b"\xff" * len(deflated))
    patched(made, b"x = 12345", b"x = 54321")
    inbox = opened(made)
    told = [(one.problem, one.error) for one in inbox.submissions if one.student != "bob"]
    assert told == [("", "relu.py is damaged in the archive: download it again")] * 2
    bob_goes_on(inbox)


WINDOWS = {"class\\ada\\relu.py": WORK, "class\\carl\\": b"", "class\\eve\\..\\..\\x\\relu.py": WORK,
           "C:\\dora\\relu.py": WORK, "\\\\server\\relu.py": WORK}  # fmt: skip


@pytest.mark.parametrize("system", [0, 10])
def test_a_zip_made_with_windows_separators_is_read(system: int, tmp_path: Path) -> None:
    """As PowerShell 5 makes them; what leads out is refused as it is with the other kind."""
    members = []
    for name, data in {**WINDOWS, "class\\bob\\relu.py": WORK}.items():
        member = info("x")
        member.filename, member.create_system = name, system
        members.append((member, data))
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in members:
            archive.writestr(member, data)
    inbox = opened(path)
    found = {one.student: (one.source, one.problem) for one in inbox.submissions}
    nothing = (b"", "nothing was submitted")
    assert found == {"ada": (WORK, ""), "bob": (WORK, ""), "carl": nothing}
    assert [note.rpartition(": ")[2] for note in inbox.notes] == [
        "its path leads out of the archive", "its path is absolute", "its path is absolute"
    ]  # fmt: skip


def test_the_total_of_an_archive_is_capped_by_what_comes_out(tmp_path: Path) -> None:
    """Each member is under its own cap; reading one again does not count again."""
    members = [(info(f"s{n}/relu.py"), b"#" * (900 * 1024)) for n in range(9)]
    read = from_zip(zipped(tmp_path / "class.zip", *members), total=5 * MIB).read
    for _ in range(3):
        for member, data in members[:4]:
            assert read(member.filename, MIB) == data
    assert read(members[4][0].filename, MIB) == members[4][1]
    with pytest.raises(Withheld, match="over 5 MiB: unpack the archive"):
        read(members[5][0].filename, MIB)


def test_two_members_of_one_name_are_noted_and_the_last_counts(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        made = zipped(tmp_path / "class.zip", (info("ada.py"), STUB), (info("ada.py"), WORK))
    inbox = opened(made)
    assert next(iter(inbox.submissions)).source == WORK
    assert inbox.notes == ("ada.py occurs twice in the archive; the last one counts",)


def test_an_archive_with_too_many_members_is_refused_before_they_are_listed(
    tmp_path: Path,
) -> None:
    """A directory of a hundred thousand and one entries, written without `zipfile`."""
    entry = struct.pack("<4s24x3H12x", b"PK\1\2", 1, 0, 0) + b"x"
    directory = entry * (tree.MAX_ENTRIES + 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(directory), 0, 0)
    path = tmp_path / "many.zip"
    path.write_bytes(directory + end)
    with pytest.raises(InboxError, match="over 100,000 members; unpack the"):
        opened(path)
    path.write_bytes(end.replace(struct.pack("<L", len(directory)), b"\xff\xff\xff\x7f"))
    with pytest.raises(InboxError, match="members"):
        opened(path)


def test_a_large_directory_said_the_wide_way_is_refused_too(tmp_path: Path) -> None:
    """ZIP64: the old record says 0, the new one four exabytes."""
    wide = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, 1 << 62, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, 0, 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, 0, 0, 0)
    (tmp_path / "wide.zip").write_bytes(wide + locator + end)
    with pytest.raises(InboxError, match="members"):
        opened(tmp_path / "wide.zip")


BROKEN = {
    "cut in the directory": lambda data: data[: data.index(b"PK\1\2") + 9],
    "directory elsewhere": lambda data: data.replace(b"PK\1\2", rb"PK\9\9"),
    "a version never seen": lambda data: data.replace(b"PK\1\2\x14\x03\x14", b"PK\1\2\x14\x03\xff"),
    "half of it": lambda data: data[: len(data) // 2],
    "a tail of junk": lambda data: data + b"junk" * 30_000,
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_damaged_archive_is_one_line(name: str, tmp_path: Path) -> None:
    path = zipped(tmp_path / "class.zip")
    path.write_bytes(BROKEN[name](path.read_bytes()))
    with pytest.raises(InboxError, match="zip") as error:
        opened(path)
    assert "\n" not in str(error.value)


def test_notes_are_capped(tmp_path: Path) -> None:
    members = [(info(f"../{n}"), b"") for n in range(500)]
    notes = opened(zipped(tmp_path / "class.zip", *members)).notes
    assert len(notes) == tree.MAX_NOTES + 1
    assert notes[-1] == "and 300 more notes"


def test_a_name_in_utf8_that_does_not_say_so_is_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "class.zip", (info("z????.py"), WORK))
    patched(path, b"z????.py", "zoë!.py".encode())
    assert opened(path).submissions.students == ("bob", "zoë!")


def test_terminal_escapes_and_direction_marks_never_come_out(tmp_path: Path) -> None:
    evil = "\x1b]0;owned\x07\u202eyp.\x9b31m\n"
    files = [(info(f"{evil}/relu.py"), WORK), (info(f"../{evil}"), b""), (info(f"{evil}.txt"), b"")]
    inbox = opened(zipped(tmp_path / "class.zip", *files))
    for text in (*inbox.notes, *inbox.submissions.students, *(s.file for s in inbox.submissions)):
        assert text.isprintable()
    bob_goes_on(inbox)


# Folders


def folder(root: Path) -> Path:
    (root / "bob").mkdir(parents=True)
    (root / "bob/relu.py").write_bytes(WORK)
    (root / "ada").mkdir()
    return root


def link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def loop(path: Path) -> None:
    path.symlink_to(path)


def bind(path: Path) -> None:
    here = os.getcwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


@pytest.mark.parametrize("make", [link, loop, os.mkfifo, bind])
def test_what_is_no_file_is_never_opened(make: Callable[[Path], None], tmp_path: Path) -> None:
    """A pipe would block for ever; the others lead out of the folder."""
    source = folder(tmp_path / "class")
    make(source / "ada/relu.py")
    inbox = opened(source)
    ada = next(iter(inbox.submissions))
    assert (ada.source, ada.file) == (b"", "ada/relu.py")
    assert "not followed" in ada.problem or "not opened" in ada.problem
    assert len(inbox.notes) == 1
    bob_goes_on(inbox)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that anybody can get to, and in it we are nobody in particular: root reads all."""
    place = Path(tempfile.mkdtemp(dir="/tmp"))  # pytest's own is closed to others
    place.chmod(0o755)
    yield place
    os.seteuid(os.getuid())
    shutil.rmtree(place)


def test_what_we_may_not_read_is_an_error_and_no_zero(public: Path) -> None:
    """A file, a folder, and a folder of the exchange: the student cannot help what we may not."""
    source = folder(public / "class")
    (source / "ada/relu.py").write_bytes(WORK)
    (source / "carl").mkdir()
    (source / "ada/relu.py").chmod(0)
    (source / "carl").chmod(0)
    if os.getuid() == 0:
        os.seteuid(65534)
    inbox = opened(source)
    told = {one.student: (one.problem, one.error) for one in inbox.submissions}
    assert told == {
        "ada": ("", "relu.py cannot be read here: permission denied"),
        "bob": ("", ""),
        "carl": ("", "carl/ cannot be listed: permission denied"),
    }
    assert inbox.notes == ("carl cannot be listed: permission denied",)


def test_a_folder_of_the_exchange_that_we_may_not_list_is_no_zero(public: Path) -> None:
    (public / "submitted/ada/relu").mkdir(parents=True)
    (public / "submitted/ada").chmod(0)
    if os.getuid() == 0:
        os.seteuid(65534)
    [ada] = open_inbox(public, expected="relu", stub=STUB).submissions
    assert (ada.problem, ada.error) == ("", "submitted/ada/ cannot be listed: permission denied")


def test_a_folder_that_is_a_link_is_not_entered(tmp_path: Path) -> None:
    source = folder(tmp_path / "class")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/relu.py").write_bytes(b"secret")
    (source / "ada/work").symlink_to(tmp_path / "secret")
    (source / "ada/up").symlink_to("..")
    inbox = opened(source)
    ada = next(iter(inbox.submissions))
    assert (ada.source, len(inbox.notes)) == (b"", 2)
    bob_goes_on(inbox)


def swap_file(ada: Path, secret: Path) -> None:
    (ada / "relu.py").unlink()
    (ada / "relu.py").symlink_to(secret / "relu.py")


def swap_folder(ada: Path, secret: Path) -> None:
    ada.rename(ada.with_name("away"))
    ada.symlink_to(secret)


def swap_pipe(ada: Path, secret: Path) -> None:
    (ada / "relu.py").unlink()
    os.mkfifo(ada / "relu.py")


@pytest.mark.parametrize("swap", [swap_file, swap_folder, swap_pipe])
def test_what_becomes_a_link_after_it_was_listed_leads_nowhere(
    swap: Callable[[Path, Path], None], tmp_path: Path
) -> None:
    source = folder(tmp_path / "class")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/relu.py").write_bytes(b"secret")
    (source / "ada/relu.py").write_bytes(WORK)
    inbox = opened(source)
    swap(source / "ada", tmp_path / "secret")
    ada = next(iter(inbox.submissions))
    assert ada.source == b""
    assert ada.problem
    bob_goes_on(inbox)


def test_a_git_folder_that_is_a_link_is_not_entered(tmp_path: Path) -> None:
    source = folder(tmp_path / "class")
    (source / "bob/.git").mkdir()
    (source / "ada/.git").symlink_to("../bob/.git")
    (source / "bob/.git/HEAD").symlink_to("/etc/passwd")
    (source / "bob/.git/objects").symlink_to("/")
    inbox = open_inbox(source, expected="relu", stub=STUB, kind="git")
    assert all("no readable commit" in one.note for one in inbox.submissions)


def test_a_very_deep_folder_is_not_walked_to_its_end(tmp_path: Path) -> None:
    source = folder(tmp_path / "class")
    deep = source / "ada" / "/".join("d" * 100)
    deep.mkdir(parents=True)
    (deep / "relu.py").write_bytes(WORK)
    inbox = opened(source)
    assert len(inbox.notes) == 1
    assert "folders deep" in inbox.notes[0]
    bob_goes_on(inbox)


CUT = "holds over 40 files and folders: not all is read"


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one student 40 files and folders are listed, of a class 400."""
    monkeypatch.setattr("grader.inbox.folder.MAX_OF_ONE", 40)
    monkeypatch.setattr("grader.inbox.folder.MAX_ENTRIES", 400)


def ballast(root: Path, count: int = 500) -> None:
    root.mkdir(parents=True, exist_ok=True)
    for n in range(count):
        (root / f"{n}.txt").touch()


LAYOUTS = {
    "plain": ("class", "{}"),
    "moodle": ("class", "download/{}_assignsubmission_file_"),
    "nbgrader": ("course", "submitted/{}/relu"),
}


@pytest.mark.parametrize("kind", LAYOUTS)
def test_ballast_of_one_student_does_not_stop_the_class(
    kind: str, few: None, tmp_path: Path
) -> None:
    """An error for that student and no zero; a class may stand in folders of its own."""
    top, layout = LAYOUTS[kind]
    source = tmp_path / top
    for n in range(50):
        ballast(source / layout.format(f"s{n}"), 1)
    ballast(source / layout.format("ada") / "data")
    (source / layout.format("bob")).mkdir(parents=True)
    (source / layout.format("bob") / "relu.py").write_bytes(WORK)
    inbox = opened(source)
    assert inbox.kind == kind
    told = {one.name or one.student: one for one in inbox.submissions}
    assert (told["bob"].source, told["bob"].problem, told["bob"].error) == (WORK, "", "")
    assert told["ada"].problem == ""
    assert told["ada"].error.endswith(f"/ {CUT}")
    assert {one.error for who, one in told.items() if who != "ada"} == {""}
    [note] = inbox.notes
    assert note.endswith(CUT)


def test_without_a_limit_for_each_the_class_is_stopped(
    few: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.inbox.folder.MAX_OF_ONE", 10_000)
    source = folder(tmp_path / "class")
    ballast(source / "ada/data")
    with pytest.raises(InboxError, match="class: over 400 files and folders"):
        opened(source)


def test_the_work_beside_ballast_is_graded(few: None, tmp_path: Path) -> None:
    """Files come before folders, so that it does not depend on how the disk lists them."""
    source = folder(tmp_path / "class")
    (source / "ada/relu.py").write_bytes(WORK)
    ballast(source / "ada/data")
    ada = next(iter(opened(source).submissions))
    assert (ada.source, ada.problem, ada.error) == (WORK, "", "")


def test_a_stub_beside_what_was_not_read_is_no_zero(few: None, tmp_path: Path) -> None:
    source = folder(tmp_path / "class")
    (source / "ada/relu.py").write_bytes(STUB)
    ballast(source / "ada/data")
    ada = next(iter(opened(source).submissions))
    assert (ada.problem, ada.error) == ("", f"ada/ {CUT}")


def test_a_class_with_too_much_in_all_is_refused(few: None, tmp_path: Path) -> None:
    source = folder(tmp_path / "class")
    for n in range(12):
        ballast(source / f"s{n}")
    with pytest.raises(InboxError, match="class: over 400 files and folders"):
        opened(source)


def test_names_that_are_no_text_are_shown(tmp_path: Path) -> None:
    source = folder(tmp_path / "class")
    os.mkdir(os.fsencode(source) + b"/\xff\x1b[2J")
    with open(os.fsencode(source) + b"/\xff\x1b[2J/relu.py", "wb") as file:
        file.write(WORK)
    found = {one.student: one.source for one in opened(source).submissions}
    assert found["\\udcff\\x1b[2J"] == WORK


def test_sparse_files_are_read_no_further_than_the_cap(tmp_path: Path) -> None:
    source = folder(tmp_path / "class")
    with (source / "ada/relu.py").open("wb") as file:
        file.truncate(1 << 40)
    assert next(iter(opened(source).submissions)).problem == "relu.py is over 1,024 KiB"


# A whole class


def test_submissions_are_read_one_at_a_time(tmp_path: Path) -> None:
    """200 MiB come out of a class's zip, and few are held."""
    path = tmp_path / "class.zip"
    work = b"# " + b"x" * 200_000 + b"\n" + WORK
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for n in range(1000):
            made.writestr(f"s{n:05}/relu.py", work)
    tracemalloc.start()
    count = sum(one.source == work for one in opened(path).submissions)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 1000
    assert peak < 64 * MIB


# Any names


NAME = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
MARK = st.sampled_from(
    ["_12_34_", "_LATE_", "anon_", "_assignsubmission_file_", "_attempt_2026-01-01-00-00-00_",
     "submitted/", "/", "../", "\\", ".git/", "timestamp.txt", "relu", ".ipynb", "-1", " (1)",
     ".py", "submission_metadata.yml", "submission_1/", "\0", ".zip", "_text.html"]
)  # fmt: skip
PATHS = st.lists(
    st.lists(MARK | NAME, min_size=1, max_size=6).map("".join), max_size=6, unique=True
)


def tried(source: Path) -> Inbox | str:
    """The inbox, or why there is none."""
    try:
        return opened(source)
    except InboxError as error:
        return str(error)


@given(paths=PATHS, data=st.binary(max_size=20))
def test_any_names_in_an_archive_are_graded_or_refused(
    tmp_path_factory: pytest.TempPathFactory, paths: list[str], data: bytes
) -> None:
    """One kind of error; else sorted students, each once, each with an answer, on one line."""
    path = tmp_path_factory.mktemp("any") / "class.zip"
    with zipfile.ZipFile(path, "w") as made:
        for name in paths:
            made.writestr(info(name), data)
    inbox = tried(path)
    if isinstance(inbox, str):
        assert inbox.isprintable()
        return
    found = [*inbox.submissions]
    students = [one.student for one in found]
    assert students == sorted(set(students))
    assert "" not in students
    for one in found:
        assert one.problem or one.error or one.source == data
        told = (one.student, one.file, one.problem, one.error, one.note, one.name, one.sid)
        assert all(one_line(text, 10_000) == text for text in told)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_zip_or_are_not(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "class.zip"
    whole = zipped(path).read_bytes()
    at = len(data) % len(whole)
    path.write_bytes(whole[:at] + data + whole[at + len(data) // 2 :])
    inbox = tried(path)
    if isinstance(inbox, str):
        assert "\n" not in inbox
    else:
        assert all(one.problem or one.error or one.source for one in inbox.submissions)


@given(st.text(max_size=300))
def test_clean_text_is_one_printable_line_and_stays_so(text: str) -> None:
    """But for the invisible joiners that spelling needs."""
    once = one_line(text, 100)
    assert len(once) <= 100
    assert all(letter.isprintable() or letter in text.JOINERS for letter in once)
    assert one_line(once, 100) == once
