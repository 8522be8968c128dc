"""Choose the file to grade among a student's files, and separate attempts.

The unchanged stub is skipped. Then the exact name counts, otherwise a name that differs by case or
by an LMS's suffix, otherwise the only candidate. If two such files have changed, the later one
counts. If that does not decide, the result is an error, never a zero, and `choose` settles it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from grader import timestamps as times
from grader.inbox.beside import MAX_TEXT, NOTHING, SUFFIXES, TEXTS, Beside, likeness
from grader.inbox.inner import unpacked
from grader.inbox.tree import File, Handin, InboxError, Tree, Unreadable, Withheld
from grader.inbox.untouched import Code, code
from grader.model import Submission
from grader.notebook import MAX_IPYNB, MAX_PY, Cell, NotebookError, read_source
from grader.parcel import packed
from grader.text import one_line

RELEASED = ("test_public.py", "conftest.py", "setup.py", "__init__.py")
"""Files that the instructor released, which are never a student's work."""
TESTS = re.compile(r"test_.*|.*_test\.py|(?:conftest|setup|__init__)\.py")
"""Names of test and setup files, which are not the work if another file can be."""
MAX_READ = 20
"""Number of files of one student that are read to find the one that counts."""
MAX_LISTED = 8
MAX_ATTEMPTS = 100
"""Number of attempts of one student to grade if the best counts; the last ones are used."""


Read = tuple[File, bytes, tuple[Cell, ...]]


class Choice(Struct, frozen=True):
    """The chosen file and its content, or the reason why there is none."""

    file: File | None = None
    source: bytes = b""
    problem: str = ""
    error: str = ""
    note: str = ""
    rivals: tuple[File, ...] = ()
    """If several files with the expected name differ: all of them, oldest first."""
    candidate: str = ""
    """One of several possible files, as an example for the option ``--choose``."""
    is_ambiguous: bool = False
    """Whether the error is that several files are possible."""


