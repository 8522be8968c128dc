"""Read the time of the checked-out commit from the files in ``.git``.

A student's repository may contain a configuration and hooks that Git would obey, so Git is not run.
``HEAD`` names a ref, the ref a commit, and the commit is a loose object or is in a pack
(gitformat-pack, version 2). The date comes from the clock of the student's machine.
"""

from __future__ import annotations

import re
import struct
import zlib

from grader import timestamps as times
from grader.inbox.tree import Tree, Unreadable, Withheld

MAX_OBJECT = 64 * 1024
MAX_PACK = 64 * 1024 * 1024
REF = re.compile(r"refs/[\w.+@#-]+(?:/[\w.+@#-]+){0,8}")
HASH = re.compile(r"[0-9a-f]{40}")
COMMITTER = re.compile(rb"committer [^\n]*> (\d{1,12}) ([+-]\d{4})")
LOGGED = re.compile(r"[^\n]*> (\d{1,12}) ([+-]\d{4})\t(?!clone)")
COMMIT = 1
BIG_OFFSETS = 0x80000000


def committed(tree: Tree, repository: str) -> str:
    """Return the committer's time in ISO 8601, or '' if it cannot be found."""
    git = f"{repository}/.git"
    commit = _head(tree, git)
    data = _loose(tree, git, commit) or _packed(tree, git, commit) if commit else b""
    for line in data.partition(b"\n\n")[0].split(b"\n"):
        if match := COMMITTER.fullmatch(line):
            return times.at(int(match[1]), match[2].decode())
    last = tree.small(f"{git}/logs/HEAD").rstrip("\n").rpartition("\n")[2]
    logged = LOGGED.match(last)
    return times.at(int(logged[1]), logged[2]) if logged else ""


def _head(tree: Tree, git: str) -> str:
    """Return the hash of the checked-out commit, or ''."""
    head = tree.small(f"{git}/HEAD").strip()
    if head.startswith("ref:"):
        ref = head.removeprefix("ref:").strip()
        if not REF.fullmatch(ref) or ".." in ref:
            return ""
        head = tree.small(f"{git}/{ref}").strip() or _packed_ref(tree, git, ref)
    return head if HASH.fullmatch(head) else ""


def _packed_ref(tree: Tree, git: str, ref: str) -> str:
    for line in tree.small(f"{git}/packed-refs").splitlines():
        value, _, name = line.partition(" ")
        if name == ref:
            return value
    return ""


def _loose(tree: Tree, git: str, commit: str) -> bytes:
    data = _read(tree, f"{git}/objects/{commit[:2]}/{commit[2:]}", MAX_OBJECT)
    kind, _, body = _inflate(data).partition(b"\0")
    return body if kind.startswith(b"commit ") else b""


def _packed(tree: Tree, git: str, commit: str) -> bytes:
    for index in tree.packs:
        if index.startswith(f"{git}/"):
            at = _find(_read(tree, index, MAX_PACK), bytes.fromhex(commit))
            if at is not None:
                return _unpack(_read(tree, f"{index[:-4]}.pack", MAX_PACK), at)
    return b""


def _find(index: bytes, commit: bytes) -> int | None:
    """Return the offset of an object in the pack, from the pack's index."""
    if index[:8] != b"\xfftOc\0\0\0\2" or len(index) < 8 + 1024:
        return None
    counts = struct.unpack_from(">256I", index, 8)
    names = 8 + 1024
    offsets = names + 24 * counts[255]
    if len(index) < offsets + 4 * counts[255]:
        return None
    for place in range(counts[commit[0] - 1] if commit[0] else 0, counts[commit[0]]):
        if index[names + 20 * place :][:20] == commit:
            at: int = struct.unpack_from(">I", index, offsets + 4 * place)[0]
            return at if at < BIG_OFFSETS else None
    return None


def _unpack(pack: bytes, at: int) -> bytes:
    """Return the object at an offset in a pack, if it is a whole commit and not a delta."""
    if not pack.startswith(b"PACK") or at >= len(pack) or pack[at] >> 4 & 7 != COMMIT:
        return b""
    while at < len(pack) and pack[at] & 0x80:
        at += 1
    return _inflate(pack[at + 1 :][:MAX_OBJECT])


def _inflate(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, MAX_OBJECT)
    except zlib.error:
        return b""


def _read(tree: Tree, path: str, limit: int) -> bytes:
    try:
        return tree.read(path, limit)
    except (Unreadable, Withheld):
        return b""
