"""Gradescope's export: ``submission_metadata.yml`` and a folder for each submission.

The YAML is Ruby's, with symbols as keys and sometimes a bare ``...``, which ends the document for
PyYAML. It is read as a stream of events with every scalar as text, so that the student number
``0123`` stays unchanged, tags and anchors have no effect, and unneeded parts use no memory.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

import yaml
from msgspec import Struct, field
from msgspec.structs import replace

from grader import timestamps as times
from grader.inbox.tree import (
    Entry,
    File,
    Handin,
    InboxError,
    Tree,
    Unreadable,
    Withheld,
    times_unread,
    tops,
)
from grader.text import one_line

METADATA = "submission_metadata.yml"
MAX_METADATA = 128 * 1024 * 1024
MAX_LEVELS = 64
"""Largest depth, because the parser's time is quadratic in it."""
ENDS = re.compile(r"^\.\.\.[ \t]*\r?$", re.MULTILINE)
NOT_YAML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
NULLS = frozenset({"", "~", "null", "Null", "NULL"})
MISSING = "the export contains no files of this submission: download it again"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Record(Struct):
    """The metadata of one submission."""

    people: defaultdict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    created_at: str = ""
    history: defaultdict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """Earlier submissions of the same people: ``id`` and ``created_at`` of each."""


def recognise(tree: Tree) -> bool:
    """Return whether the metadata file exists."""
    return any(entry.path == METADATA for entry in tree.entries)


def read(tree: Tree, expected: str, notes: list[str]) -> Iterator[Handin]:
    """Yield a hand-in for each submitter; the members of a group share the files."""
    try:
        records, problem = parse(tree.read(METADATA, MAX_METADATA))
    except (Unreadable, Withheld) as reason:
        raise InboxError(f"{METADATA} {reason}") from None
    if problem:
        notes.append(problem)
    shared = _shared_numbers(records)
    notes += [
        f"student number {one_line(sid)} is that of several; e-mails are used" for sid in shared
    ]
    folders = {name: entries for name, entries in tops(tree).items() if name in tree.folders}
    earlier = {
        f"submission_{one['id']}": replace(record, created_at=one.get("created_at", ""))
        for record in records.values() for one in record.history.values() if "id" in one
    }  # fmt: skip
    for folder in sorted(folders.keys() | records.keys()):
        record = records.get(folder, earlier.get(folder, Record()))
        if not record.people:
            notes.append(f"{one_line(folder)}: {METADATA} names no submitter")
            if folder not in folders:
                continue
        if record.created_at and not times.moment(record.created_at):
            notes.append(times_unread(folder, record.created_at))
        yield from _handins(folder, record, folders.get(folder), shared)
    for entry in tree.entries:
        if "/" not in entry.path and entry.path != METADATA:
            notes.append(f"{one_line(entry.path)} is ignored: it is in no submission's folder")


def _handins(
    folder: str, record: Record, entries: list[Entry] | None, shared: set[str]
) -> Iterator[Handin]:
    files = tuple(File(entry, entry.name, (entry.when,)) for entry in entries or ())
    for person in record.people.values() or ({},):
        email = one_line(person.get("email", ""))
        number = "" if person.get("sid") in shared else one_line(person.get("sid", ""))
        yield Handin(
            student=number or email or one_line(folder),
            files=files,
            name=one_line(person.get("name", "")),
            email=email,
            sid=number,
            group=one_line(folder) if len(record.people) > 1 else "",
            submitted_at=times.iso(record.created_at),
            missing="" if entries is not None else MISSING,
        )


def _shared_numbers(records: dict[str, Record]) -> set[str]:
    """Return numbers that several people share: ``N/A``, ``0``, a wrong e-mail.

    People are distinguished by their e-mails, or by names if they have none.
    """
    people: defaultdict[str, set[str]] = defaultdict(set)
    for record in records.values():
        for person in record.people.values():
            own = person.get("email") or person.get("name", "")
            people[person.get("sid", "")].add(own)
            people[person.get("email", "")].add(own)
    return {sid for sid, found in people.items() if sid and len(found) > 1}


def parse(data: bytes) -> tuple[dict[str, Record], str]:
    r"""Return the metadata by folder, and the place from which it could not be read.

    >>> records, _ = parse(b"---\nsubmission_1:\n  :submitters:\n  - :sid: 0123\n")
    >>> records["submission_1"].people["0"]
    {'sid': '0123'}
    """
    records: defaultdict[str, Record] = defaultdict(Record)
    try:
        text = data.decode("utf-8-sig", "replace")
        for path, value in _scalars(ENDS.sub("", NOT_YAML.sub("\ufffd", text))):
            record = records[path[0]]
            match [part.removeprefix(":") for part in path[1:]]:
                case ["submitters", position, ("name" | "sid" | "email") as key]:
                    record.people[position][key] = value
                case ["history", position, ("id" | "created_at") as key]:
                    record.history[position][key] = value
                case ["created_at"] | ["created_at", "utc" | "time"] if not record.created_at:
                    record.created_at = value
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        return dict(records), f"{METADATA} cannot be read from line {line} on"
    except yaml.YAMLError:
        return dict(records), f"{METADATA} cannot be read to its end"
    return dict(records), ""


class _Level(Struct):
    """The parser's position in one mapping or sequence."""

    mapping: bool
    at: str = ""
    count: int = 0

    def step(self, key: str) -> bool:
        """Accept a node; return whether it is a value and not a key."""
        self.count += 1
        if not self.mapping:
            self.at = str(self.count - 1)
        elif self.count % 2:
            self.at = key
        return not (self.mapping and self.count % 2)


def _scalars(text: str) -> Iterator[tuple[list[str], str]]:
    """Yield each scalar near the top of the document with its path of keys."""
    levels: list[_Level] = []
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.CollectionEndEvent):
            levels.pop()
            continue
        if not isinstance(event, yaml.NodeEvent):
            continue
        value = event.value if isinstance(event, yaml.ScalarEvent) else ""
        is_value = not levels or levels[-1].step(value)
        if isinstance(event, yaml.CollectionStartEvent):
            levels.append(_Level(isinstance(event, yaml.MappingStartEvent)))
            if len(levels) > MAX_LEVELS:
                raise yaml.YAMLError
        elif is_value and 1 <= len(levels) <= 4 and isinstance(event, yaml.ScalarEvent):
            null = event.implicit[0] and value in NULLS
            yield [level.at for level in levels], "" if null else value