class Picker(Struct, frozen=True):
    """Chooses files for one assignment and one download."""

    tree: Tree
    expected: str
    untouched: Callable[[Iterable[Cell]], bool]
    elsewhere: Collection[str] = ()
    """Names of the course's other exercises, whose files are never candidates."""
    beside: Beside = NOTHING
    """The other files that belong to the submission."""

    def submission(self, handin: Handin, chosen: str = "") -> Submission:
        """Return the student's submission, read now: the last one, or the one ``chosen``."""
        picker, handin = self._unpacked(handin)
        return _submission(handin, picker._complete(handin, picker._choice(handin, chosen)))

    def _unpacked(self, handin: Handin) -> tuple[Picker, Handin]:
        """Open the zips that contain a student's work."""
        tree, files = unpacked(self.tree, handin.files, self._is_work)
        return replace(self, tree=tree), replace(handin, files=files)

    def _is_work(self, file: File) -> bool:
        """Return whether a file is readable and is not just the released stub or a test."""
        is_python = file.name.lower().endswith(SUFFIXES)
        if not is_python or self._is_other(file) or TESTS.fullmatch(file.name):
            return False
        try:
            _, cells, reason = self._read(file)
        except Withheld:
            return True  # unknown, so it may be work
        return not reason and not self.untouched(cells)

    def attempts(self, handin: Handin) -> Iterator[Submission]:
        """Yield all attempts of a student, oldest first, each read when needed.

        Attempts without work are left out, unless there are no others.
        """
        found = False
        for each in (*handin.earlier, handin):
            picker, one = self._unpacked(each)
            for choice in picker._choices(one):
                found = True
                yield _submission(one, picker._complete(one, choice))
        if not found:
            yield self.submission(handin)

    def _complete(self, handin: Handin, choice: Choice) -> Choice:
        """Return a choice with the other files that belong to the main one."""
        if choice.file is None or not choice.source or self.beside == NOTHING:
            return choice
        others, note = self.beside.chosen(
            choice.file, handin.files, self._is_no_helper, self._read_beside
        )
        files = {one_line(choice.file.name): choice.source, **others}
        return replace(choice, source=packed(files), note=_joined(choice.note, note))

    def _is_no_helper(self, file: File) -> bool:
        return self._is_other(file) or self._likeness(file) < 2

    def _read_beside(self, file: File) -> tuple[bytes, str]:
        if file.name.lower().endswith(TEXTS):
            try:
                return self.tree.read(file.entry.path, MAX_TEXT), file.entry.refused
            except (Unreadable, Withheld) as error:
                return b"", str(error)
        data, _, reason = self._read(file)
        return data, reason

    def _choices(self, handin: Handin) -> Iterator[Choice]:
        """Yield the choices from each attempt: one for each file with work."""
        every = sorted({file.attempt for file in handin.files})
        note = _capped(len(every))
        if handin.missing:
            yield Choice(error=handin.missing)
        for attempt in every[-MAX_ATTEMPTS:]:
            files = [file for file in handin.files if file.attempt == attempt]
            try:
                choice = self._in_attempt(files)
            except Withheld as reason:
                choice = Choice(files[0], error=str(reason))
            if choice is not None and choice.rivals:
                yield from (self._one(file, note) for file in choice.rivals)
            elif choice is not None and choice.problem != STUB:
                yield replace(choice, note=_joined(choice.note, note))

    def _choice(self, handin: Handin, chosen: str) -> Choice:
        if handin.missing and not chosen:
            return Choice(error=handin.missing)
        try:
            if chosen:
                return self._chosen(handin.files, chosen)
            return self._found(handin.files)
        except Withheld as reason:
            return Choice(error=str(reason))

    def refuse(self, handin: Handin, chosen: str) -> None:
        """Raise `InboxError` unless ``chosen`` identifies exactly one file of the student."""
        files = self._unpacked(handin)[1].files
        named = _named(files, chosen)
        if len(named) != 1:
            trouble = "names several of" if named else "is not among"
            raise InboxError(
                f"--choose: {one_line(chosen)} {trouble} the files of {handin.student}: "
                f"{listed(files) or 'there are none'}"
            )

    def _chosen(self, files: Sequence[File], chosen: str) -> Choice:
        [file] = _named(files, chosen)
        return self._one(file, "chosen by hand")

    def _found(self, files: Sequence[File]) -> Choice:
        """Return the choice from the last attempt with work, or the problem of the last one."""
        stub = None
        attempts = sorted({file.attempt for file in files}, reverse=True)
        for attempt in attempts[:MAX_READ]:
            choice = self._in_attempt([file for file in files if file.attempt == attempt])
            if choice is None:
                continue
            if choice.problem != STUB:
                return replace(choice, note=choice.note or EARLIER) if stub else choice
            stub = stub or choice
        if stub and not any(file.entry.withheld for file in files):
            return stub
        return Choice(problem=self._nothing(files))

    def _in_attempt(self, files: Sequence[File]) -> Choice | None:
        """Return the choice among the files of one attempt; None if none can be Python."""
        python = [
            f for f in files
            if f.name.lower().endswith(SUFFIXES) and not (self._is_other(f) or self.beside.takes(f))
        ]  # fmt: skip
        named = [file for file in python if self._likeness(file) < 2]
        others = [file for file in python if file not in named]
        if named:
            others = [file for file in others if not TESTS.fullmatch(file.name)]
        choice = self._among(named) if named else None
        if others and (choice is None or choice.problem == STUB):
            other = self._among(others)
            return other if choice is None or other.problem != STUB else choice
        return choice

    def _is_other(self, file: File) -> bool:
        return any(likeness(file.name, name) < 2 for name in self.elsewhere)

    def _likeness(self, file: File) -> int:
        return 0 if file.meant else likeness(file.name, self.expected)

    def _among(self, files: list[File]) -> Choice:
        """Return the choice among files that all have the expected name, or that all lack it."""
        if len(files) > MAX_READ:
            return Choice(
                error=f"{len(files)} files might be meant: {listed(files)}", is_ambiguous=True
            )
        read = [(file, *self._read(file)) for file in files]
        bad = "; ".join(_said(file, reason) for file, _, _, reason in read if reason)
        good = [(file, data, cells) for file, data, cells, reason in read if not reason]
        work = [one for one in good if not self.untouched(one[2])]
        if not work:
            file, data, _ = good[0] if good else (files[0], b"", ())
            return Choice(file, data, problem=bad or STUB)
        choice = replace(self._latest(self._best(work)), rivals=self._rivals(work))
        return replace(choice, note=choice.note or bad or self._passed_over(choice))

    def _passed_over(self, choice: Choice) -> str:
        """Return a note on other programs that were skipped only because of their names."""
        if choice.file is None:
            return ""
        best = self._likeness(choice.file)
        others = [file for file in choice.rivals if self._likeness(file) > best]
        return f"not graded, because of the name: {listed(others)}" if others else ""

    def _rivals(self, work: list[Read]) -> tuple[File, ...]:
        """Return the files with different programs, if all names fit the exercise."""
        if len(work) < 2 or _same(work) or any(self._likeness(file) == 2 for file, _, _ in work):
            return ()
        programs = {_program(cells) or (file.entry.path,): file for file, _, cells in _sorted(work)}
        return tuple(programs.values())

    def _best(self, work: list[Read]) -> list[Read]:
        """Return the scripts with the best-fitting name, and the notebooks with theirs."""
        best: dict[str, int] = {}
        for file, _, _ in work:
            best[_suffix(file)] = min(self._likeness(file), best.get(_suffix(file), 2))
        return [one for one in work if self._likeness(one[0]) == best[_suffix(one[0])]]

    def _latest(self, work: list[Read]) -> Choice:
        """Return the latest changed file; if no name fits, there must be only one."""
        work = _sorted(work)
        names = listed([file for file, _, _ in work])
        file, data, _ = work[-1]
        unnamed = self._likeness(file) == 2
        if len(work) > 1 and not _same(work):
            same_time = [one for one in work if one[0].order == file.order]
            if len(same_time) > 1 and not unnamed and (outer := _outermost(same_time)):
                return Choice(
                    outer[0], outer[1], note=f"the one in the outermost folder of {names}"
                )
            if unnamed or len(same_time) > 1:
                rival = one_line(work[0][0].name)
                return Choice(
                    error=f"several files might be meant: {names}",
                    candidate=rival,
                    is_ambiguous=True,
                )
            return Choice(file, data, note=f"the latest of {names}")
        note = f"taken as the only candidate: {one_line(file.name, 80)}" if unnamed else ""
        return Choice(file, data, note=note)

    def _one(self, file: File, note: str) -> Choice:
        data, _, reason = self._read(file)
        return Choice(file, data, problem=_said(file, reason) if reason else "", note=note)

    def _read(self, file: File) -> tuple[bytes, tuple[Cell, ...], str]:
        """Return the content and the cells of a file, or the reason why it has none."""
        if file.entry.refused:
            return b"", (), file.entry.refused
        limit = MAX_IPYNB if _suffix(file) == ".ipynb" else MAX_PY
        try:
            data = self.tree.read(file.entry.path, limit)
            return data, read_source(file.name, data), ""
        except Unreadable as reason:
            return b"", (), str(reason)
        except NotebookError as reason:
            return b"", (), f"cannot be read: {reason}"
        except Withheld as reason:
            raise Withheld(_said(file, str(reason))) from None

    def _nothing(self, files: Sequence[File]) -> str:
        """Return the reason why a student has no file to grade."""
        for file in files:
            if file.entry.withheld:
                raise Withheld(f"{one_line(file.entry.path)} {file.entry.withheld}")
        refused = [_said(file, file.entry.refused) for file in files if file.entry.refused]
        if refused:
            return f"{NO_PROGRAM}: {'; '.join(refused[:MAX_LISTED])}; {ITSELF}"
        if files:
            return f"{NO_PROGRAM}, but {listed(files)}; {ITSELF}"
        return "nothing was submitted"


STUB = "only the unchanged stub was submitted"
NO_PROGRAM = "no .py or .ipynb file was submitted"
ITSELF = "submit the .py or .ipynb file itself"
EARLIER = "from an earlier attempt: the last one contains only the stub"


def _named(files: Sequence[File], chosen: str) -> list[File]:
    """Return the files with this name, path, or end of a path."""
    found = [f for f in files if chosen in (one_line(f.entry.path), one_line(f.name))]
    return found or [f for f in files if one_line(f.entry.path).endswith(f"/{chosen}")]


def listed(files: Sequence[File]) -> str:
    """Return the first few names."""
    names = ", ".join(one_line(file.entry.path, 80) for file in files[:MAX_LISTED])
    return f"{names} and {len(files) - MAX_LISTED} more" if len(files) > MAX_LISTED else names


def _suffix(file: File) -> str:
    return "." + file.name.lower().rpartition(".")[2]


def _said(file: File, reason: str) -> str:
    return f"{one_line(file.name, 80)} {reason}"


def _same(work: list[Read]) -> bool:
    """Return whether all files contain the same code, like a notebook and its script."""
    programs = {_program(cells) for _, _, cells in work}
    return len(programs) == 1 and None not in programs


def _program(cells: Iterable[Cell]) -> Code | None:
    return code("\n".join(cell.source for cell in cells))


def _sorted(work: Iterable[Read]) -> list[Read]:
    return sorted(work, key=lambda one: one[0].order)


def _outermost(work: Sequence[Read]) -> Read | None:
    """Return the file in a folder above all the others, or None."""
    ranked = sorted(work, key=lambda one: one[0].entry.path.count("/"))
    first = ranked[0][0].entry.folder
    inside = all(each[0].entry.path.startswith(f"{first}/" if first else "") for each in ranked)
    deeper = all(each[0].entry.folder != first for each in ranked[1:])
    return ranked[0] if inside and deeper else None


def _submission(handin: Handin, choice: Choice) -> Submission:
    file = choice.file
    return Submission(
        student=handin.student,
        file=one_line(file.entry.path) if file else "",
        source=choice.source,
        problem=choice.problem,
        error=_settled(handin.student, choice),
        note=_joined(handin.note, choice.note),
        name=handin.name,
        email=handin.email,
        sid=handin.sid,
        group=handin.group,
        submitted_at=handin.submitted_at or (times.iso(file.attempt) if file else ""),
        marked_late=handin.marked_late,
        is_ambiguous=choice.is_ambiguous,
    )


def _settled(student: str, choice: Choice) -> str:
    """Return a choice's error, with the option that settles it if there are candidates."""
    if not choice.candidate:
        return choice.error
    option = shlex.quote(f"{student}={choice.candidate}")
    return f"{choice.error}; choose one: --choose {option}"


def _joined(*notes: str) -> str:
    return "; ".join(filter(None, notes))


def _capped(count: int) -> str:
    if count <= MAX_ATTEMPTS:
        return ""
    return f"the last {MAX_ATTEMPTS} of {count:,} attempts are graded"
